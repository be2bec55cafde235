"""Counters of a process that others may read: a small file in memory, one per process, which outlives it.

The server's front shows them on ``/metrics``; rows that a killed worker still held are then counted as dropped.
"""

from __future__ import annotations

import atexit
import mmap
import os
import shutil
import struct
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "DRUM_MONITOR_COUNTERS"
"""The environment variable by which the front tells its workers where the files are."""

QUEUE_FULL, SAMPLED, UNREADABLE, REJECTED, UNREACHABLE, TIMEOUT, SHUTDOWN, WORKER_DIED = REASONS = (
    "queue_full", "sampled", "unreadable", "rejected", "unreachable", "timeout", "shutdown", "worker_died",
)  # fmt: skip
"""Why rows are dropped; see ``docs/monitoring.md``."""

_FORM = struct.Struct(f"={len(REASONS) + 3}q")
_PLACES = {reason: place for place, reason in enumerate(REASONS)}
_SENT, _LAST_SUCCESS, _OBSERVED = len(REASONS), len(REASONS) + 1, len(REASONS) + 2
"""Where the others stand; what is observed comes last, so that who reads them in order finds no row sent too early."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows observed, sent and dropped (by reason) so far; when a delivery succeeded last, in seconds, or 0."""

    observed: int
    sent: int
    dropped: dict[str, int]
    last_success: float

    @property
    def pending(self) -> int:
        """Rows that wait or are on their way: the rest."""
        return self.observed - self.sent - sum(self.dropped.values())


class Counters:
    """The counters of this process; their lock is the queue's.

    :param folder: where the file lies; without one, they are in this process's memory alone.
    """

    def __init__(self, folder: Path | None) -> None:
        self._file = None if folder is None else _new_file(folder)
        self._memory = mmap.mmap(-1 if self._file is None else self._file, _FORM.size)
        self._cells = memoryview(self._memory).cast("q")

    def observe(self, rows: int) -> None:
        """Count rows that were scored."""
        self._cells[_OBSERVED] += rows

    def send(self, rows: int, now: float) -> None:
        """Count rows that the service has taken.

        :param now: seconds since the epoch.
        """
        self._cells[_SENT] += rows
        self._cells[_LAST_SUCCESS] = int(now * 1e6)

    def drop(self, rows: int, reason: str) -> None:
        """Count rows that are not sent, by one of the :data:`REASONS`."""
        self._cells[_PLACES[reason]] += rows

    def counts(self) -> Counts:
        """Return the counters as they are now."""
        return _parse(self._memory[:])

    def close(self) -> None:
        """Let go of the file, which stays for its readers."""
        self._cells.release()
        self._memory.close()
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _new_file(folder: Path) -> int:
    descriptor, _ = tempfile.mkstemp(prefix=f"{os.getpid()}-", suffix=".counters", dir=folder)
    os.ftruncate(descriptor, _FORM.size)
    return descriptor


def read_all(folder: Path) -> Iterator[Counts]:
    """Yield the counters of every process that ever wrote into ``folder``."""
    for path in sorted(folder.glob("*.counters")):
        with suppress(OSError):
            content = path.read_bytes()
            if len(content) == _FORM.size:
                yield _settled(_parse(content), alive=_is_alive(int(path.name.partition("-")[0])))


def _parse(content: bytes) -> Counts:
    *dropped, sent, last_success, observed = _FORM.unpack(content)
    return Counts(observed, sent, dict(zip(REASONS, dropped, strict=True)), last_success / 1e6)


def _settled(counts: Counts, *, alive: bool) -> Counts:
    """Count what a process that is dead still held as dropped."""
    if not alive:
        counts.dropped[WORKER_DIED] += counts.pending
    return counts


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def publish_here() -> Path:
    """Make a folder for the counters of this process and of those that it starts; it goes when this process ends."""
    folder = Path(tempfile.mkdtemp(prefix="drum-monitor-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[VARIABLE] = str(folder)
    return folder


def published_folder() -> Path | None:
    """Return the folder that the server's front has made, if this process belongs to one."""
    folder = Path(os.environ.get(VARIABLE, ""))
    return folder if VARIABLE in os.environ and folder.is_dir() else None
