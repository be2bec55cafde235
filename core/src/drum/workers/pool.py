"""The supervisor of the workers: it keeps each request until a worker has answered it.

So a worker's death costs latency, not a request: what it was doing is given to another one, once, and alone,
so that a request which kills workers takes nobody with it. A worker that misses a deadline is killed.

Everything happens on the front's event loop, in :meth:`Pool._dispatch` and in answer to two events: a frame
has come, a worker is lost.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from drum.errors import OverloadedError, ScoreError, ScoreTimeoutError
from drum.types import Payload
from drum.workers.frames import Answer, Item, Request
from drum.workers.link import Link

log = logging.getLogger("drum.pool")

MOST_SHARED = 64
"""Requests that one frame carries at the most."""
DEATHS_ALLOWED = 1
"""Workers that one request may take down before it is given up."""
MOST_DEATHS_WHILE_LOADING = 5
"""Deaths in a row before the model counts as one that cannot be loaded."""
PATIENCE_S = 5.0
"""How long a worker that has been told to end may take until it is killed."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 30.0
"""Pauses before a worker that died while loading is started again."""


@dataclass(slots=True, eq=False)
class _Pending:
    """A request on its way, and the promise of its answer."""

    request: Request
    promise: asyncio.Future[Answer]
    since: float
    waited: float = 0.0
    deadline: asyncio.TimerHandle = field(init=False)
    deaths: int = 0
    link: Link | None = None

    @property
    def size(self) -> int:
        """The bytes of the request."""
        return self.request.payload.size


@dataclass(slots=True, eq=False)
class _Call:
    """What one frame has carried to a worker."""

    carried: list[_Pending]
    since: float


@dataclass(slots=True, eq=False)
class _Desk:
    """A worker that has loaded the model, and the calls that it is making, by the id of their first request."""

    link: Link
    calls: dict[int, _Call] = field(default_factory=dict)


