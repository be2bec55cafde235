"""What each process of a ring does with a block."""

from __future__ import annotations

from pathlib import Path

import pytest

from drum.batch.answers import CsvAnswers
from drum.batch.batch_scorer import BatchScorer
from drum.batch.csv_blocks import CsvFile
from drum.batch.csv_work import CsvWork
from drum.batch.file_types import FileTypes, TypesChangedError, guess_types
from drum.batch.output import pending_output


def test_blocks_are_cut_answered_and_written(tmp_path: Path, numbers_csv: Path, scorer: BatchScorer) -> None:
    target = tmp_path / "out.csv"
    with pending_output(target) as output, numbers_csv.open("rb") as file:
        csv = CsvFile(file, block_rows=2)
        work = CsvWork(scorer, csv, guess_types(csv), CsvAnswers(scorer, output))
        first = work.cut(csv.start)
        assert first is not None
        second = work.cut(first[1])
        assert second is not None
        assert work.answer(second[0]) == b"2,2\n3,3\n"
        work.write(work.answer(first[0]))
        output.deliver()
    assert target.read_bytes() == b"row,answer\n0,0\n1,1\n"


def test_a_contradiction_of_the_guess_is_an_error(tmp_path: Path, scorer: BatchScorer) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a,b\n1,1\nx,2\n")
    with pending_output(tmp_path / "out.csv") as output, path.open("rb") as file:
        csv = CsvFile(file, block_rows=1)
        types: FileTypes = guess_types(csv)
        work = CsvWork(scorer, csv, types, CsvAnswers(scorer, output))
        last = list(csv.blocks())[-1]
        with pytest.raises(TypesChangedError):
            work.answer(last)
