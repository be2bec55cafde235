"""Labels come later than the rows that they belong to: keep scores by row id until then, for so many rows."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence
from itertools import islice
from typing import Any

import numpy as np

from drum_monitor.drift.statistics import Floats


class Labels:
    """Scores that wait for their label, and the newest pairs of both.

    :param capacity: rows whose labels are waited for; older ones are forgotten.
    :param size: pairs that performance is computed of.
    """

    def __init__(self, capacity: int, size: int) -> None:
        self._capacity = capacity
        self._rows: OrderedDict[str, Floats | None] = OrderedDict()
        self._labelled = 0
        self.unmatched = 0
        self.pairs: deque[tuple[Any, Floats]] = deque(maxlen=size)

    def expect(self, ids: Sequence[str], scores: Floats) -> None:
        """Wait for the labels of rows; ``scores`` has a row for each id."""
        for one, row in zip(ids, scores, strict=True):
            if self._rows.pop(one, row) is None:
                self._labelled -= 1
            self._rows[one] = row
        for _ in range(len(self._rows) - self._capacity):
            self._labelled -= self._rows.popitem(last=False)[1] is None

    def tell(self, ids: Sequence[str], targets: Sequence[Any]) -> list[Any]:
        """Take labels in; return those that belong to a row that is waited for."""
        taken = []
        for one, target in zip(ids, targets, strict=True):
            scores = self._rows.get(one)
            if scores is None:  # unknown, forgotten, or labelled before
                self.unmatched += 1
                continue
            self._rows[one] = None
            self._labelled += 1
            self.pairs.append((target, scores))
            taken.append(target)
        return taken

    def add_pairs(self, targets: Sequence[Any], scores: Floats) -> None:
        """Take rows in that came with their label."""
        self.pairs.extend(zip(targets, scores, strict=True))

    @property
    def coverage(self) -> float | None:
        """The share of the rows with an id whose label has come; ``None`` if there was no such row."""
        return self._labelled / len(self._rows) if self._rows else None

    def targets(self) -> list[Any]:
        """Return the labels of the pairs."""
        return [target for target, _ in self.pairs]

    def scores(self) -> Floats:
        """Return the scores of the pairs, a row each."""
        return np.array([row for _, row in self.pairs], dtype=np.float64)

    def to_state(self, width: int) -> dict[str, Any]:
        """Return what a later process needs, as JSON holds it."""
        waiting = [(one, row) for one, row in self._rows.items() if row is not None]
        return {
            "waiting": [[one, *map(float, row)] for one, row in waiting],
            "labelled": [one for one, row in self._rows.items() if row is None],
            "pairs": [[target, *map(float, row)] for target, row in self.pairs],
            "unmatched": self.unmatched,
            "width": width,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what an earlier process left."""
        for one in islice(state["labelled"], self._capacity):
            self._rows[one] = None
        self._labelled = len(self._rows)
        for one, *row in state["waiting"]:
            self._rows[one] = np.array(row)
        for target, *row in state["pairs"]:
            self.pairs.append((target, np.array(row)))
        self.unmatched = state["unmatched"]
