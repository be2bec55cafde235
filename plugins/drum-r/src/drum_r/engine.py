"""The one R of this process, and the thread that owns it.

R is a library with one global state: it can be started once in a process, and must be used by one thread. So this is
the one place of the plugin with something that lives as long as the process.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable
from typing import TypeVar

from drum_r.owner import Owner
from drum_r.session import Session
from drum_r.starting import start

T = TypeVar("T")

STACK_BYTES = 256 * 2**20
"""Address space, of which only what is used takes memory. R gives up a recursion after 5,000 calls: with the usual
8 MB it would overflow before that, and end the process."""


class Engine:
    """R, started on a thread of its own.

    :raises PluginDependencyError: if R or rpy2 is missing, or they do not fit each other.
    """

    def __init__(self) -> None:
        self._owner = Owner("R", STACK_BYTES, self._interrupt)
        self._session = self._owner.run(lambda: Session(start()))
        atexit.register(self._end)

    def run(self, work: Callable[[Session], T]) -> T:
        """Do work with R, in the thread that owns it, and return the result, which must hold no object of R's."""
        return self._owner.run(lambda: work(self._session))

    def release(self, key: int) -> None:
        """Let go of what R keeps under a key; safe to call from a finalizer."""
        self._owner.post(lambda: self._session.forget(key))

    def _interrupt(self) -> None:
        self._session.interrupt()

    def _end(self) -> None:
        """End R, which removes its folder of temporary files; but not in the middle of its work."""
        if not self._owner.is_busy:
            self._owner.post(self._session.end)
            self._owner.stop()


_starting = threading.Lock()
_engines: list[Engine] = []


def engine() -> Engine:
    """Return the one R of this process; start it if that has not been done."""
    with _starting:
        if not _engines:
            _engines.append(Engine())
        return _engines[0]
