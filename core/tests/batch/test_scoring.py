"""``score_file`` from end to end: one answer, however the work is shared and the file is cut."""

from __future__ import annotations

import gzip
import io
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from drum import media_types
from drum.batch import scoring
from drum.batch.scoring import score_file
from drum.errors import MalformedInputError, ModelContractError, OutputError, WorkerDiedError

ROWS = 1000


@pytest.fixture(autouse=True)
def _small_files_are_worth_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "BLOCK_BYTES", 1000)


def expected(values: Any) -> str:
    return "row,answer\n" + "".join(f"{row},{value}\n" for row, value in enumerate(values))


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("batch_rows", [None, 0, 7, 64, 333])
def test_one_process(tmp_path: Path, numbers_csv: Path, scorer: Any, jobs: int, batch_rows: int | None) -> None:
    summary = score_file(scorer, numbers_csv, tmp_path / "out.csv", batch_rows=batch_rows, jobs=jobs)
    assert (summary.rows, summary.processes) == (ROWS, 1)
    assert (tmp_path / "out.csv").read_text() == expected(range(ROWS))
    rows = batch_rows or ROWS
    assert scorer.batches == [(first, min(rows, ROWS - first)) for first in range(0, ROWS, rows)]


@pytest.mark.parametrize("processes", [2, 3])
def test_several_processes(tmp_path: Path, numbers_csv: Path, forked_scorer: Any, processes: int) -> None:
    forked_scorer.answer = lambda batch: [os.getpid()] * len(batch)
    summary = score_file(forked_scorer, numbers_csv, tmp_path / "out.csv", batch_rows=100, jobs=processes)
    assert (summary.rows, summary.processes) == (ROWS, processes)
    written = pd.read_csv(tmp_path / "out.csv")
    assert written["row"].tolist() == list(range(ROWS))
    assert written["answer"].nunique() == processes


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("scorer_name", ["scorer", "forked_scorer"])
def test_types_are_those_of_the_whole_file(
    tmp_path: Path, request: pytest.FixtureRequest, scorer_name: str, jobs: int
) -> None:
    scorer = request.getfixturevalue(scorer_name)
    (tmp_path / "data.csv").write_text("a,b\n" + "1,007\n" * 500 + ",x\n")
    scorer.answer = lambda batch: ["|".join(map(str, row)) for row in batch.itertuples(index=False)]
    score_file(scorer, tmp_path / "data.csv", tmp_path / "out.csv", batch_rows=100, jobs=jobs)
    assert (tmp_path / "out.csv").read_text() == expected(["1.0|007"] * 500 + ["nan|x"])