class Pool:
    """Workers and the queue before them.

    ``model`` describes what they have loaded, once one of them has; ``failure`` is the class and the message of
    the error for which none of them can, and ``on_failure`` is called then.

    :param start: what a worker needs to open the model; JSON can hold it.
    :param workers: processes that score.
    :param threads: calls that each of them makes at once, where the runtime can.
    :param spare: processes that stand by with the model loaded, to step in where one dies.
    :param queue_limit: requests that may wait.
    :param queue_bytes: bytes that they may have together.
    :param timeout: seconds that a request may take, waiting included.
    """

    def __init__(
        self,
        start: Mapping[str, Any],
        *,
        workers: int,
        threads: int = 1,
        spare: int = 0,
        queue_limit: int = 1024,
        queue_bytes: int = 2**30,
        timeout: float = 60.0,
    ) -> None:
        self.model: Mapping[str, Any] | None = None
        self.failure: tuple[str, str] | None = None
        self.on_failure: Callable[[], object] = lambda: None
        self.restarts = 0
        self._start = start
        self._workers = workers
        self._threads = threads
        self._spare = spare
        self._queue: deque[_Pending] = deque()
        self._queue_limit = queue_limit
        self._queue_bytes = queue_bytes
        self._waiting_bytes = 0
        self._timeout = timeout
        self._numbers = itertools.count()
        self._links: set[Link] = set()
        self._desks: dict[Link, _Desk] = {}
        self._pause = 0.0
        self._pace_s = 0.01
        self._closing = False
        self._deaths_while_loading = 0
        self._starting: set[asyncio.Task[None]] = set()

    # -- what the front asks

    @property
    def is_ready(self) -> bool:
        """Tell whether a worker has loaded the model."""
        return bool(self._desks)

    @property
    def queue_length(self) -> int:
        """The requests that wait."""
        return len(self._queue)

    @property
    def pids(self) -> list[int]:
        """The process ids of the workers."""
        return [link.pid for link in self._links]

    @property
    def ready_pids(self) -> list[int]:
        """The process ids of the workers that have loaded the model; those that stand by are the last."""
        return [link.pid for link in self._desks]

    @property
    def retry_after(self) -> int:
        """Seconds after which the queue has probably gone down, at the pace of the last requests."""
        return max(1, round(len(self._queue) * self._pace_s / self._workers))

    def refuse_if_full(self, size: int) -> None:
        """Refuse a request of ``size`` bytes if it could not wait; ask before it is read.

        :raises OverloadedError: if too many wait already, or too large ones.
        """
        if len(self._queue) >= self._queue_limit:
            raise OverloadedError(f"{len(self._queue)} requests are waiting already. Try again later.")
        if self._queue and self._waiting_bytes + size > self._queue_bytes:
            raise OverloadedError(f"{self._waiting_bytes:,} bytes are waiting already. Try again later.")

    def submit(self, payload: Payload, accept: str = "", name: str = "") -> asyncio.Future[Answer]:
        """Have a request answered; cancel what is returned if nobody waits for it any more.

        Its exception is a ``ScoreTimeoutError`` if the deadline passes, a ``ScoreError`` if it takes a second
        worker down.

        :param name: what the request is called in logs.
        :raises OverloadedError: if too many wait already.
        """
        self.refuse_if_full(payload.size)
        loop = asyncio.get_running_loop()
        request = Request(id=next(self._numbers), payload=payload, accept=accept, name=name)
        pending = _Pending(request, loop.create_future(), time.monotonic())
        pending.deadline = loop.call_later(self._timeout, self._expire, pending)
        pending.promise.add_done_callback(lambda promise: self._settle(pending))
        self._queue.append(pending)
        self._waiting_bytes += pending.size
        self._dispatch()
        return pending.promise

    def _settle(self, pending: _Pending) -> None:
        """Forget a request that is done with, unless a worker has it: the worker is watched, whoever has left."""
        if pending.link is None:
            pending.deadline.cancel()
            if pending.promise.cancelled():
                self._leave_queue(pending)

    def _leave_queue(self, pending: _Pending) -> None:
        with suppress(ValueError):  # taken out meanwhile
            self._queue.remove(pending)
            self._waiting_bytes -= pending.size

    def _expire(self, pending: _Pending) -> None:
        if not pending.promise.done():
            pending.promise.set_exception(ScoreTimeoutError(f"There was no answer within {self._timeout:g} seconds."))
        if pending.link is None:
            self._leave_queue(pending)
        else:
            pending.link.kill()  # it computes for nobody; what else it does is given to the next one

    # -- work

    def _dispatch(self) -> None:
        """Give waiting requests to idle workers: a lone one at once, those that have queued up together."""
        while self._queue:
            active = itertools.islice(self._desks.values(), self._workers)
            desk = min(active, key=lambda desk: len(desk.calls), default=None)
            if desk is None or len(desk.calls) >= self._calls_at_once:
                return
            taken = self._take()
            if taken:
                self._give(desk, taken)

    @property
    def _calls_at_once(self) -> int:
        return self._threads if self.model and self.model["threads"] else 1

    def _give(self, desk: _Desk, taken: list[_Pending]) -> None:
        now = time.monotonic()
        desk.calls[taken[0].request.id] = _Call(taken, now)
        for pending in taken:
            pending.link = desk.link
            pending.waited = now - pending.since
        desk.link.send("requests", [pending.request.to_item() for pending in taken])

    def _take(self) -> list[_Pending]:
        most = MOST_SHARED if self.model and self.model["row_wise"] else 1
        taken: list[_Pending] = []
        while self._queue and len(taken) < most:
            if self._queue[0].deaths and taken:
                break
            pending = self._queue.popleft()
            self._waiting_bytes -= pending.size
            if pending.promise.done():
                continue  # its client has just gone
            taken.append(pending)
            if pending.deaths:
                break  # it may have killed a worker: alone, it harms nobody else
        return taken

    def _on_frame(self, link: Link, kind: str, items: list[Item]) -> None:
        if kind == "ready":
            self.model, self._pause = items[0][0], 0.0
            self._desks[link] = _Desk(link)
        elif kind == "failed":
            self._fail(link, items[0][0]["error"], items[0][0]["message"])
        else:
            self._deliver(self._desks[link], [Answer.from_item(item) for item in items])
        self._dispatch()

    def _fail(self, link: Link, error: str, message: str) -> None:
        """Give up, unless the model has been loaded before: then it may be again."""
        if self.model is not None:
            log.error("A worker cannot load the model any more: %s", message)
            link.kill()
            return
        self.failure = error, message
        self.on_failure()

    def _deliver(self, desk: _Desk, answers: list[Answer]) -> None:
        call = desk.calls.pop(answers[0].id)
        seconds = (time.monotonic() - call.since) / len(answers)
        self._pace_s += 0.1 * (seconds - self._pace_s)
        for pending, answer in zip(call.carried, answers, strict=True):
            pending.link = None
            pending.deadline.cancel()
            if not pending.promise.done():
                answer.seconds["queue"] = pending.waited
                pending.promise.set_result(answer)

    # -- the life of the workers

    async def start(self) -> None:
        """Start the workers; they go on loading the model when this has returned."""
        for _ in range(self._workers + self._spare):
            await self._spawn()

    async def close(self) -> None:
        """End the workers: each finishes what it is doing and lets go of its model, or is killed."""
        self._closing = True
        for task in self._starting:
            task.cancel()
        for link in self._links:
            link.leave()
        deadline = time.monotonic() + PATIENCE_S
        while self._links and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        for link in self._links:
            link.kill()

    async def _spawn(self) -> None:
        link = await Link.spawn(self._on_frame, self._on_lost)
        self._links.add(link)
        link.send("start", [({**self._start, "threads": self._threads}, [])])

    def _on_lost(self, link: Link, how: str) -> None:
        self._links.discard(link)
        desk = self._desks.pop(link, None)
        if self._closing or self.failure is not None:
            return
        log.warning("Worker %d %s; another one is started.", link.pid, how)
        self.restarts += 1
        self._deaths_while_loading = 0 if desk is not None else self._deaths_while_loading + 1
        if self._deaths_while_loading >= MOST_DEATHS_WHILE_LOADING and self.model is None:
            self._fail(link, "LoadError", f"Workers die while they load the model: the last one {how}.")
            return
        self._pause = 0.0 if desk is not None else min(max(2 * self._pause, FIRST_PAUSE_S), LONGEST_PAUSE_S)
        task = asyncio.get_running_loop().create_task(self._respawn())
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)
        lost = [pending for call in desk.calls.values() for pending in call.carried] if desk is not None else []
        for pending in reversed(lost):
            self._retry(pending, how)
        self._dispatch()

    async def _respawn(self) -> None:
        await asyncio.sleep(self._pause)
        try:
            await self._spawn()
        except OSError as error:  # no memory or no descriptors, for now
            log.error("No worker can be started: %s. It is tried again.", error)
            self._pause = LONGEST_PAUSE_S
            await self._respawn()

    def _retry(self, pending: _Pending, how: str) -> None:
        pending.deaths += 1
        pending.link = None
        if pending.promise.done():
            pending.deadline.cancel()
            return
        if pending.deaths > DEATHS_ALLOWED:
            message = f"Scoring this request took two workers down (the last one {how}); it is not tried again."
            pending.promise.set_exception(ScoreError(message))
        else:
            self._queue.appendleft(pending)
            self._waiting_bytes += pending.size
