"""The observer of a run: it is registered only where ``--monitor`` is on, so that nobody else pays for it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.hookspecs import hookimpl
from drum_monitor.sending.counters import UNREADABLE, Counters
from drum_monitor.sending.queue import NUMBERS, RowQueue
from drum_monitor.sending.sender import Sender

if TYPE_CHECKING:
    import pandas as pd

    from drum.types import ScoringRecord
    from drum_monitor.options import Destination


class Observer:
    """Hands what was scored to a :class:`Sender`, which starts with the first row.

    :param folder: where counters are published for the server's front, if there is one.
    """

    __name__ = "drum-monitor-observer"

    def __init__(self, destination: Destination, folder: Path | None = None) -> None:
        self.counters = Counters(folder)
        self._destination = destination
        self._sender: Sender | None = None
        self._starting = threading.Lock()

    @hookimpl
    def drum_after_score(self, record: ScoringRecord) -> None:
        """Put the rows into the queue."""
        if record.answer is None:
            return
        queue = (self._sender or self._start()).queue
        answer, columns, matrix = record.answer.frame, record.matrix_columns, record.matrix
        if matrix is not None and columns is not None:
            scores = answer.to_numpy()
            if scores.dtype.kind in NUMBERS:
                queue.put_numbers(matrix, scores, columns, answer.columns)
                return
        self._put_frames(queue, record.batch, answer)

    def _put_frames(self, queue: RowQueue, batch: Any, answer: pd.DataFrame) -> None:
        rows = len(answer)
        if type(batch).__name__ == "DataFrame" and len(batch) == rows:
            queue.put(batch, answer)
        else:  # the runtime reads payloads itself, in a form that only it can open
            with queue.lock:
                self.counters.observe(rows)
                self.counters.drop(rows, UNREADABLE)

    def _start(self) -> Sender:
        with self._starting:
            if self._sender is None:
                sender = Sender(self._destination, self.counters)
                sender.start()
                self._sender = sender
            return self._sender

    @hookimpl
    def drum_unload_model(self) -> None:
        """Send what still waits, for a moment."""
        if self._sender is not None:
            self._sender.close()
            self._sender = None
