"""What a request may take before anybody has looked at it, on a real port; and what is said of it in the log."""

from __future__ import annotations

import importlib
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import joblib
import pytest
from environments import Environment
from servers import Server, answers, serving, wait_until

REGRESSION = ("--target-type", "regression")
TOGETHER = """
import threading
from sklearn.base import BaseEstimator, RegressorMixin

both = threading.Barrier(2, timeout=30)


class Together(RegressorMixin, BaseEstimator):
    def fit(self, features, target):
        return self

    def predict(self, features):
        both.wait()
        return features.iloc[:, 0] * 2.0
"""


@pytest.fixture(scope="module")
def server(with_sklearn: Environment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("model")
    (folder / "custom.py").write_text("def score(data, model): return data * 2\n")
    with serving(with_sklearn, folder, *REGRESSION, "--max-header-kb", "8", "--receive-timeout", "1") as running:
        yield running


def say(server: Server, *parts: bytes, pause: float = 0.0) -> bytes:
    """Send bytes as they are; return all that comes until the server closes the connection."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)
        return b"".join(iter(lambda: _receive(connection), b""))


def _receive(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except ConnectionResetError:  # the server has closed before it had read all that was sent
        return b""


def status(reply: bytes) -> int:
    head, _, body = reply.partition(b"\r\n\r\n")
    assert b"x-request-id: " in head
    assert b"x-drum-version: " in head
    assert json.loads(body)["message"].startswith("ERROR: ")
    return int(head.split()[1])


GET = b"GET /livez HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /predict/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([GET + b"X-Long: " + b"x" * 9000 + b"\r\n\r\n"], 431),
        ([GET, *[b"X-%d: %s\r\n" % (number, b"x" * 1000) for number in range(20)]], 431),
        ([b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"], 431),
        ([b"no http at all\r\n\r\n"], 400),
        ([GET], 408),
        ([POST, b"x\n1\n"], 408),
    ],
    ids=["one long header", "many headers", "long address", "no HTTP", "headers never end", "body never ends"],
)
def test_what_is_too_large_slow_or_broken_is_refused(server: Server, parts: list[bytes], expected: int) -> None:
    reply = say(server, *parts, pause=0.02)
    assert status(reply) == expected


def test_who_says_nothing_is_hung_up_on(server: Server) -> None:
    assert say(server) == b""


def test_a_request_that_comes_with_another_is_bounded_too(server: Server) -> None:
    reply = say(server, GET + b"\r\n" + GET + b"X-Long: " + b"x" * 9000 + b"\r\n\r\n")
    assert b"HTTP/1.1 431 " in reply


def test_requests_of_one_connection_may_wait_for_each_other(server: Server) -> None:
    body = b"x\n1.5\n"
    head = b"POST /predict/ HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: 6\r\n"
    reply = say(server, 3 * (head + b"\r\n" + body) + head + b"Connection: close\r\n\r\n" + body)
    assert reply.count(b'{"predictions":[3.0]}') == 4


def test_threads_call_the_model_at_once(
    with_sklearn: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "together.py").write_text(TOGETHER)
    monkeypatch.syspath_prepend(tmp_path)
    joblib.dump(importlib.import_module("together").Together(), tmp_path / "model.joblib")
    with serving(with_sklearn, tmp_path, *REGRESSION, "--threads", "2") as running, ThreadPoolExecutor(2) as clients:
        assert [answer["predictions"] for _, answer in clients.map(running.predict, [1, 2])] == [[2.0], [4.0]]


def test_log_lines_are_json_and_tell_no_payload(with_sklearn: Environment, tmp_path: Path) -> None:
    (tmp_path / "custom.py").write_text("def score(data, model):\n    raise ValueError('broken')\n")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
    words = ("drum", "server", "--code-dir", tmp_path, "--address", address, *REGRESSION, "--verbose")
    command = with_sklearn.command(*words, "--log-format", "json")
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    running = Server(process, f"http://{address}")
    wait_until(lambda: answers(running))
    assert running.predict(123456789)[0] == 500
    process.terminate()
    _, text = process.communicate(timeout=30)
    lines = [json.loads(line) for line in text.decode().splitlines()]
    access = next(line for line in lines if line.get("path") == "/predict/")
    failure = next(line for line in lines if "broken" in line["message"])
    assert (access["status"], access["method"]) == (500, "POST")
    assert (failure["level"], failure["process"]) == ("error", "drum worker")
    assert failure["request_id"] == access["request_id"]
    assert b"123456789" not in text
