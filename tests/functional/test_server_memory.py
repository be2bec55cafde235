"""A hundred thousand requests leave nothing behind: no memory, no open files, no threads."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path
from urllib.parse import urlsplit

import joblib
import numpy as np
import pandas as pd
from environments import Environment
from servers import Server, serving, wait_until
from sklearn.linear_model import LinearRegression

REQUESTS = 100_000
CLIENTS = 4
PAGE = os.sysconf("SC_PAGE_SIZE")


def test_nothing_grows(with_sklearn: Environment, tmp_path: Path) -> None:
    features = pd.DataFrame({"x": [0.0, 1.0], "y": [1.0, 0.0]})
    joblib.dump(LinearRegression().fit(features, np.array([0.0, 2.0])), tmp_path / "model.joblib")
    with serving(with_sklearn, tmp_path, "--target-type", "regression") as server:
        _ask(server, REQUESTS // 5)  # caches fill, allocators find their size
        before = _held(server)
        _ask(server, REQUESTS)
        after = _held(server)
        assert after["MB"] - before["MB"] < 1.0 * REQUESTS / 10_000
        assert after["threads"] <= before["threads"]
        wait_until(lambda: _held(server)["files"] <= before["files"])  # connections take a moment to close


def _held(server: Server) -> dict[str, float]:
    """Return what the front and its workers hold together."""
    folders = [Path(f"/proc/{pid}") for pid in (server.process.pid, *server.worker_pids())]
    return {
        "MB": sum(int((folder / "statm").read_text().split()[1]) for folder in folders) * PAGE / 2**20,
        "files": sum(len(list((folder / "fd").iterdir())) for folder in folders),
        "threads": sum(len(list((folder / "task").iterdir())) for folder in folders),
    }


def _ask(server: Server, requests: int) -> None:
    """Ask with several clients, one in five for something that is refused."""
    failures: list[bytes] = []
    clients = [threading.Thread(target=_client, args=(server, requests // CLIENTS, failures)) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert failures == []


def _client(server: Server, requests: int, failures: list[bytes]) -> None:
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(requests):
            body, status = (b"x,y\n%d,1.5\n" % number, b"200") if number % 5 else (b"x,y\n1\n", b"422")
            connection.sendall(
                b"POST /predict/ HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
            )
            reply = connection.recv(65536)
            while not reply.endswith(b"}"):  # headers and body come apart
                reply += connection.recv(65536)
            if reply[9:12] != status:
                failures.append(reply)
