"""The queue between scoring and sending: bounded in rows and in bytes; when it is full, the newest rows win."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drum_monitor.sending.counters import QUEUE_FULL, Counters

if TYPE_CHECKING:
    import pandas as pd

LOOK_EVERY = 16
"""Calls after which the size of a row is estimated again: it costs more than the rest of handing over."""
LOOKED_AT = 4
"""Rows that the estimate looks at."""


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Rows that were scored together: features and scores, row for row."""

    features: pd.DataFrame
    scores: pd.DataFrame

    def __len__(self) -> int:
        return len(self.scores)


class RowQueue:
    """Rows that wait to be sent.

    ``observed = sent + dropped + pending`` holds whenever the lock is free.

    :param most_rows: rows that may wait.
    :param most_bytes: bytes that they may take, by an estimate.
    """

    def __init__(self, counters: Counters, *, most_rows: int, most_bytes: int) -> None:
        self._counters = counters
        self._most_rows = most_rows
        self._most_bytes = most_bytes
        self._items: deque[tuple[Scored, int, float]] = deque()
        self._rows = 0
        self._bytes = 0
        self._row_bytes = 64.0
        self._calls = 0
        self._wanted = 0
        self._closed = False
        self.changed = threading.Condition()

    def put(self, features: pd.DataFrame, scores: pd.DataFrame) -> None:
        """Take rows in; never wait, never refuse: what is older gives way."""
        rows = len(scores)
        if self._calls % LOOK_EVERY == 0 or rows > self._most_rows // 4:
            self._row_bytes = _bytes_per_row(features) + 8 * len(scores.columns)
        self._calls += 1
        with self.changed:
            self._counters.observed += rows
            scored = Scored(features, scores)
            if rows > self._most_rows:
                scored = self._newest(scored)
            size = int(len(scored) * self._row_bytes)
            self._items.append((scored, size, time.monotonic()))
            self._rows += len(scored)
            self._bytes += size
            if self._rows > self._most_rows or self._bytes > self._most_bytes:
                self._give_way()
            self._counters.publish()
            if len(self._items) == 1 or self._rows >= self._wanted:
                self.changed.notify()

    def _newest(self, scored: Scored) -> Scored:
        """Keep the last rows only, as copies, so that the rest can be freed."""
        self._counters.dropped[QUEUE_FULL] += len(scored) - self._most_rows
        kept = slice(-self._most_rows, None)
        return Scored(scored.features.iloc[kept].copy(), scored.scores.iloc[kept].copy())

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


def _bytes_per_row(features: pd.DataFrame) -> float:
    """Estimate what a row takes in memory by the first ones: eight bytes a number, text by its length."""
    if not len(features):
        return 0.0
    values: Any = features.iloc[:LOOKED_AT].to_numpy()
    if values.dtype != object:
        return float(values.itemsize * values.shape[1])
    sizes = [49 + len(value) if isinstance(value, str | bytes) else 8 for value in values.ravel()]
    return sum(sizes) / len(values)
