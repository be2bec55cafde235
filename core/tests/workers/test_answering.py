"""Requests that share a call: each gets its own rows, none changes another's types, and each fails alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from drum.hookspecs import hookimpl
from drum.scorer import Scorer
from drum.testing import scorer
from drum.types import Detection, ModelSpec, Payload, ScoringRecord
from drum.workers.answering import answer_all
from drum.workers.frames import Request


class Doubling:
    """A row-wise runtime that keeps the batches it was given, and refuses 13."""

    def __init__(self) -> None:
        self.batches: list[pd.DataFrame] = []

    @hookimpl
    def drum_detect(self, code_dir: Path) -> Detection:
        return Detection(runtime="doubling", path=code_dir / "model.x")

    @hookimpl
    def drum_load_model(self) -> object:
        return "model"

    @hookimpl
    def drum_score(self, batch: pd.DataFrame, spec: ModelSpec) -> pd.DataFrame:
        self.batches.append(batch)
        if (batch["x"] == 13).any():
            raise ValueError("13 is unlucky")
        return pd.DataFrame({"Predictions": batch["x"] * 2})


@pytest.fixture
def runtime() -> Doubling:
    return Doubling()


@pytest.fixture
def opened(tmp_path: Path, runtime: Doubling) -> Scorer:
    (tmp_path / "model.x").write_text("x")
    return scorer(tmp_path, "regression", plugins=[runtime], runtime="doubling")


def requests(*bodies: str) -> list[Request]:
    payloads = [Payload(body=body.encode(), media_type="text/csv") for body in bodies]
    return [Request(id=number, payload=payload, accept="text/csv") for number, payload in enumerate(payloads)]


def test_agreeing_requests_share_a_call_and_get_their_own_rows(opened: Scorer, runtime: Doubling) -> None:
    answers = answer_all(opened, requests("x\n1\n", "x\n2\n3\n", "x\n4\n"))
    assert [answer.body for answer in answers] == [
        b"Predictions\n2.0\n",
        b"Predictions\n4.0\n6.0\n",
        b"Predictions\n8.0\n",
    ]
    assert [answer.shared for answer in answers] == [3, 3, 3]
    assert [len(batch) for batch in runtime.batches] == [4]


def test_a_neighbour_changes_no_types(opened: Scorer, runtime: Doubling) -> None:
    answer_all(opened, requests("x\n1\n", "x\n2.5\n", "x,y\n1,2\n", "x\n3\n"))
    assert [dict(batch.dtypes.astype(str)) for batch in runtime.batches] == [
        {"x": "int64"},
        {"x": "float64"},
        {"x": "int64", "y": "int64"},
    ]
    assert [len(batch) for batch in runtime.batches] == [2, 1, 1]


class Together(Doubling):
    """Scores frames of different types in one call, unless there is a 7 in them; observes them too."""

    def __init__(self) -> None:
        super().__init__()
        self.together: list[list[str]] = []
        self.records: list[ScoringRecord] = []

    @hookimpl
    def drum_score_together(self, batches: Sequence[pd.DataFrame]) -> pd.DataFrame | None:
        self.together.append([str(batch["x"].dtype) for batch in batches])
        values = [float(value) for batch in batches for value in batch["x"]]
        if 13 in values:
            raise ValueError("13 is unlucky")
        return None if 7 in values else pd.DataFrame({"Predictions": [value * 2 for value in values]})

    @hookimpl
    def drum_after_score(self, record: ScoringRecord) -> None:
        self.records.append(record)


@pytest.fixture
def together() -> Together:
    return Together()


@pytest.fixture
def opened_together(tmp_path: Path, together: Together) -> Scorer:
    (tmp_path / "model.x").write_text("x")
    return scorer(tmp_path, "regression", plugins=[together], runtime="doubling")


def test_a_runtime_scores_different_types_together(opened_together: Scorer, together: Together) -> None:
    answers = answer_all(opened_together, requests("x\n1\n", "x\n2.5\n", "x\n3\n", "x,y\n4,1\n"))
    assert [answer.body for answer in answers] == [f"Predictions\n{x}\n".encode() for x in ("2.0", "5.0", "6.0", "8.0")]
    assert together.together == [["int64", "float64"]]
    assert [answer.shared for answer in answers] == [3, 3, 3, 1]
    assert [len(batch) for batch in together.batches] == [1]


def test_observers_are_told_of_each_frame(opened_together: Scorer, together: Together) -> None:
    answer_all(opened_together, requests("x\n1\n", "x\n2.5\n", "x\n3\n"))
    seen = [
        (r.batch["x"].tolist(), r.predictions.frame["Predictions"].tolist()) for r in together.records if r.predictions
    ]
    assert [(sorted(features), sorted(scores)) for features, scores in seen] == [([1, 3], [2, 6]), ([2.5], [5])]


@pytest.mark.parametrize(("number", "error"), [("7", ""), ("13", "ScoreError")])
def test_what_a_runtime_will_not_score_together_is_scored_apart(
    opened_together: Scorer, together: Together, number: str, error: str
) -> None:
    answers = answer_all(opened_together, requests("x\n1\n", "x\n2.5\n", f"x\n{number}\n"))
    assert [answer.error for answer in answers] == ["", "", error]
    assert [answer.body for answer in answers[:2]] == [b"Predictions\n2.0\n", b"Predictions\n5.0\n"]


def test_nothing_is_scored_together_where_others_take_part(tmp_path: Path, together: Together) -> None:
    (tmp_path / "model.x").write_text("x")
    (tmp_path / "custom.py").write_text("def post_process(predictions, model):\n    return predictions\n")
    answer_all(scorer(tmp_path, "regression", plugins=[together], runtime="doubling"), requests("x\n1\n", "x\n2.5\n"))
    assert together.together == []


def test_each_fails_alone(opened: Scorer) -> None:
    answers = answer_all(opened, requests("x\n1\n", "x\n13\n", "broken", "x\n2\n"))
    assert [answer.error for answer in answers] == ["", "ScoreError", "MalformedInputError", ""]
    assert answers[3].body == b"Predictions\n4.0\n"
    assert [answer.id for answer in answers] == [0, 1, 2, 3]


def test_no_message_takes_the_worker_down(tmp_path: Path) -> None:
    (tmp_path / "custom.py").write_text("def score(data, model):\n    raise ValueError('\\ud800')\n")
    (answer,) = answer_all(scorer(tmp_path, "regression"), requests("x\n1\n"))
    assert (answer.error, b"\\ud800" in answer.body) == ("ScoreError", True)


def test_charset_is_heard_for_small_requests_too(opened: Scorer) -> None:
    payloads = [Payload(body=b"x\n1\n", media_type="text/csv", charset=charset) for charset in ("klingon", "latin-1")]
    answers = answer_all(opened, [Request(id=i, payload=payload) for i, payload in enumerate(payloads)])
    assert [answer.error for answer in answers] == ["UnsupportedMediaTypeError", ""]


class Letters:
    """Reads, and scores, something that is no frame and cannot tell its rows."""

    @hookimpl
    def drum_read_input(self, payload: Payload) -> object:
        return iter(payload.body) if payload.media_type == "text/letters" else None

    @hookimpl(tryfirst=True)
    def drum_score(self, batch: object) -> pd.DataFrame | None:
        return None if hasattr(batch, "columns") else pd.DataFrame({"Predictions": [float(x) for x in batch]})  # type: ignore[attr-defined]


def test_what_is_no_frame_is_scored_alone(tmp_path: Path, runtime: Doubling) -> None:
    (tmp_path / "model.x").write_text("x")
    opened = scorer(tmp_path, "regression", plugins=[runtime, Letters()], runtime="doubling")
    payloads = [Payload(body=body, media_type="text/letters") for body in (b"\x01\x02", b"\x03")]
    answers = answer_all(opened, [Request(id=number, payload=payload) for number, payload in enumerate(payloads)])
    assert [answer.body for answer in answers] == [b'{"predictions":[1.0,2.0]}', b'{"predictions":[3.0]}']
