"""One validation from end to end: what is read, what is tried, what ends it."""

from __future__ import annotations

from pathlib import Path

import pytest
from validating import DATA, SUM, named, validated

from drum.errors import CustomCodeError, MalformedInputError, ModelError, ScoreError
from drum.types import Payload
from drum.validation.report import Status

READING = """
import io, pandas as pd

def read_input_data(input_binary_data):
    if not input_binary_data.strip():
        raise ModelHTTPError("send some rows")
    text = input_binary_data.decode()
    return pd.read_csv(io.StringIO(text), sep=SEPARATOR)

def score(data, model):
    return data[["a"]].fillna(0) * 1.0
"""


def reading(separator: str) -> str:
    return f"from drum import ModelHTTPError\nSEPARATOR = {separator!r}\n{READING}"


def test_all_checks_in_their_order(tmp_path: Path) -> None:
    report = validated(tmp_path)
    assert [check.name for check in report.checks] == [
        "basic prediction", "same predictions twice", "same predictions in batches", "one row", "empty input",
        "missing values", "missing values", "shuffled columns", "extra column", "memory",
        "same predictions through the server", "same predictions row by row",
    ]  # fmt: skip
    assert (report.rows, report.columns, report.sampled, report.error) == (9, 2, 9, None)
    assert all(check.seconds >= 0 for check in report.checks)


def test_a_sample_is_spread_over_the_input(tmp_path: Path) -> None:
    code = "seen = []\ndef score(data, model):\n    seen.append(data['a'].tolist())\n" \
           "    assert seen[0] == list(range(10)) and (len(seen) < 2 or seen[1] == [0, 2, 5, 7])\n" \
           "    return data[['a']].fillna(0) * 1.0"  # fmt: skip
    report = validated(tmp_path, code, "a\n" + "".join(f"{row}\n" for row in range(10)), sample_rows=4)
    assert not report.failed
    assert (report.rows, report.sampled) == (10, 4)


def test_a_sample_that_cannot_be_predicted_ends_it(tmp_path: Path) -> None:
    code = "def score(data, model):\n    assert len(data) > 5, 'too few'\n    return data[['a']] * 1.0"
    report = validated(tmp_path, code, DATA, sample_rows=3)
    assert [(check.name, check.status) for check in report.checks] == [
        ("basic prediction", Status.PASSED), ("prediction of a sample", Status.FAILED),
    ]  # fmt: skip
    with pytest.raises(ScoreError, match="too few"):
        report.raise_if_failed()


def test_a_model_that_cannot_predict_ends_it(tmp_path: Path) -> None:
    report = validated(tmp_path, "def score(data, model): raise ValueError('never')")
    assert [check.name for check in report.checks] == ["basic prediction"]
    with pytest.raises(ScoreError, match="never"):
        report.raise_if_failed()


def test_failures_are_the_models(tmp_path: Path) -> None:
    report = validated(tmp_path, "def score(data, model): return data[['a']] * 1.0")
    with pytest.raises(ModelError, match=r"^1 of 12 checks failed: missing values\.$"):
        report.raise_if_failed()


def test_what_passed_raises_nothing(tmp_path: Path) -> None:
    validated(tmp_path).raise_if_failed()


@pytest.mark.parametrize("data", ["", "a,b\n", "a,b\n1\n", 'a,b\n1,"2\n'])
def test_an_input_that_cannot_be_read(tmp_path: Path, data: str) -> None:
    with pytest.raises(MalformedInputError):
        validated(tmp_path, SUM, data)


def test_a_model_that_cannot_be_loaded(tmp_path: Path) -> None:
    with pytest.raises(CustomCodeError, match="no such key"):
        validated(tmp_path, f"def load_model(code_dir): raise KeyError('no such key')\n{SUM}")


# ------------------------------------------------------------------------------------- models that read by themselves


def test_a_model_that_reads_rows_by_itself_is_sent_text(tmp_path: Path) -> None:
    report = validated(tmp_path, reading(","))
    assert [(check.name, check.details) for check in report.failed] == []
    assert named(report, "missing values", "b").status is Status.PASSED
    assert named(report, "same predictions row by row").status is Status.PASSED


def test_rows_that_only_the_model_can_read_are_sent_as_they_are(tmp_path: Path) -> None:
    payload = Payload(body=b"a;b\n1;2\n3;4\n", media_type="application/x-semicolons", room=None)
    report = validated(tmp_path, reading(";"), payload)
    assert not report.failed
    skipped = {check.name for check in report.checks if check.status is Status.SKIPPED}
    assert skipped == {"missing values", "shuffled columns", "extra column"}
    assert named(report, "same predictions through the server").status is Status.PASSED
    assert (report.rows, report.sampled) == (None, None)


def test_rows_that_only_the_model_can_read_and_that_it_answers_by_chance(tmp_path: Path) -> None:
    code = reading(";").replace("* 1.0", "+ __import__('random').SystemRandom().random()")
    payload = Payload(body=b"a;b\n1;2\n3;4\n", media_type="application/x-semicolons", room=None)
    report = validated(tmp_path, code, payload)
    assert {check.name for check in report.failed} == {"same predictions twice", "same predictions through the server"}


def test_as_json(tmp_path: Path) -> None:
    told = validated(tmp_path, "def score(data, model): return data[['a']] * 1.0").as_json()
    assert (told["passed"], told["counts"]) == (False, {"PASSED": 11, "FAILED": 1, "SKIPPED": 0})
    (failed,) = [check for check in told["checks"] if check["status"] == "FAILED"]
    assert (failed["name"], failed["column"], failed["refused"], failed["kept"]) == ("missing values", "a", False, None)
