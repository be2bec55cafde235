"""The input in portions that are scored one by one, and a thread that reads one ahead."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drum.batch.csv_blocks import BLOCK_BYTES, ROW_MULTIPLE
from drum.batch.typed_blocks import read_block
from drum.types import Batch

if TYPE_CHECKING:
    import pandas as pd

    from drum.batch.csv_blocks import CsvFile
    from drum.batch.file_types import FileTypes


@dataclass(frozen=True, slots=True)
class Portion:
    """Rows to score at once: the number of the first one in the input, and the share of the input read with them."""

    batch: Batch
    first_row: int
    share: float


Portions = Generator[Portion, None, None]


def csv_portions(file: CsvFile, types: FileTypes) -> Portions:
    """Read a CSV block by block, with the types that it has as a whole."""
    for block in file.blocks():
        yield Portion(read_block(file.header, block, types), block.start.row, block.end / file.size)


def frame_portions(frame: pd.DataFrame, rows: int | None) -> Portions:
    """Cut a frame that is in memory into portions of ``rows``, or of some megabytes."""
    total = len(frame)
    rows = rows or rows_of_some_megabytes(frame.memory_usage().sum() / total)
    for first in range(0, total, rows):
        yield Portion(frame.iloc[first : first + rows], first, min(1.0, (first + rows) / total))


def one_portion(batch: Batch) -> Portions:
    """Leave a batch whole."""
    yield Portion(batch, 0, 1.0)


def rows_of_some_megabytes(bytes_per_row: float) -> int:
    """Choose how many rows make a portion."""
    rows = int(BLOCK_BYTES / max(bytes_per_row, 1.0))
    return max(rows - rows % ROW_MULTIPLE, ROW_MULTIPLE)


def prefetched(portions: Portions) -> Portions:
    """Read the next portion in a thread while the caller works on one; it never reads further ahead."""
    end: Any = object()
    with ThreadPoolExecutor(1, thread_name_prefix="drum-read") as reader:
        upcoming = reader.submit(next, portions, end)
        while (portion := upcoming.result()) is not end:
            upcoming = reader.submit(next, portions, end)
            yield portion
