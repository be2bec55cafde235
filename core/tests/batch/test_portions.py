"""Portions of frames and CSVs, and reading one ahead."""

from __future__ import annotations

import threading
from pathlib import Path

import pandas as pd
import pytest

from drum.batch.csv_blocks import ROW_MULTIPLE, CsvFile
from drum.batch.file_types import guess_types
from drum.batch.portions import (
    Portion,
    Portions,
    csv_portions,
    frame_portions,
    one_portion,
    prefetched,
    rows_of_some_megabytes,
)


def test_a_csv_comes_in_blocks(numbers_csv: Path) -> None:
    with numbers_csv.open("rb") as file:
        csv = CsvFile(file, block_rows=400)
        portions = list(csv_portions(csv, guess_types(csv)))
    assert [(portion.first_row, len(portion.batch)) for portion in portions] == [(0, 400), (400, 400), (800, 200)]
    assert [portion.share for portion in portions] == sorted(portion.share for portion in portions)
    assert portions[-1].share == 1.0


def test_a_frame_is_cut_into_rows() -> None:
    portions = list(frame_portions(pd.DataFrame({"a": range(5)}), 2))
    assert [portion.batch["a"].tolist() for portion in portions] == [[0, 1], [2, 3], [4]]
    assert [(portion.first_row, portion.share) for portion in portions] == [(0, 0.4), (2, 0.8), (4, 1.0)]


def test_a_small_frame_is_one_portion_unless_told_otherwise() -> None:
    assert len(list(frame_portions(pd.DataFrame({"a": range(5)}), None))) == 1


def test_any_batch_can_be_left_whole() -> None:
    assert list(one_portion(b"anything")) == [Portion(b"anything", 0, 1.0)]


@pytest.mark.parametrize("bytes_per_row", [0.0, 1.0, 100.0, 1e9])
def test_rows_are_a_multiple(bytes_per_row: float) -> None:
    rows = rows_of_some_megabytes(bytes_per_row)
    assert rows >= ROW_MULTIPLE
    assert rows % ROW_MULTIPLE == 0


def numbered(count: int, started: list[int], threads: set[str]) -> Portions:
    for number in range(count):
        started.append(number)
        threads.add(threading.current_thread().name)
        yield Portion(number, number, 1.0)


def test_one_portion_is_read_ahead_in_another_thread_and_no_more() -> None:
    started: list[int] = []
    threads: set[str] = set()
    seen = []
    for portion in prefetched(numbered(5, started, threads)):
        seen.append(portion.first_row)
        assert len(started) <= portion.first_row + 2
    assert seen == list(range(5))
    assert threading.current_thread().name not in threads


def test_an_error_ahead_waits_for_its_turn() -> None:
    def failing() -> Portions:
        yield Portion("good", 0, 0.5)
        raise ValueError("bad")

    ahead = prefetched(failing())
    assert next(ahead).batch == "good"
    with pytest.raises(ValueError, match="bad"):
        next(ahead)


def test_leaving_early_leaves_no_thread_behind() -> None:
    ahead = prefetched(numbered(5, [], set()))
    next(ahead)
    ahead.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("drum-read")]
