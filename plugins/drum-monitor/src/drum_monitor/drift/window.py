"""The newest rows, as slices of counts: memory does not grow with traffic, and the window slides."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import pairwise

from drum_monitor.drift.tally import Counter, EncodedRows, Tally

SLICES = 10
"""Slices that a window is made of: it holds up to a tenth more rows than it should."""


class Window:
    """The last ``size`` rows, or up to one slice more; and the window before it, if that is kept.

    :param keeps_previous: whether :meth:`previous` is asked for.
    """

    def __init__(self, counter: Counter, size: int, *, keeps_previous: bool = False) -> None:
        self._counter = counter
        self._size = size
        self._kept = 2 if keeps_previous else 1
        self._slice_rows = -(-size // SLICES)
        self.slices: deque[Tally] = deque([counter.empty()])

    def add(self, rows: EncodedRows) -> None:
        """Add rows, the newest last."""
        first = max(0, len(rows) - (self._kept + 1) * self._size)  # what is older would fall out at once
        while first < len(rows):
            newest = self.slices[-1]
            if newest.rows >= self._slice_rows:
                newest = self._counter.empty()
                self.slices.append(newest)
            last = min(len(rows), first + self._slice_rows - newest.rows)
            newest.add(self._counter.count(rows, first, last))
            first = last
        self._forget()

    def restore(self, slices: Iterable[Tally]) -> None:
        """Take over the slices of an earlier process."""
        self.slices = deque(slices) or deque([self._counter.empty()])

    def _forget(self) -> None:
        """Drop the slices that no window reaches."""
        held = sum(one.rows for one in self.slices)
        most = self._size * self._kept + (self._slice_rows if self._kept > 1 else 0)
        while held - self.slices[0].rows >= most:
            held -= self.slices.popleft().rows

    @property
    def is_full(self) -> bool:
        """Tell whether there are enough rows for a verdict."""
        return self.current().rows >= self._size

    def current(self) -> Tally:
        """Return the counts of the newest rows."""
        return self._sum(*self._bounds()[0])

    def previous(self) -> Tally | None:
        """Return the counts of the window before the current one; ``None`` if there was none yet."""
        bounds = self._bounds()
        before = self._sum(*bounds[1]) if len(bounds) > 1 else None
        return before if before is not None and before.rows >= self._size else None

    def _bounds(self) -> list[tuple[int, int]]:
        """Return where each window begins and ends among the slices, the newest first."""
        ends, held = [len(self.slices)], 0
        for place in reversed(range(len(self.slices))):
            held += self.slices[place].rows
            if held >= self._size:
                ends.append(place)
                held = 0
        if held or len(ends) == 1:
            ends.append(0)
        return [(first, last) for last, first in pairwise(ends)]

    def _sum(self, first: int, last: int) -> Tally:
        total = self._counter.empty()
        for place in range(first, last):
            total.add(self.slices[place])
        return total
