"""Count rows into the cells of all columns at once. Tallies add up, so windows merge across time and processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from drum_monitor.drift.profile import QUALITY, Profile
from drum_monitor.drift.statistics import Counts, Floats

MOMENTS = 3
"""Numbers, their sum and the sum of their squares, all less the column's origin."""


@dataclass(slots=True, eq=False)
class Tally:
    """Counts of some rows: ``cells`` (columns x cells), ``faults`` (columns x kinds), ``moments`` (columns x 3)."""

    rows: int
    cells: NDArray[np.int64]
    faults: NDArray[np.int64]
    moments: Floats

    def add(self, other: Tally) -> None:
        """Add the counts of other rows."""
        self.rows += other.rows
        self.cells += other.cells
        self.faults += other.faults
        self.moments += other.moments


@dataclass(frozen=True, slots=True, eq=False)
class EncodedRows:
    """Rows in cells: codes (rows x columns) that are numbered across all columns, faults and values."""

    codes: NDArray[np.int64]
    faults: NDArray[np.uint8]
    values: Floats

    def __len__(self) -> int:
        return len(self.codes)


class Counter:
    """Counts rows of a fixed set of columns.

    :param origins: a number to take from each column's values, so that sums of squares keep their precision.
    """

    def __init__(self, profiles: Sequence[Profile], origins: Sequence[float] | None = None) -> None:
        self.profiles = tuple(profiles)
        self.width = max((profile.cells for profile in profiles), default=1)
        self._origins = np.array(origins if origins is not None else [0.0] * len(self.profiles))
        self._offsets = np.arange(len(self.profiles), dtype=np.int64) * self.width

    def encode(self, table: pd.DataFrame) -> EncodedRows:
        """Put the values of a table that has all the columns into cells."""
        shape = len(table), len(self.profiles)
        codes = np.empty(shape, dtype=np.int64, order="F")
        faults = np.empty(shape, dtype=np.uint8, order="F")
        values = np.empty(shape, order="F")
        bits = (1 << np.arange(len(QUALITY))).astype(np.uint8)
        for place, profile in enumerate(self.profiles):
            column: pd.Series[Any] = table[profile.name]
            encoded = profile.encode(column)
            codes[:, place] = encoded.codes + self._offsets[place]
            faults[:, place] = encoded.faults @ bits
            values[:, place] = encoded.values - self._origins[place]
        return EncodedRows(codes, faults, values)

    def count(self, rows: EncodedRows, first: int = 0, last: int | None = None) -> Tally:
        """Count the rows from ``first`` up to ``last``."""
        codes, faults, values = rows.codes[first:last], rows.faults[first:last], rows.values[first:last]
        columns = len(self.profiles)
        cells = np.bincount(codes.ravel("K"), minlength=columns * self.width).reshape(columns, self.width)
        kinds = np.zeros((columns, len(QUALITY)), dtype=np.int64)
        occurring = int(np.bitwise_or.reduce(faults, axis=None))
        for kind in range(len(QUALITY)):
            if occurring >> kind & 1:
                kinds[:, kind] = ((faults >> kind) & 1).sum(axis=0, dtype=np.int64)
        there = ~np.isnan(values)
        known = np.where(there, values, 0.0)
        moments = np.stack([there.sum(axis=0), known.sum(axis=0), (known * known).sum(axis=0)], axis=1)
        return Tally(len(codes), cells.astype(np.int64), kinds, moments.astype(np.float64))

    def empty(self) -> Tally:
        """Return a tally of no rows."""
        columns = len(self.profiles)
        return Tally(
            0, np.zeros((columns, self.width), dtype=np.int64), np.zeros((columns, len(QUALITY)), dtype=np.int64),
            np.zeros((columns, MOMENTS)),
        )  # fmt: skip

    def cells_of(self, tally: Tally, place: int) -> Counts:
        """Return the cells of one column."""
        return tally.cells[place, : self.profiles[place].cells]


def mean(moments: Floats) -> float:
    """Return the mean, less the origin; NaN of no numbers."""
    count, total, _ = moments.tolist()
    return total / count if count else float("nan")


def sigma(moments: Floats) -> float:
    """Return the standard deviation; 0 of no numbers."""
    count, total, squares = moments.tolist()
    return float(np.sqrt(max(squares / count - (total / count) ** 2, 0.0))) if count else 0.0
