"""A thread that owns what only one thread may use, such as R: it does one job after another for all others."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")

PATIENCE_S = 5.0
"""How long a job that was interrupted may take to end, before it is left behind."""

GLANCE_S = 0.2
"""How often a caller looks for a signal that came just before it began to wait."""


class _Job:
    """A function to call, and what came of it."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self._done = threading.Lock()  # an Event costs more, and this is waited for once a request
        self._done.acquire()
        self._answer: Any = None
        self._error: BaseException | None = None

    def do(self) -> None:
        try:
            self._answer = self._work()
        except BaseException as error:  # noqa: BLE001 - raised again where the job was given
            _forget_variables(error)
            self._error = error
        finally:
            self._done.release()

    def wait(self, timeout: float = -1) -> bool:
        """Wait until it is done; a signal may break in."""
        return self._done.acquire(timeout=timeout)

    def result(self) -> Any:
        error, self._error = self._error, None
        if error is not None:
            raise error
        return self._answer


def _forget_variables(error: BaseException | None) -> None:
    """Let go of what the frames of an error hold: it is the owner's, and must not be let go of by others."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


class Owner:
    """A daemon thread with a stack of its own size.

    :param stack_bytes: the size of the stack.
    :param interrupt: called, in another thread, to have the job at hand end early.
    """

    def __init__(self, name: str, stack_bytes: int, interrupt: Callable[[], None]) -> None:
        self._jobs: SimpleQueue[Callable[[], Any] | None] = SimpleQueue()
        self._interrupt = interrupt
        self._busy = False
        self._thread = threading.Thread(target=self._live, name=name, daemon=True)
        before = threading.stack_size(stack_bytes)
        try:
            self._thread.start()
        finally:
            threading.stack_size(before)

    def _live(self) -> None:
        while (work := self._jobs.get()) is not None:
            self._busy = True
            work()
            self._busy = False
            del work  # what it holds is let go of here, not when the next job comes

    @property
    def is_busy(self) -> bool:
        """Tell whether a job is being done."""
        return self._busy

    def run(self, work: Callable[[], T]) -> T:
        """Have a job done and return its result, or raise what it raised.

        If the caller is interrupted meanwhile (by Ctrl-C, or by SIGTERM in a program that raises then), so is the job.
        """
        job = _Job(work)
        self._jobs.put(job.do)
        try:
            while not job.wait(GLANCE_S):
                pass
        except BaseException:
            self._interrupt()
            job.wait(PATIENCE_S)
            raise
        answer: T = job.result()
        return answer

    def post(self, work: Callable[[], None]) -> None:
        """Have a job done some time, by nobody waited for; safe to call from a finalizer."""
        self._jobs.put(work)

    def stop(self) -> None:
        """End the thread when what it has to do is done; wait for that, but not for ever."""
        self._jobs.put(None)
        self._thread.join(PATIENCE_S)
