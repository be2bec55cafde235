"""The one thread that calls Julia: before 1.9, a call from any other is a crash."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from drum.errors import PluginError

STACK_BYTES = 16 * 2**20
"""Twice the usual: deep recursion is an error of Julia's, and its trace is read in a tenth of a second."""

T = TypeVar("T")


class Owner:
    """A thread of its own, for as long as the process lives.

    The callers wait in Python, so that signals reach the main thread at once, whatever Julia is doing. The thread is a
    daemon: a process that is told to end does not wait for a computation.
    """

    def __init__(self) -> None:
        self._work: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = queue.SimpleQueue()
        self._process = os.getpid()
        before = threading.stack_size(STACK_BYTES)
        try:
            threading.Thread(target=self._run, name="julia", daemon=True).start()
        finally:
            threading.stack_size(before)

    def run(self, function: Callable[[], T]) -> T:
        """Run a function on the thread, and return what it returns, or raise what it raises.

        :raises PluginError: in a process that was forked: threads do not survive that, and so Julia does not.
        """
        if os.getpid() != self._process:
            raise PluginError("Julia was started before this process was forked. Open the model after the fork.")
        return self.post(function).result()

    def post(self, function: Callable[[], T]) -> Future[T]:
        """Have a function run, without waiting for it."""
        promise: Future[T] = Future()
        self._work.put((function, promise))
        return promise

    def _run(self) -> None:
        while True:
            function, promise = self._work.get()
            try:
                promise.set_result(function())
            except BaseException as error:  # noqa: BLE001 - it is the caller's, who waits on another thread
                promise.set_exception(error)
            del function, promise  # no data stay behind while the thread waits
