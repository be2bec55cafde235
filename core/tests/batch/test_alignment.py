"""Rows that are added so that linear algebra treats those of a part as it does in the whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from drum.batch.alignment import Alignment
from drum.batch.partitions import joined, score_part, survey
from drum.errors import MalformedInputError


def batches(tmp_path: Path, scorer: Any, counts: Sequence[int], **more: Any) -> list[tuple[int, int]]:
    """Score parts of so many rows; check what is written; return the first row and the size of each batch."""
    paths = [tmp_path / f"{number}.csv" for number, _ in enumerate(counts)]
    first = 0
    for path, count in zip(paths, counts, strict=True):
        pd.DataFrame({"n": range(first, first + count)}).to_csv(path, index=False)
        first += count
    types = joined([survey(path) for path in paths])
    before = 0
    for path, count in zip(paths, counts, strict=True):
        alignment = Alignment(before, path == paths[-1])
        assert score_part(scorer, path, tmp_path / "out.csv", types, alignment=alignment, **more) == count
        answers = pd.read_csv(tmp_path / "out.csv")
        assert answers["answer"].tolist() == list(range(before, before + count))
        assert answers["row"].tolist() == list(range(count))
        before += count
    found: list[tuple[int, int]] = scorer.batches
    return found


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([100, 100, 50], [(0, 128), (0, 128), (-(200 % 64), 50 + 200 % 64)]),
        ([64, 64], [(0, 64), (0, 64)]),
        ([1, 128], [(0, 64), (-1, 129)]),
    ],
)
def test_only_the_last_rows_of_the_whole_are_left_over(
    tmp_path: Path, scorer: Any, counts: list[int], expected: list[tuple[int, int]]
) -> None:
    assert batches(tmp_path, scorer, counts) == expected


def test_a_part_of_several_batches_is_aligned_in_its_last_one(tmp_path: Path) -> None:
    alignment = Alignment(10, is_last=True)
    assert alignment.padding(64, 0, is_final=False) == (0, 0)
    assert alignment.padding(30, 64, is_final=True) == (10, 0)
    assert Alignment(10, is_last=False).padding(30, 64, is_final=True) == (0, 34)


def test_what_is_wrong_is_said_of_the_rows_as_they_are(tmp_path: Path, scorer: Any) -> None:
    predict = scorer.predict

    def picky(batch: pd.DataFrame, *, first_row: int = 0) -> Any:
        if batch["n"].iloc[0] == 10:
            raise MalformedInputError(f"row {first_row} is bad")
        return predict(batch, first_row=first_row)

    scorer.predict = picky
    with pytest.raises(MalformedInputError, match="row 0 is bad"):
        batches(tmp_path, scorer, [10, 20])


def test_hooks_across_rows_and_observers_see_no_row_twice(tmp_path: Path, scorer: Any) -> None:
    scorer.row_wise = False
    assert batches(tmp_path, scorer, [10, 20], batch_rows=0) == [(0, 10), (0, 20)]
    scorer.batches.clear()
    assert batches(tmp_path, scorer, [10, 20]) == [(0, 10), (0, 20)]
    scorer.batches.clear()
    scorer.row_wise, scorer.is_observed = True, True
    assert batches(tmp_path, scorer, [10, 20]) == [(0, 10), (0, 20)]
