"""The sender: one thread that takes rows from the queue and posts them, and gives up rather than hold anything up."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from drum_monitor import wire
from drum_monitor.options import Destination
from drum_monitor.sending.assembling import assemble
from drum_monitor.sending.counters import (
    REJECTED,
    SAMPLED,
    SHUTDOWN,
    TIMEOUT,
    UNREACHABLE,
    UNREADABLE,
    Counters,
)
from drum_monitor.sending.posting import Post, UnreachableError
from drum_monitor.sending.queue import RowQueue

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger("drum.monitor")

BATCH_ROWS = 500
PATIENCE_S = 1.0
"""Rows are sent when so many wait, or one of them has waited so long."""
MESSAGE_ROWS = 5_000
"""Rows that one message holds at most, where more wait."""
SHARE = 0.005
"""How much of its time a sender may work, because scoring needs it: it rests after each message."""
SHORTEST_REST_S, LONGEST_REST_S = 0.1, 10.0
"""Under load, few large messages take a tenth of the time of many small ones."""
ATTEMPTS = 3
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 30.0
"""Pauses between attempts, doubled each time; half to one and a half of them, so that senders do not march in step."""
DRAIN_S = 2.0
"""How long the end may wait for what is queued."""
QUIET_S = 60.0
"""How often the same trouble is logged."""


class Sender:
    """Takes rows in from scoring, and sends them in the background."""

    def __init__(self, destination: Destination, counters: Counters) -> None:
        self.counters = counters
        self.queue = RowQueue(
            counters, most_rows=destination.queue_rows, most_bytes=destination.queue_bytes,
            exact=destination.row_id is not None,
        )  # fmt: skip
        self._destination = destination
        self._post = Post(destination)
        self._arrow = destination.format != "json"
        self._arrow_is_sure = destination.format == "arrow"
        self._failures = 0
        self._abandoned = False
        self._missed_ids = False
        self._ending = threading.Event()
        self._last_logged = float("-inf")
        self._random = random.Random()
        self._thread = threading.Thread(target=self._run, name="drum-monitor-sender", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self, patience: float = DRAIN_S) -> None:
        """Send what waits, for ``patience`` seconds at the most; count the rest as dropped."""
        self._ending.set()
        self.queue.close()
        self._thread.join(patience)
        with self.queue.lock:
            self._abandoned = True  # what is still on its way is not counted again
            self.queue.clear(SHUTDOWN)
            self.counters.drop(self.counters.counts().pending, SHUTDOWN)

    # -- the thread

    def _run(self) -> None:
        while taken := self.queue.take(BATCH_ROWS, PATIENCE_S, most=MESSAGE_ROWS):
            rows = sum(map(len, taken))
            started = time.thread_time()
            try:
                for table in assemble(taken):
                    rows -= len(table)
                    self._send(table)
            except Exception as error:  # noqa: BLE001 - rows of any kind come here, and the thread must outlive them
                self._settle(max(rows, 0), UNREADABLE)
                self._complain(f"Rows cannot be sent: {type(error).__name__}: {error}")
            self._ending.wait(_rest(time.thread_time() - started))
        self._post.close()

    def _send(self, table: pd.DataFrame) -> None:
        for part in self._sampled(table):
            try:
                self._deliver(part)
            except Exception:
                self._settle(len(part), UNREADABLE)
                raise

    def _sampled(self, table: pd.DataFrame) -> Iterator[pd.DataFrame]:
        share = self._destination.sample
        if share < 1:
            kept = [self._random.random() < share for _ in range(len(table))]
            self._settle(len(table) - sum(kept), SAMPLED)
            table = table[kept]
        for first in range(0, len(table), MESSAGE_ROWS):
            yield table.iloc[first : first + MESSAGE_ROWS]

    def _deliver(self, table: pd.DataFrame) -> None:
        """Post a table; try again where that may help, unless the service has been away for some time."""
        table, ids = self._without_ids(table)
        attempts = ATTEMPTS if not self._failures else 1
        body, media_type = self._encode(table, ids)
        for attempt in range(attempts):
            if attempt or self._failures:
                self._ending.wait(self._pause(attempt + self._failures))
            trouble, reason = self._attempt(body, media_type)
            if trouble and media_type == wire.ARROW and not self._arrow:
                body, media_type = self._encode(table, ids)
                trouble, reason = self._attempt(body, media_type)
            if not trouble:
                self._failures = 0
                self._settle(len(table), None)
                return
            if reason in (REJECTED, TIMEOUT) or self._ending.is_set():
                break
        self._failures += reason != REJECTED
        self._settle(len(table), reason)
        self._complain(
            f"{len(table)} rows could not be handed on to http://{self._destination.host}:{self._destination.port}: "
            f"{trouble}. Predictions are not affected."
        )

    def _without_ids(self, table: pd.DataFrame) -> tuple[pd.DataFrame, list[str] | None]:
        """Take the ids out of the features; say once if there are none, for labels would find no row."""
        row_id = self._destination.row_id
        if row_id is None:
            return table, None
        if row_id in table:
            return table.drop(columns=row_id), wire.row_ids(table[row_id].tolist())
        if not self._missed_ids:
            self._missed_ids = True
            log.warning(
                "The rows have no column '%s', by which --monitor-row-id says that labels will name them: no label "
                "will find its row. Their columns: %s.", row_id, ", ".join(map(str, table.columns)),
            )  # fmt: skip
        return table, None

    def _attempt(self, body: bytes, media_type: str) -> tuple[str, str]:
        """Post once; return what went wrong, or nothing, and the reason to count."""
        try:
            status, message = self._post.send(body, media_type)
        except UnreachableError as error:
            return str(error), TIMEOUT if error.waited else UNREACHABLE
        if 200 <= status < 300:
            self._arrow_is_sure |= media_type == wire.ARROW
            return "", ""
        if media_type == wire.ARROW and not self._arrow_is_sure and status != 503:
            self._arrow = False  # another service than ours: it reads JSON
        return f"status {status} {message}", UNREACHABLE if status >= 500 else REJECTED

    def _encode(self, table: pd.DataFrame, ids: list[str] | None) -> tuple[bytes, str]:
        if self._arrow:
            import pyarrow as pa

            try:
                return wire.to_arrow(table, ids), wire.ARROW
            except pa.ArrowException:
                pass  # a column of mixed types, which JSON can hold
        return wire.to_json(table, ids), wire.JSON

    def _pause(self, failures: int) -> float:
        return min(FIRST_PAUSE_S * 2.0 ** (failures - 1), LONGEST_PAUSE_S) * self._random.uniform(0.5, 1.5)

    def _settle(self, rows: int, dropped: str | None) -> None:
        """Count rows as sent, or as dropped for a reason."""
        with self.queue.lock:
            if self._abandoned or not rows:
                return
            if dropped is None:
                self.counters.send(rows, time.time())
            else:
                self.counters.drop(rows, dropped)

    def _complain(self, message: str) -> None:
        now = time.monotonic()
        if now - self._last_logged >= QUIET_S:
            self._last_logged = now
            counts = self.counters.counts()
            log.warning(
                "%s So far: %d rows observed, %d sent, %d dropped, %d waiting.", message, counts.observed, counts.sent,
                sum(counts.dropped.values()), counts.pending,
            )  # fmt: skip


def _rest(worked: float) -> float:
    """Return how long to rest after so many seconds of work; waiting for an answer is none."""
    return min(max(worked / SHARE - worked, SHORTEST_REST_S), LONGEST_REST_S)
