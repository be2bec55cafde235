"""A real server: workers that Julia code kills, and minutes of load with the garbage collector forced.

``DRUM_JULIA_LOAD_SECONDS`` says how long the load lasts: 10 seconds unless it is set.
"""

import itertools
import json
import os
import sys
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from servers import Server, serving, wait_until

from drum.testing import CodeDir

SECONDS = float(os.environ.get("DRUM_JULIA_LOAD_SECONDS", "10"))
GROWTH_BYTES = 32 * 2**20
CLIENTS = 4

CRASHING = """
function score(data, model)
    1 in data.x && ccall(:memset, Ptr{Cvoid}, (Ptr{Cvoid}, Cint, Csize_t), Ptr{Cvoid}(8), 0, 8)
    2 in data.x && ccall(:_exit, Cvoid, (Cint,), 0)
    3 in data.x && exit()
    4 in data.x && error("only this")
    return float.(data.x)
end
"""
COLLECTING = """
const CALLS = Ref(0)

function score(data, model)
    CALLS[] += 1
    CALLS[] % 10 == 0 && GC.gc()
    words = [ismissing(word) ? 0 : sizeof(word) for word in data.word]
    GC.gc(false)
    return [ismissing(x) ? -1.0 - length : 2x + length for (x, length) in zip(data.x, words)]
end
"""


@pytest.fixture
def serve(tmp_path: Path) -> Callable[[str], Any]:
    python: Any = SimpleNamespace(command=lambda *words: [sys.executable, "-m", *map(str, words)])

    def serve(code: str) -> Any:
        folder = CodeDir(tmp_path / "code", {"custom.jl": code})
        return serving(python, folder.path, "--target-type", "regression")

    return serve


def test_crash_costs_a_worker_not_the_server(serve: Callable[[str], Any]) -> None:
    with serve(CRASHING) as server:
        for row in (1, 2):
            status, body = server.predict(row)
            assert (status, "two workers down" in body["message"]) == (500, True), body
            wait_until(lambda: server.predict(5) == (200, {"predictions": [5.0]}))
        pids = server.worker_pids()
        for row, message in ((3, "the code called exit(0)"), (4, "only this")):
            status, body = server.predict(row)
            assert (status, message in body["message"]) == (500, True), body
        assert server.worker_pids() == pids


def rows_of(client: int, number: int) -> tuple[bytes, list[float]]:
    """Return a CSV of rows that differ from one request to the next, and what to expect."""
    words = ["", "é", "東京", f"client {client}"]
    rows = [(None if row % 5 == 1 else number + row / 4, words[(row + number) % 4]) for row in range(1 + number % 40)]
    body = "x,word\n" + "".join(f"{'' if x is None else x},{word}\n" for x, word in rows)
    sizes = [len(word.encode()) for _, word in rows]
    return body.encode(), [-1.0 - size if x is None else 2 * x + size for (x, _), size in zip(rows, sizes, strict=True)]


def resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


def test_load_with_forced_collections(serve: Callable[[str], Any]) -> None:
    """Every answer is right, and the worker does not grow."""
    with serve(COLLECTING) as server:
        ask(server, seconds=SECONDS / 3)
        (pid,) = server.worker_pids()
        before = resident(pid)
        assert ask(server, seconds=SECONDS) > 0
        assert resident(pid) - before < GROWTH_BYTES
        assert server.worker_pids() == [pid]


def ask(server: Server, seconds: float) -> int:
    """Have clients ask until the time is over, and return how many answers there were; each is checked."""
    end = time.monotonic() + seconds

    def client(number: int) -> int:
        for count in itertools.count():
            if time.monotonic() > end:
                return count
            body, expected = rows_of(number, count)
            request = urllib.request.Request(f"{server.url}/predict/", body, {"Content-Type": "text/csv"})
            with urllib.request.urlopen(request, timeout=60) as answer:
                assert json.load(answer)["predictions"] == expected
        raise AssertionError

    with ThreadPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(client, range(CLIENTS)))
