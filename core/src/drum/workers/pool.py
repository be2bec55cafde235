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
from collections.abc import Callable, Generator, Mapping
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
QUIET_ROUNDS = 3
"""Rounds of the loop without another request, after which all that was on its way has come."""
DEATHS_ALLOWED = 1
"""Workers that one request may take down before it is given up."""
MOST_DEATHS_WHILE_LOADING = 5
"""Deaths in a row before the model counts as one that cannot be loaded."""
LONGEST_SWEEP_S = 0.1
"""How late, at the most, it is noticed that a deadline has passed."""
PATIENCE_S = 5.0
"""How long a worker that has been told to end may take until it is killed."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 30.0
"""Pauses before a worker that died while loading is started again."""


class Ticket:
    """A request on its way: await its answer, or cancel it if nobody waits for that any more."""

    __slots__ = ("_pool", "deaths", "due", "link", "promise", "request", "since", "size", "waited")

    def __init__(self, pool: Pool, request: Request, since: float, due: float) -> None:
        self._pool = pool
        self.request = request
        self.promise: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.size = request.payload.size
        self.since = since
        self.due = due
        self.waited = 0.0
        self.deaths = 0
        self.link: Link | None = None

    def __await__(self) -> Generator[Any, None, Answer]:
        return self.promise.__await__()

    def cancel(self) -> None:
        """Give up the place in the queue; a worker that has the request is watched all the same."""
        if self.promise.cancel() and self.link is None:
            self._pool.leave_queue(self)


@dataclass(slots=True, eq=False)
class _Call:
    """What one frame has carried to a worker."""

    carried: list[Ticket]
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
    :param one_core: whether the workers have no core but the front's. Then nothing is gained by a call that begins
        while requests are still to be read, and a call for more of them is won by waiting until they are.
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
        one_core: bool = False,
    ) -> None:
        self.model: Mapping[str, Any] | None = None
        self.failure: tuple[str, str] | None = None
        self.on_failure: Callable[[], object] = lambda: None
        self.restarts = 0
        self._start = start
        self._workers = workers
        self._threads = threads
        self._spare = spare
        self._queue: deque[Ticket] = deque()
        self._queue_limit = queue_limit
        self._queue_bytes = queue_bytes
        self._waiting_bytes = 0
        self._timeout = timeout
        self._one_core = one_core
        self._rounds_left = 0
        self._numbers = itertools.count()
        self._links: set[Link] = set()
        self._desks: dict[Link, _Desk] = {}
        self._pause = 0.0
        self._pace_s = 0.01
        self._closing = False
        self._deaths_while_loading = 0
        self._sweeping: asyncio.TimerHandle | None = None
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

    def submit(self, payload: Payload, accept: str = "", name: str = "") -> Ticket:
        """Have a request answered.

        To await the answer raises a ``ScoreTimeoutError`` if the deadline passes, a ``ScoreError`` if the request
        takes a second worker down.

        :param name: what the request is called in logs.
        :raises OverloadedError: if too many wait already.
        """
        now = time.monotonic()
        ticket = Ticket(self, Request(next(self._numbers), payload, accept, name), now, now + self._timeout)
        self.refuse_if_full(ticket.size)
        self._queue.append(ticket)
        self._waiting_bytes += ticket.size
        self._dispatch_when_quiet()
        if self._sweeping is None:
            self._sweep_later()
        return ticket

    def leave_queue(self, ticket: Ticket) -> None:
        """Forget a request that waits."""
        with suppress(ValueError):  # taken out meanwhile
            self._queue.remove(ticket)
            self._waiting_bytes -= ticket.size

    # -- deadlines: looked at now and then for all, because a timer for each costs more than many models do

    def _sweep_later(self) -> None:
        pause = min(LONGEST_SWEEP_S, self._timeout / 10)
        self._sweeping = asyncio.get_running_loop().call_later(pause, self._sweep)

    def _sweep(self) -> None:
        self._sweeping = None
        now = time.monotonic()
        carried = [ticket for desk in self._desks.values() for call in desk.calls.values() for ticket in call.carried]
        for ticket in (*self._queue, *carried):
            if ticket.due <= now:
                self._expire(ticket)
        if self._queue or carried:
            self._sweep_later()

    def _expire(self, ticket: Ticket) -> None:
        if not ticket.promise.done():
            ticket.promise.set_exception(ScoreTimeoutError(f"There was no answer within {self._timeout:g} seconds."))
        if ticket.link is None:
            self.leave_queue(ticket)
        else:
            ticket.link.kill()  # it computes for nobody; what else it does is given to the next one

    # -- work

    def _dispatch_when_quiet(self) -> None:
        """Dispatch now; on one core when nothing more comes, or as many wait as can be taken."""
        if not self._one_core or len(self._queue) >= min(self._most_shared, self._queue_limit):
            self._dispatch()
            return
        if not self._rounds_left:
            asyncio.get_running_loop().call_soon(self._next_round)
        self._rounds_left = QUIET_ROUNDS

    def _next_round(self) -> None:
        self._rounds_left -= 1
        if self._rounds_left:
            asyncio.get_running_loop().call_soon(self._next_round)
        else:
            self._dispatch()

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

    @property
    def _most_shared(self) -> int:
        return MOST_SHARED if self.model and self.model["row_wise"] else 1

    def _give(self, desk: _Desk, taken: list[Ticket]) -> None:
        now = time.monotonic()
        desk.calls[taken[0].request.id] = _Call(taken, now)
        for ticket in taken:
            ticket.link = desk.link
            ticket.waited = now - ticket.since
        desk.link.send("requests", [ticket.request.to_item() for ticket in taken])

    def _take(self) -> list[Ticket]:
        taken: list[Ticket] = []
        while self._queue and len(taken) < self._most_shared:
            if self._queue[0].deaths and taken:
                break
            ticket = self._queue.popleft()
            self._waiting_bytes -= ticket.size
            if ticket.promise.done():
                continue  # its client has just gone
            taken.append(ticket)
            if ticket.deaths:
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
        self._dispatch_when_quiet()

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
        for ticket, answer in zip(call.carried, answers, strict=True):
            ticket.link = None
            if not ticket.promise.done():
                answer.seconds["queue"] = ticket.waited
                ticket.promise.set_result(answer)

    # -- the life of the workers

    def launch(self) -> None:
        """Start the workers' processes, for which no loop is needed: they load the model while the front gets ready."""
        while len(self._links) < self._workers + self._spare:
            self._launch()

    async def start(self) -> None:
        """Start the workers, or hear those that are launched; they go on loading the model when this has returned."""
        self.launch()
        for link in tuple(self._links):
            await link.connect()

    def abandon(self) -> None:
        """End what is left of the workers where there is no loop, or none any more."""
        while self._links:
            self._links.pop().abandon()

    async def close(self) -> None:
        """End the workers: each finishes what it is doing and lets go of its model, or is killed."""
        self._closing = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        for task in self._starting:
            task.cancel()
        for link in self._links:
            link.leave()
        deadline = time.monotonic() + PATIENCE_S
        while self._links and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        for link in self._links:
            link.kill()

    def _launch(self) -> Link:
        link = Link({**self._start, "threads": self._threads}, self._on_frame, self._on_lost)
        self._links.add(link)
        return link

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
        lost = [ticket for call in desk.calls.values() for ticket in call.carried] if desk is not None else []
        for ticket in reversed(lost):
            self._retry(ticket, how)
        self._dispatch()

    async def _respawn(self) -> None:
        await asyncio.sleep(self._pause)
        try:
            await self._launch().connect()
        except OSError as error:  # no memory or no descriptors, for now
            log.error("No worker can be started: %s. It is tried again.", error)
            self._pause = LONGEST_PAUSE_S
            await self._respawn()

    def _retry(self, ticket: Ticket, how: str) -> None:
        ticket.deaths += 1
        ticket.link = None
        if ticket.promise.done():
            return
        if ticket.deaths > DEATHS_ALLOWED:
            message = f"Scoring this request took two workers down (the last one {how}); it is not tried again."
            ticket.promise.set_exception(ScoreError(message))
        else:
            self._queue.appendleft(ticket)
            self._waiting_bytes += ticket.size
