"""The queue between scoring and sending: bounded in rows and in bytes; when it is full, the newest rows win."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from drum_monitor.sending.counters import QUEUE_FULL, Counters

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Names = pd.Index[Any] | Sequence[str]

NUMBERS = "fiu"
"""What NumPy calls kinds of numbers."""
LOOK_EVERY = 16
"""Calls after which a row is looked at again, for its size and its kind: that costs more than the rest of the call."""
LOOKED_AT = 4
"""Rows that are looked at."""


@dataclass(slots=True, eq=False)
class Scored:
    """Rows that were scored together: features and scores, row for row, as matrices where all are numbers.

    A matrix is one object to the garbage collector, a frame is twenty: with thousands of calls in the queue, looking
    through them again and again took longer than all else.
    """

    features: pd.DataFrame | NDArray[Any]
    scores: pd.DataFrame | NDArray[Any]
    feature_names: Names
    score_names: Names

    def __len__(self) -> int:
        return len(self.scores)


class RowQueue:
    """Rows that wait to be sent.

    ``observed = sent + dropped + pending`` holds whenever the lock is free.

    :param most_rows: rows that may wait.
    :param most_bytes: bytes that they may take, by an estimate.
    :param exact: whether whole numbers must stay whole beside others, because some of them are ids.
    """

    def __init__(self, counters: Counters, *, most_rows: int, most_bytes: int, exact: bool = False) -> None:
        self._counters = counters
        self._most_rows = most_rows
        self._most_bytes = most_bytes
        self._items: deque[tuple[Scored, int, float]] = deque()
        self._rows = 0
        self._bytes = 0
        self._exact = exact
        self._row_bytes = 64.0
        self._are_numbers = False
        self._names: tuple[Names, Names] | None = None
        self._calls = 0
        self._wanted = 0
        self._closed = False
        self.changed = threading.Condition()

    def put(self, features: pd.DataFrame, scores: pd.DataFrame) -> None:
        """Take rows in; never wait, never refuse: what is older gives way."""
        if self._calls % LOOK_EVERY == 0 or len(scores) > self._most_rows // 4:
            self._look(features, len(scores.columns))
        self._calls += 1
        names = self._known(features.columns, scores.columns)
        numbers = _numbers_of(features) if self._are_numbers else features
        self._add(Scored(numbers, _numbers_of(scores), *names), self._row_bytes)

    def put_numbers(self, features: NDArray[Any], scores: NDArray[Any], *names: Names) -> None:
        """Take rows in that are numbers alone, a matrix of features and one of scores.

        :param names: those of the features' columns, and those of the scores'.
        """
        row_bytes = features.itemsize * features.shape[1] + scores.itemsize * scores.shape[1]
        self._add(Scored(features, scores, *self._known(*names)), row_bytes)

    def _known(self, features: Names, scores: Names) -> tuple[Names, Names]:
        """Return names as they were given before, if they are the same: nobody keeps or compares them twice."""
        known = self._names
        if known is None or not (is_same(known[0], features) and is_same(known[1], scores)):
            known = self._names = (features, scores)
        return known

    def _add(self, scored: Scored, row_bytes: float) -> None:
        rows = len(scored)
        with self.changed:
            self._counters.observed += rows
            if rows > self._most_rows:
                scored = self._newest(scored)
            size = int(len(scored) * row_bytes)
            self._items.append((scored, size, time.monotonic()))
            self._rows += len(scored)
            self._bytes += size
            if self._rows > self._most_rows or self._bytes > self._most_bytes:
                self._give_way()
            self._counters.publish()
            if len(self._items) == 1 or self._rows >= self._wanted:
                self.changed.notify()

    def _look(self, features: pd.DataFrame, scores: int) -> None:
        """Look at the first rows: how many bytes they take, and whether all columns are numbers."""
        values: Any = features.iloc[:LOOKED_AT].to_numpy()
        self._row_bytes = _bytes_per_row(values) + 8 * scores
        self._are_numbers = values.dtype.kind in NUMBERS and not self._exact and _is_dense(features)

    def _newest(self, scored: Scored) -> Scored:
        """Keep the last rows only, as copies, so that the rest can be freed."""
        self._counters.dropped[QUEUE_FULL] += len(scored) - self._most_rows
        features, scores = (part[-self._most_rows :].copy() for part in (scored.features, scored.scores))
        return replace(scored, features=features, scores=scores)

    def _give_way(self) -> None:
        """Drop the oldest; the newest stay, however large, because they are in memory already."""
        while len(self._items) > 1 and (self._rows > self._most_rows or self._bytes > self._most_bytes):
            scored, size, _ = self._items.popleft()
            self._rows -= len(scored)
            self._bytes -= size
            self._counters.dropped[QUEUE_FULL] += len(scored)

    def take(self, wanted: int, patience: float, *, most: int | None = None) -> list[Scored]:
        """Wait for ``wanted`` rows, or until one has waited ``patience`` seconds; take the oldest first.

        Nothing is returned once the queue is closed and empty.

        :param most: about how many rows to take where more wait; by default as many as are wanted.
        """
        with self.changed:
            self._wanted = wanted
            while not self._closed and self._rows < wanted:
                left = self._items[0][2] + patience - time.monotonic() if self._items else None
                if left is not None and left <= 0:
                    break
                self.changed.wait(left)
            taken: list[Scored] = []
            held = 0
            while self._items and held < (most or wanted):
                scored, size, _ = self._items.popleft()
                self._rows -= len(scored)
                self._bytes -= size
                held += len(scored)
                taken.append(scored)
            return taken

    def close(self) -> None:
        """Let :meth:`take` return without waiting for more."""
        with self.changed:
            self._closed = True
            self.changed.notify_all()

    def clear(self, reason: str) -> None:
        """Drop all that waits."""
        with self.changed:
            self._counters.dropped[reason] += self._rows
            self._items.clear()
            self._rows = self._bytes = 0
            self._counters.publish()


def is_same(one: Names, other: Names) -> bool:
    """Tell whether names are the same object, or two views of it; to compare texts takes longer than all else."""
    if one is other:
        return True
    is_view: Any = getattr(one, "is_", None)
    return is_view is not None and bool(is_view(other))


def _numbers_of(frame: pd.DataFrame) -> pd.DataFrame | NDArray[Any]:
    """Return the matrix of a frame that holds only numbers, else the frame."""
    matrix: NDArray[Any] = frame.to_numpy()
    return matrix if matrix.dtype.kind in NUMBERS else frame


def _is_dense(frame: pd.DataFrame) -> bool:
    """Tell whether the columns are NumPy's: sparse ones could unfold to more than there is memory for."""
    import numpy as np

    return all(isinstance(dtype, np.dtype) for dtype in frame.dtypes)


def _bytes_per_row(values: NDArray[Any]) -> float:
    """Estimate what a row takes in memory by some: eight bytes a number, text by its length."""
    if not len(values):
        return 0.0
    if values.dtype != object:
        return float(values.itemsize * values.shape[1])
    sizes = [49 + len(value) if isinstance(value, str | bytes) else 8 for value in values.ravel()]
    return sum(sizes) / len(values)
