"""The queue between scoring and sending: bounded in rows and in bytes; when it is full, the newest rows win."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from drum_monitor.sending.counters import QUEUE_FULL, Counters
from drum_monitor.sending.scored import Block, Scored, is_matrix, is_same

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from drum_monitor.sending.scored import Names, Rows

NUMBERS = "fiu"
"""What NumPy calls kinds of numbers."""
LOOK_EVERY = 16
"""Calls after which a row is looked at again, for its size and its kind: that costs more than the rest of the call."""
LOOKED_AT = 4
"""Rows that are looked at."""
FEWEST_ROWS, MOST_ROWS, MOST_BYTES = 8, 512, 2**16
"""What a block has room for: few rows at first, and twice as many in each that follows."""
FEWEST_BLOCKS = 8
"""How many blocks a full queue has at least: the oldest gives way as a whole."""
NEVER = sys.maxsize


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
        self._blocks: deque[Block] = deque()
        self._open: Block | None = None
        self._spare: Block | None = None
        self._rows = 0
        self._bytes = 0.0
        self._wanted = NEVER
        self._heed_at = most_rows + 1
        self._exact = exact
        self._row_bytes = 64.0
        self._are_numbers = False
        self._kind: object = None
        self._room = 0
        self._names: tuple[Names, Names] | None = None
        self._calls = 0
        self._closed = False
        self.lock = threading.RLock()
        self._changed = threading.Condition(self.lock)

    # -- in

    def put(self, features: pd.DataFrame, scores: pd.DataFrame) -> None:
        """Take rows in; never wait, never refuse: what is older gives way. Whoever made the frames may change them."""
        with self.lock:
            if self._calls % LOOK_EVERY == 0 or len(scores) > self._most_rows // 4:
                self._look(features, len(scores.columns))
            self._calls += 1
            names = self._known(features.columns, scores.columns)
            given, answered = _numbers_of(features) if self._are_numbers else None, _numbers_of(scores)
            if given is not None and answered is not None:
                self.put_numbers(given, answered, *names)
            else:
                self._put(features, scores if answered is None else answered, names, self._row_bytes)

    def put_numbers(
        self, features: NDArray[Any], scores: NDArray[Any], feature_names: Names, score_names: Names
    ) -> None:
        """Take rows in that are numbers alone: a matrix of features, one of scores, and their columns' names.

        Rows of small calls are copied into a block with room for many. What a call made is then freed at once, and
        used by the next while the processor still has it at hand; and to the garbage collector thousands of calls are
        one object. The processor has nothing of ours at hand when it comes here from a model, which makes each function
        that is called cost more than what it does: so hardly any is, where there is room.
        """
        rows = len(scores)
        with self.lock:
            block = self._open
            if (
                block is None
                or (end := block.rows + rows) > len(block.scores)
                or block.feature_names is not feature_names
                or block.score_names is not score_names
                or block.features.dtype != features.dtype
                or block.scores.dtype != scores.dtype
            ):
                row_bytes = features.itemsize * features.shape[1] + scores.itemsize * scores.shape[1]
                self._put(features, scores, (feature_names, score_names), row_bytes)
                return
            block.features[block.rows : end] = features
            block.scores[block.rows : end] = scores
            block.rows = end
            self._counters.observe(rows)
            self._rows += rows
            if self._rows >= self._heed_at:
                self._heed()

    def _put(self, features: Rows, scores: Rows, names: tuple[Names, Names], row_bytes: float) -> None:
        """Begin a block with copies of rows; of too many, keep the last."""
        observed = len(scores)
        rows = room = min(observed, self._most_rows)
        are_numbers = is_matrix(features) and is_matrix(scores)
        if are_numbers:
            kind = (*map(id, names), features.dtype, scores.dtype)
            room = max(rows, self._next_room(kind, row_bytes))
        old, self._spare = self._spare, None
        features = _copied(features, rows, room, None if old is None else old.features)
        scores = _copied(scores, rows, room, None if old is None else old.scores)
        block = Block(features, scores, *names, rows, room * row_bytes, time.monotonic())
        self._open = block if are_numbers else None
        self._blocks.append(block)
        self._counters.observe(observed)
        self._counters.drop(observed - rows, QUEUE_FULL)
        self._rows += rows
        self._bytes += block.size
        self._heed()

    def _next_room(self, kind: object, row_bytes: float) -> int:
        """Return how many rows a block of numbers has room for: twice as many as the one before, if it was alike."""
        most_bytes = min(MOST_BYTES, self._most_bytes // FEWEST_BLOCKS)
        most = min(MOST_ROWS, self._most_rows // FEWEST_BLOCKS, int(most_bytes / row_bytes))
        self._room = min(most, 2 * self._room if kind == self._kind else FEWEST_ROWS)
        self._kind = kind
        return self._room

    def _heed(self) -> None:
        """Let the oldest give way if there are too many, and wake who waits for so many; see when to do so again."""
        while len(self._blocks) > 1 and (self._rows > self._most_rows or self._bytes > self._most_bytes):
            self._spare = self._pop()
            self._counters.drop(self._spare.rows, QUEUE_FULL)
        if self._rows >= self._wanted:
            self._wanted = NEVER
            self._changed.notify()
        self._heed_at = min(self._wanted, self._most_rows + 1)

    def _pop(self) -> Block:
        oldest = self._blocks.popleft()
        self._rows -= oldest.rows
        self._bytes -= oldest.size
        if not self._blocks:
            self._open = None
        return oldest

    def _known(self, features: Names, scores: Names) -> tuple[Names, Names]:
        """Return names as they were given before, if they are the same: nobody keeps or compares them twice."""
        known = self._names
        if known is None or not (is_same(known[0], features) and is_same(known[1], scores)):
            known = self._names = (features, scores)
        return known

    def _look(self, features: pd.DataFrame, scores: int) -> None:
        """Look at the first rows: how many bytes they take, and whether all columns are numbers."""
        values: Any = features.iloc[:LOOKED_AT].to_numpy()
        self._row_bytes = _bytes_per_row(values) + 8 * scores
        self._are_numbers = values.dtype.kind in NUMBERS and not self._exact and _is_dense(features)

    # -- out

    def take(self, wanted: int, patience: float, *, most: int | None = None) -> list[Scored]:
        """Wait for ``wanted`` rows, or until one has waited ``patience`` seconds; take the oldest first.

        Nothing is returned once the queue is closed and empty.

        :param most: about how many rows to take where more wait; by default as many as are wanted.
        """
        with self.lock:
            while not self._closed and self._rows < wanted:
                left = self._blocks[0].since + patience - time.monotonic() if self._blocks else None
                if left is not None and left <= 0:
                    break
                self._wanted = wanted if self._blocks else 1
                self._heed_at = min(self._wanted, self._most_rows + 1)
                self._changed.wait(left)
            self._wanted = NEVER
            taken: list[Scored] = []
            held = 0
            while self._blocks and held < (most or wanted):
                taken.append(self._pop().content())
                held += len(taken[-1])
            return taken

    def close(self) -> None:
        """Let :meth:`take` return without waiting for more."""
        with self.lock:
            self._closed = True
            self._changed.notify_all()

    def clear(self, reason: str) -> None:
        """Drop all that waits."""
        with self.lock:
            while self._blocks:
                self._counters.drop(self._pop().rows, reason)


def _copied(part: Rows, rows: int, room: int, spare: Rows | None) -> Rows:
    """Return a copy of the last rows: a frame that no longer changes, or a matrix with room for more.

    :param spare: a part that has given way; its memory need not be asked for, if it is as large.
    """
    import numpy as np

    if not is_matrix(part):
        return part[-rows:].copy(deep=rows < len(part))  # so that the others can be freed
    shape = (room, part.shape[1])
    if spare is not None and is_matrix(spare) and spare.shape == shape and spare.dtype == part.dtype:
        matrix = spare
    else:
        matrix = np.empty(shape, dtype=part.dtype, order="C" if part.flags.c_contiguous else "F")
    matrix[:rows] = part[-rows:]
    return matrix


def _numbers_of(frame: pd.DataFrame) -> NDArray[Any] | None:
    """Return the matrix of a frame that holds only numbers."""
    matrix: NDArray[Any] = frame.to_numpy()
    return matrix if matrix.dtype.kind in NUMBERS else None


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
