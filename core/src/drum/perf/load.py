"""Send the requests of a case, some of them at once, and take the time of each."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from drum.perf.cases import Case
from drum.trial.http_client import HttpAnswer, HttpClient

PATIENCE_S = 3600.0
"""How long a client waits; the server's own deadline comes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where requests go."""

    host: str
    port: int
    path: str

    def client(self) -> HttpClient:
        """Open a connection."""
        return HttpClient(self.host, self.port, timeout=PATIENCE_S)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one request ended: its status, the seconds it took, and, if it failed, the message."""

    status: int
    seconds: float
    message: str

    @classmethod
    def of(cls, answer: HttpAnswer) -> Outcome:
        """Keep of an answer what matters: it may be large."""
        return cls(answer.status, answer.seconds, "" if answer.is_ok else answer.message)


@dataclass(frozen=True, slots=True)
class Timed:
    """The outcomes of a case, in the order of the answers, and the seconds that all of it took."""

    outcomes: list[Outcome]
    seconds: float


def send(case: Case, address: Address, *, concurrency: int, on_answer: Callable[[int], None]) -> Timed:
    """Send the requests of a case, ``concurrency`` of them at once, each on a connection that stays open.

    :param on_answer: called with the number of requests that were answered so far.
    """
    numbers = itertools.count()
    outcomes: list[Outcome] = []
    stopped = threading.Event()

    def ask() -> None:
        with address.client() as client:
            while not stopped.is_set() and (number := next(numbers)) < case.requests:
                body = case.bodies[number % len(case.bodies)]
                outcomes.append(Outcome.of(client.post(address.path, body, case.content_type)))

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(min(concurrency, case.requests))]
    started = time.perf_counter()
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(0.1)
                on_answer(len(outcomes))
    finally:
        stopped.set()  # interrupted: the server is ended next, and with it what is still under way
    return Timed(outcomes, time.perf_counter() - started)
