"""The server under load and faults: nothing lost, nothing wrong, and never out of reach."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import socket
import statistics
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from environments import Environment
from servers import Server, serving

REGRESSION = ("--target-type", "regression")
DOUBLE = "def score(data, model):\n    return data * 2\n"
SLOW_S = 0.02
SLOW = f"import time\ndef score(data, model):\n    time.sleep({SLOW_S})\n    return data * 2\n"


@dataclass
class Reply:
    """What came back for a number that was sent to be doubled, and how long it took."""

    sent: int
    status: int
    headers: dict[str, str]
    content: Any
    seconds: float

    @property
    def is_right(self) -> bool:
        return self.status == 200 and self.content == {"predictions": [2 * self.sent]}


async def ask(server: Server, number: int, path: str = "/predict/") -> Reply:
    """Send a number on a connection of its own.

    :raises OSError: if it is refused, or closed before the reply is complete.
    """
    body = f"x\n{number}\n".encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: text/csv\r\nContent-Length: {len(body)}"
    )
    return await _exchange(server, number, head.encode() + b"\r\n\r\n" + body)


async def look(server: Server, path: str) -> Reply:
    """Ask for a page on a connection of its own."""
    return await _exchange(server, 0, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())


async def _exchange(server: Server, number: int, request: bytes) -> Reply:
    address = urlsplit(server.url)
    started = time.perf_counter()
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        writer.write(request)
        reply = await reader.read()
    finally:
        writer.close()
    head, _, body = reply.partition(b"\r\n\r\n")
    if not body:
        raise ConnectionResetError("no reply")
    status, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return Reply(number, int(status.split()[1]), headers, json.loads(body), time.perf_counter() - started)


@pytest.fixture
def doubling(tmp_path: Path) -> Path:
    (tmp_path / "custom.py").write_text(DOUBLE)
    return tmp_path


@dataclass
class Load:
    """Clients that ask without a pause, each in its own thread, until they are told to stop."""

    server: Server
    clients: int
    replies: list[Reply] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[None]:
        done = threading.Event()
        threads = [threading.Thread(target=self._ask_on, args=(done, first)) for first in range(self.clients)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            done.set()
            for thread in threads:
                thread.join()

    def _ask_on(self, done: threading.Event, first: int) -> None:
        for number in itertools.count(first, self.clients):
            if done.is_set():
                return
            try:
                self.replies.append(asyncio.run(ask(self.server, number)))
            except ConnectionRefusedError:
                return  # the server has ended
            except OSError as error:
                self.lost.append(f"{number}: {error}")


def test_workers_killed_for_a_minute_cost_no_request(with_sklearn: Environment, doubling: Path) -> None:
    with serving(with_sklearn, doubling, *REGRESSION, "--workers", "2") as server:
        load = Load(server, clients=8)
        kills = 0
        end = time.monotonic() + 60
        with load.running():
            while time.monotonic() < end:
                time.sleep(2)
                pids = server.worker_pids()
                if pids:
                    os.kill(pids[0], signal.SIGKILL)
                    kills += 1
        status, _ = server.get("/health/")
    assert (load.lost, [reply for reply in load.replies if not reply.is_right], status) == ([], [], 200)
    assert len(load.replies) > 1000
    assert kills > 20


def test_a_hundred_ends_under_load_leave_nobody_without_an_answer(with_sklearn: Environment, doubling: Path) -> None:
    def end_one(number: int) -> tuple[int, Load]:
        with ExitStack() as stack:
            server = stack.enter_context(serving(with_sklearn, doubling, *REGRESSION))
            load = Load(server, clients=4)
            with load.running():
                time.sleep(0.1 + number % 10 / 50)
                server.process.send_signal(signal.SIGTERM)
                code = server.process.wait(timeout=30)
        return code, load

    with ThreadPoolExecutor(3) as pool:
        ends = list(pool.map(end_one, range(100)))
    assert {code for code, _ in ends} == {0}
    assert [lost for _, load in ends for lost in load.lost] == []
    assert [reply for _, load in ends for reply in load.replies if not reply.is_right] == []
    assert sum(len(load.replies) for _, load in ends) > 100


def test_slow_clients_are_in_nobodys_way(with_sklearn: Environment, doubling: Path) -> None:
    """Five hundred connections drip headers or bodies; a client that behaves gets every answer."""
    beginnings = [
        b"POST /predict/ HTTP/1.1\r\nHo",
        b"POST /predict/ HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\nx\n",
    ]

    def open_slow(server: Server, number: int) -> socket.socket:
        address = urlsplit(server.url)
        connection = socket.create_connection((address.hostname, address.port), timeout=30)
        connection.sendall(beginnings[number % 2])
        return connection

    with serving(with_sklearn, doubling, *REGRESSION) as server, ExitStack() as stack:
        slow = [stack.enter_context(open_slow(server, number)) for number in range(500)]
        right = []
        for number in range(100):
            for connection in slow[number::100]:
                connection.sendall(b"1")
            right.append(asyncio.run(ask(server, number)).is_right)
    assert right == [True] * 100


def test_overload_is_refused_politely(with_sklearn: Environment, tmp_path: Path) -> None:
    """At five times what the model can do: what is accepted does not wait longer than the queue is long."""
    (tmp_path / "custom.py").write_text(SLOW)
    queue = 10
    with serving(with_sklearn, tmp_path, *REGRESSION, "--queue-limit", str(queue)) as server:
        replies, pages = asyncio.run(_open_loop(server, rate=5 / SLOW_S, seconds=8))
    accepted = [reply for reply in replies if reply.status == 200]
    refused = [reply for reply in replies if reply.status == 503]
    assert len(accepted) + len(refused) == len(replies)
    assert all(reply.is_right for reply in accepted)
    assert all(int(reply.headers["retry-after"]) >= 1 for reply in refused)
    assert len(refused) > len(replies) / 2
    longest = (queue + 2) * SLOW_S
    assert statistics.median(reply.seconds for reply in accepted) < 2 * longest
    assert statistics.median(page.seconds for page in pages) < 0.05
    assert {page.status for page in pages} == {200}


async def _open_loop(server: Server, rate: float, seconds: float) -> tuple[list[Reply], list[Reply]]:
    """Ask at a fixed rate, whether answers come or not, and look at ``/livez`` ten times a second."""
    asked = _at_rate(lambda number: ask(server, number), rate, seconds)
    looked = _at_rate(lambda number: look(server, "/livez"), 10, seconds)
    first, second = await asyncio.gather(asked, looked)
    return first, second


async def _at_rate(action: Callable[[int], Awaitable[Reply]], rate: float, seconds: float) -> list[Reply]:
    started = time.perf_counter()
    tasks = []
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, started + number / rate - time.perf_counter()))
        tasks.append(asyncio.ensure_future(action(number)))
    return list(await asyncio.gather(*tasks))
