"""What a column looks like in the reference: its cells, fixed once, into which every later row is counted.

Numbers have a cell for each tenth of the reference, categories one for each frequent value and one for all others.
The last cell of every column is that of missing values.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from drum_monitor.drift.statistics import Floats
from drum_monitor.drift.values import Mask, is_number_column, names, numbers

TENTHS = 10
MOST_CATEGORIES = 20
"""Categories with a cell of their own; a number with no more distinct values than that is a category too."""
MOST_KNOWN = 1000
"""Distinct values beyond which a new one says nothing: the column is text, or an identifier."""

MISSING, UNSEEN, OUT_OF_RANGE, INFINITE, TYPE_ERROR = range(5)
QUALITY = ("missing", "unseen", "out_of_range", "infinite", "type_error")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profile:
    """One column of the reference.

    ``borders`` are the inner borders of the cells of numbers. ``categories`` have a cell each, in order;
    ``numeric`` tells whether they are numbers (then they are sorted). ``known`` are all values that were seen, or
    ``None`` if they were too many.
    """

    name: str
    role: str
    numeric: bool
    borders: Floats | None = None
    low: float = 0.0
    high: float = 0.0
    categories: tuple[Any, ...] = ()
    known: frozenset[Any] | None = None

    @property
    def is_continuous(self) -> bool:
        """Tell whether cells are ranges of numbers."""
        return self.borders is not None

    @property
    def cells(self) -> int:
        """The number of cells, that of missing values included."""
        return len(self.borders) + 2 if self.borders is not None else len(self.categories) + 2

    @property
    def names_of_cells(self) -> list[str]:
        """What each cell is called on the page."""
        if self.borders is None:
            return [*(f"{one:g}" if self.numeric else str(one) for one in self.categories), "other", "missing"]
        inner = [_short(border) for border in self.borders]
        return [f"≤ {inner[0]}", *(f"to {border}" for border in inner[1:]), f"> {inner[-1]}", "missing"]

    def tracks(self, kind: int) -> bool:
        """Tell whether a fault of this kind can occur in the column."""
        if kind in (INFINITE, OUT_OF_RANGE, TYPE_ERROR):
            return self.numeric
        return kind == MISSING or (self.known is not None and not self.is_continuous)

    def encode(self, column: pd.Series[Any]) -> Encoded:
        """Put each value into its cell."""
        return self._encode_numbers(column) if self.numeric else self._encode_names(column)

    def _encode_numbers(self, column: pd.Series[Any]) -> Encoded:
        read = numbers(column)
        values, usable = read.values, ~np.isnan(read.values)
        infinite = np.isinf(values)
        faults = np.zeros((len(values), len(QUALITY)), dtype=bool)
        faults[:, MISSING], faults[:, TYPE_ERROR], faults[:, INFINITE] = read.missing, read.wrong, infinite
        faults[:, OUT_OF_RANGE] = usable & ~infinite & ((values < self.low) | (values > self.high))
        if self.borders is not None:
            codes = np.searchsorted(self.borders, values, side="left")
        else:
            codes = self._match(values)
            faults[:, UNSEEN] = usable & (codes == len(self.categories)) & ~self._is_known(values)
        codes[~usable] = self.cells - 1
        return Encoded(codes, faults, np.where(infinite, np.nan, values))

    def _match(self, values: Floats) -> np.ndarray[Any, np.dtype[np.intp]]:
        other = len(self.categories)
        if not other:
            return np.zeros(len(values), dtype=np.intp)
        categories = np.array(self.categories)
        places = np.minimum(np.searchsorted(categories, values), other - 1)
        return np.where(categories[places] == values, places, other)

    def _is_known(self, values: Floats) -> Mask:
        return np.isin(values, list(self.known)) if self.known is not None else np.ones(len(values), dtype=bool)

    def _encode_names(self, column: pd.Series[Any]) -> Encoded:
        texts, missing = names(column)
        codes = pd.Index(self.categories, dtype=object).get_indexer(texts.astype(object))
        other = codes < 0
        codes[other] = len(self.categories)
        codes[missing] = self.cells - 1
        faults = np.zeros((len(texts), len(QUALITY)), dtype=bool)
        faults[:, MISSING] = missing
        if self.known is not None and other.any():
            rest = other & ~missing
            faults[rest, UNSEEN] = [text not in self.known for text in texts[rest]]
        return Encoded(codes, faults, np.full(len(texts), np.nan))


@dataclass(frozen=True, slots=True)
class Encoded:
    """A column in cells: the cell of each row, its faults (rows x kinds), and its number or NaN."""

    codes: np.ndarray[Any, np.dtype[np.intp]]
    faults: Mask
    values: Floats


def _short(number: float) -> str:
    """Write a number in few characters: 13,500 as 13.5k."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if size <= abs(number) < 1e12:
            return f"{number / size:.3g}{letter}"
    return f"{number:.3g}"


def profile_column(name: str, role: str, column: pd.Series[Any], *, as_categories: bool | None = None) -> Profile:
    """Fix the cells of a column by its values in the reference.

    :param as_categories: whether the values are categories; by default they are if they are few, or no numbers.
    """
    if not is_number_column(column):
        return _profile_names(name, role, column)
    values = numbers(column).values
    finite = values[np.isfinite(values)]
    distinct = np.unique(finite)
    if as_categories or (as_categories is None and len(distinct) <= MOST_CATEGORIES) or len(distinct) <= 2:
        return _profile_codes(name, role, finite, distinct)
    borders = np.unique(np.quantile(finite, np.arange(1, TENTHS) / TENTHS, method="inverted_cdf"))
    low, high = float(distinct[0]), float(distinct[-1])
    return Profile(name=name, role=role, numeric=True, borders=borders, low=low, high=high)


def _profile_codes(name: str, role: str, finite: Floats, distinct: Floats) -> Profile:
    """Profile a number that has few values: each is a category."""
    if not len(distinct):
        return Profile(name=name, role=role, numeric=False, known=frozenset())
    counted = np.searchsorted(distinct, finite)
    frequent = np.argsort(-np.bincount(counted, minlength=len(distinct)), kind="stable")[:MOST_CATEGORIES]
    return Profile(
        name=name, role=role, numeric=True, low=float(distinct[0]), high=float(distinct[-1]),
        categories=tuple(np.sort(distinct[frequent]).tolist()),
        known=frozenset(distinct.tolist()) if len(distinct) <= MOST_KNOWN else None,
    )  # fmt: skip


def _profile_names(name: str, role: str, column: pd.Series[Any]) -> Profile:
    texts, _ = names(column)
    counts = texts.value_counts()
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return Profile(
        name=name, role=role, numeric=False, categories=tuple(str(text) for text, _ in ordered[:MOST_CATEGORIES]),
        known=frozenset(map(str, counts.index)) if len(counts) <= MOST_KNOWN else None,
    )  # fmt: skip


def fingerprint(table: pd.DataFrame) -> str:
    """Return the SHA-256 of a table's names and values, by which a saved state knows its reference."""
    digest = hashlib.sha256(repr([*map(str, table.columns)]).encode())
    for name in table.columns:
        digest.update(pd.util.hash_pandas_object(table[name].astype(str), index=False).to_numpy().tobytes())
    return digest.hexdigest()
