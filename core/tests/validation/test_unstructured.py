"""Models that take anything: their answers are compared as bytes."""

from __future__ import annotations

from pathlib import Path

from validating import named, validated

from drum.types import Payload
from drum.validation.report import Report, Status

ECHO = "def score_unstructured(model, data, query, **kwargs): return f'{data}|{sorted(query.items())}'"


def of(tmp_path: Path, code: str, body: bytes = b"hello", **more: object) -> Report:
    return validated(tmp_path, code, Payload(body=body, media_type="text/plain", room=None, **more), "unstructured")  # type: ignore[arg-type]


def test_a_model_that_behaves(tmp_path: Path) -> None:
    report = of(tmp_path, ECHO, query={"top": "2 & more"})
    assert not report.failed
    assert (report.rows, report.columns, report.sampled) == (None, None, None)
    assert [check.name for check in report.checks] == [
        "basic prediction", "same answer twice", "empty input", "memory", "same answer through the server",
    ]  # fmt: skip


def test_a_model_that_does_not_repeat_itself(tmp_path: Path) -> None:
    code = "calls = []\ndef score_unstructured(model, data, **kwargs):\n    calls.append(1)\n    return str(len(calls))"
    report = of(tmp_path, code)
    assert named(report, "same answer twice").status is Status.FAILED
    assert "from byte 0 on" in named(report, "same answer twice").details
    assert named(report, "same answer through the server").status is Status.FAILED


def test_longer_answers_differ_where_the_shorter_one_ends(tmp_path: Path) -> None:
    code = (
        "calls = []\ndef score_unstructured(model, data, **kwargs):\n    calls.append(1)\n    return 'ab' * len(calls)"
    )
    assert "they differ from byte 2 on" in named(of(tmp_path, code), "same answer twice").details


def test_an_empty_input_may_be_refused_but_not_crash(tmp_path: Path) -> None:
    refusing = "from drum import ModelHTTPError\ndef score_unstructured(model, data, **kwargs):\n" \
               "    if not data: raise ModelHTTPError('say something')\n    return data"  # fmt: skip
    check = named(of(tmp_path, refusing), "empty input")
    assert (check.status, check.refused, check.details) == (Status.PASSED, True, "refused: say something")
    crashing = "def score_unstructured(model, data, **kwargs): return data[0]"
    check = named(of(tmp_path, crashing), "empty input")
    assert (check.status, "IndexError" in check.details) == (Status.FAILED, True)


def test_a_model_that_fails_at_once_is_not_tried_further(tmp_path: Path) -> None:
    report = of(tmp_path, "def score_unstructured(model, data, **kwargs): raise ValueError('no')")
    assert [(check.name, check.status) for check in report.checks] == [("basic prediction", Status.FAILED)]
    assert "no" in str(report.error)
