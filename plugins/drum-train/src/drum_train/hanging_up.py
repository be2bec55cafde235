"""Let a terminal that is closed end a command as SIGTERM does: by unwinding the stack, so that nothing half is left."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def hanging_up_terminates() -> Iterator[None]:
    """Treat SIGHUP as SIGTERM meanwhile, unless it is ignored, as under ``nohup``."""
    before = signal.getsignal(signal.SIGHUP)
    if before is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, signal.getsignal(signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)