def test_math_is_limited_to_one_thread_while_the_model_of_several_processes_is_loaded(
    tmp_path: Path, numbers_csv: Path, forked_scorer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    monkeypatch.setattr(type(forked_scorer), "load", lambda self: seen.append(os.environ["OMP_NUM_THREADS"]))
    score_file(forked_scorer, numbers_csv, tmp_path / "out.csv", jobs=2)
    score_file(forked_scorer, numbers_csv, tmp_path / "out.csv", jobs=1)
    assert seen == ["1", "4"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_serial_model_is_called_in_the_thread_of_the_caller(
    tmp_path: Path, numbers_csv: Path, scorer: Any, jobs: int
) -> None:
    threads = set()
    scorer.answer = lambda batch: [threads.add(threading.current_thread())] * len(batch)
    score_file(scorer, numbers_csv, tmp_path / "out.csv", batch_rows=100, jobs=jobs)
    assert threads == {threading.current_thread()}


def test_what_looks_across_rows_gets_the_whole_file(tmp_path: Path, numbers_csv: Path, forked_scorer: Any) -> None:
    forked_scorer.row_wise = False
    score_file(forked_scorer, numbers_csv, tmp_path / "out.csv", jobs=2)
    assert forked_scorer.batches == [(0, ROWS)]


def test_what_looks_across_rows_is_cut_if_the_operator_says_so(tmp_path: Path, numbers_csv: Path, scorer: Any) -> None:
    scorer.row_wise = False
    score_file(scorer, numbers_csv, tmp_path / "out.csv", batch_rows=500)
    assert scorer.batches == [(0, 500), (500, 500)]


@pytest.mark.parametrize("batch_rows", [None, 0, 10])
def test_a_reader_of_its_own_gets_the_bytes(
    tmp_path: Path, numbers_csv: Path, scorer: Any, batch_rows: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    scorer.reads_own_payload = True
    payloads = []
    monkeypatch.setattr(scorer, "read", lambda payload: payloads.append(payload) or pd.DataFrame({"a": [1, 2]}))
    score_file(scorer, numbers_csv, tmp_path / "out.csv", parts={"y": b"1"}, batch_rows=batch_rows)
    assert [payload.body for payload in payloads] == [numbers_csv.read_bytes()]
    assert payloads[0].parts == {"y": b"1"}
    assert scorer.batches == [(0, 2)]


# ------------------------------------------------------------------------------------- formats


def test_a_compressed_csv(tmp_path: Path, numbers_csv: Path, forked_scorer: Any) -> None:
    (tmp_path / "data.csv.gz").write_bytes(gzip.compress(numbers_csv.read_bytes()))
    score_file(forked_scorer, tmp_path / "data.csv.gz", tmp_path / "out.csv.gz", batch_rows=100, jobs=2)
    assert gzip.decompress((tmp_path / "out.csv.gz").read_bytes()).decode() == expected(range(ROWS))


def test_streams(numbers_csv: Path, scorer: Any) -> None:
    output = io.BytesIO()
    score_file(scorer, io.BytesIO(numbers_csv.read_bytes()), output)
    assert output.getvalue().decode() == expected(range(ROWS))


@pytest.mark.parametrize("extension", [".parquet", ".arrow", ".feather"])
@pytest.mark.parametrize("batch_rows", [None, 0, 300])
@pytest.mark.parametrize("row_wise", [True, False])
def test_files_of_columns(
    tmp_path: Path, numbers_csv: Path, scorer: Any, extension: str, batch_rows: int | None, row_wise: bool
) -> None:
    pytest.importorskip("pyarrow")
    frame = pd.read_csv(numbers_csv)
    source, target = tmp_path / f"data{extension}", tmp_path / f"out{extension}"
    frame.to_parquet(source) if extension == ".parquet" else frame.to_feather(source)
    scorer.row_wise = row_wise
    summary = score_file(scorer, source, target, batch_rows=batch_rows, jobs=2)
    written = pd.read_parquet(target) if extension == ".parquet" else pd.read_feather(target)
    assert written["answer"].tolist() == list(range(ROWS))
    assert summary.rows == ROWS
    assert len(scorer.batches) == (4 if batch_rows else 1)


@pytest.mark.parametrize("batch_rows", [None, 0, 300])
def test_json(tmp_path: Path, numbers_csv: Path, scorer: Any, batch_rows: int | None) -> None:
    pd.read_csv(numbers_csv).to_json(tmp_path / "data.json", orient="records")
    score_file(scorer, tmp_path / "data.json", tmp_path / "out.csv", batch_rows=batch_rows)
    assert (tmp_path / "out.csv").read_text() == expected(range(ROWS))
    assert len(scorer.batches) == (4 if batch_rows else 1)


def test_the_media_type_may_be_given(numbers_csv: Path, scorer: Any) -> None:
    json = pd.read_csv(numbers_csv).to_json(orient="records").encode()
    output = io.BytesIO()
    score_file(scorer, io.BytesIO(json), output, media_type=media_types.JSON)
    assert output.getvalue().decode() == expected(range(ROWS))


# ------------------------------------------------------------------------------------- progress


@pytest.mark.parametrize("name", ["scorer", "forked_scorer"])
def test_progress_reaches_the_end(tmp_path: Path, numbers_csv: Path, request: pytest.FixtureRequest, name: str) -> None:
    told: list[tuple[int, float]] = []
    scorer = request.getfixturevalue(name)
    score_file(
        scorer, numbers_csv, tmp_path / "out.csv", batch_rows=100, jobs=2, progress=lambda *done: told.append(done)
    )
    assert told == sorted(told)
    assert told[-1] == (ROWS, 1.0)


# ------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("name", ["scorer", "forked_scorer"])
def test_an_error_leaves_the_old_output_alone(
    tmp_path: Path, numbers_csv: Path, request: pytest.FixtureRequest, name: str, jobs: int
) -> None:
    scorer, target = request.getfixturevalue(name), tmp_path / "results" / "out.csv"
    target.parent.mkdir()
    target.write_text("old")

    def answer(batch: pd.DataFrame) -> Any:
        if batch["n"].max() > 800:
            raise ModelContractError("no")
        return batch["n"]

    scorer.answer = answer
    with pytest.raises(ModelContractError, match="no"):
        score_file(scorer, numbers_csv, target, batch_rows=100, jobs=jobs)
    assert [path.read_text() for path in target.parent.iterdir()] == ["old"]


@pytest.mark.parametrize("name", ["scorer", "forked_scorer"])
def test_a_ragged_row_is_named_by_its_line(
    tmp_path: Path, numbers_csv: Path, request: pytest.FixtureRequest, name: str
) -> None:
    with numbers_csv.open("a") as file:
        file.write("1000,short\n")
    with pytest.raises(MalformedInputError, match="Line 1002 of the CSV input has 2 fields"):
        score_file(request.getfixturevalue(name), numbers_csv, tmp_path / "out.csv", batch_rows=100, jobs=2)


def test_a_child_that_dies_is_an_error(
    tmp_path: Path, numbers_csv: Path, forked_scorer: Any, in_child: Callable[[], bool]
) -> None:
    def answer(batch: pd.DataFrame) -> Any:
        if in_child():
            os.kill(os.getpid(), signal.SIGKILL)
        return batch["n"]

    forked_scorer.answer = answer
    with pytest.raises(WorkerDiedError, match="SIGKILL"):
        score_file(forked_scorer, numbers_csv, tmp_path / "out.csv", batch_rows=100, jobs=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["numbers.csv"]


def test_an_output_that_cannot_be_written_is_refused_before_the_model_is_loaded(
    tmp_path: Path, numbers_csv: Path, scorer: Any
) -> None:
    with pytest.raises(OutputError):
        score_file(scorer, numbers_csv, tmp_path / "missing" / "out.csv")
    assert scorer.loaded == 0


def test_input_and_output_may_be_the_same_file(tmp_path: Path, numbers_csv: Path, scorer: Any) -> None:
    score_file(scorer, numbers_csv, numbers_csv)
    assert numbers_csv.read_text() == expected(range(ROWS))
