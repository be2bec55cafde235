"""The background thread: it alone touches the windows. Requests put rows into its inbox; readers see its last word."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drum_monitor.drift.tally import Tally
from drum_monitor.serving import state
from drum_monitor.serving.judgement import Judgement, State
from drum_monitor.serving.watch import Rows, Truth, Watch

log = logging.getLogger("drum.monitor")

INBOX_MESSAGES = 256
INBOX_ROWS = 200_000
"""What may wait to be counted; more is refused, and the sender counts it."""
HISTORY = 240
"""Verdicts that the page shows the course of."""


class InboxFullError(Exception):
    """Rows come faster than they are counted."""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What readers see: the last judgement, the counts behind it, and its course."""

    judgement: Judgement
    window: Tally
    target_window: Tally | None
    windows: int
    history: tuple[dict[str, Any], ...]


class Engine:
    """Counts rows and judges windows in the background, and keeps the state on disk.

    :param path: the file of the state.
    """

    def __init__(self, watch: Watch, path: Path) -> None:
        self.watch = watch
        self._path = path
        self._inbox: queue.Queue[Rows | Truth | None] = queue.Queue(INBOX_MESSAGES)
        self._waiting_rows = 0
        self._lock = threading.Lock()
        self._history: deque[dict[str, Any]] = deque(self._restored(), maxlen=HISTORY)
        self._thread = threading.Thread(target=self._run, name="drum-monitor-engine", daemon=True)
        self._changed = True
        self.received_rows = 0
        self.shown = self._look()

    def _restored(self) -> list[dict[str, Any]]:
        try:
            history = state.restore(self.watch, self._path)
        except ValueError as error:
            log.warning("The saved window '%s' is damaged (%s); the window begins anew.", self._path, error)
            return []
        if history is None and self._path.exists():
            log.warning(
                "The saved window '%s' belongs to another reference or window size; it begins anew.", self._path
            )
        return history or []

    # -- what requests call

    def offer(self, item: Rows | Truth) -> None:
        """Put rows or labels into the inbox.

        :raises InboxFullError: if there is no room.
        """
        rows = len(item.table) if isinstance(item, Rows) else len(item.ids)
        with self._lock:
            if self._waiting_rows and self._waiting_rows + rows > INBOX_ROWS:
                raise InboxFullError(f"{self._waiting_rows} rows are waiting to be counted")
            try:
                self._inbox.put_nowait(item)
            except queue.Full:
                raise InboxFullError(f"{INBOX_MESSAGES} messages are waiting to be counted") from None
            self._waiting_rows += rows
            if isinstance(item, Rows):
                self.received_rows += rows

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Count what waits, judge and save once more, and end."""
        self._inbox.put(None)
        self._thread.join()

    # -- the thread

    def _run(self) -> None:
        period = self.watch.configuration.calculation_period_sec
        due = time.monotonic() + period
        ends = False
        while not ends:
            ends = self._fold_one(max(0.0, due - time.monotonic()))
            if (ends or time.monotonic() >= due) and self._changed:
                self._changed = False
                self.shown = self._look()
                self._save()
            if time.monotonic() >= due:
                due = time.monotonic() + period

    def _fold_one(self, patience: float) -> bool:
        """Take one message in; tell whether it was the last."""
        try:
            item = self._inbox.get(timeout=patience) if patience else self._inbox.get_nowait()
        except queue.Empty:
            return False
        if item is None:
            return True
        try:
            if isinstance(item, Rows):
                self.watch.take(item)
            else:
                self.watch.learn(item)
        except Exception:
            log.exception("Rows could not be counted; they are left out.")
        with self._lock:
            self._waiting_rows -= len(item.table) if isinstance(item, Rows) else len(item.ids)
        self._changed = True
        return False

    def _look(self) -> Shown:
        """Judge the window; a failure is a state too."""
        watch = self.watch
        try:
            judgement = watch.judge()
        except Exception:
            log.exception("The window could not be compared with the reference.")
            judgement = Judgement(state=State.ERROR, at=time.time())
        if judgement.findings:
            self._history.append(_course(judgement))
        targets = None if watch.target_window is None else watch.target_window.current()
        windows = watch.judged_rows // watch.configuration.window_size
        return Shown(judgement, watch.window.current(), targets, windows, tuple(self._history))

    def _save(self) -> None:
        try:
            state.save(self.watch, list(self._history), self._path)
        except OSError as error:
            log.error("The window cannot be saved in '%s': %s. A restart would lose it.", self._path, error)


def _course(judgement: Judgement) -> dict[str, Any]:
    """Return what the page draws over time."""
    return {
        "at": judgement.at,
        "ratios": {f"{one.role}:{one.column}": round(one.ratio, 4) for one in judgement.verdicts},
        "performance": {name: round(value, 6) for name, value in judgement.performance.items()},
    }
