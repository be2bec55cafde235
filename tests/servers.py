"""``drum server`` as a process of its own, on a free port."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from environments import Environment


@dataclass
class Server:
    """A running server."""

    process: subprocess.Popen[bytes]
    url: str

    def get(self, path: str) -> tuple[int, Any]:
        return self.ask(urllib.request.Request(self.url + path))

    def predict(self, *rows: float) -> tuple[int, Any]:
        body = "x\n" + "".join(f"{row}\n" for row in rows)
        return self.ask(urllib.request.Request(f"{self.url}/predict/", body.encode(), {"Content-Type": "text/csv"}))

    @staticmethod
    def ask(request: urllib.request.Request) -> tuple[int, Any]:
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def worker_pids(self) -> list[int]:
        _, stats = self.get("/stats/")
        return [process["pid"] for process in stats["drum_info"][1:]]


@contextmanager
def serving(
    environment: Environment,
    code_dir: Path,
    *options: str,
    once: Callable[[Server], bool] | None = None,
    before: Sequence[str] = (),
    first: Sequence[str] = (),
) -> Iterator[Server]:
    """Start a server, and end it in the end; it is there ``once`` that is true, or the model is loaded.

    :param before: words in front of the command line, such as another program that starts it.
    :param first: options of ``drum`` itself, in front of the command.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    words = ("drum", *first, "server", "--code-dir", code_dir, "--address", f"127.0.0.1:{port}", *options)
    process = subprocess.Popen([*before, *environment.command(*words)])
    server = Server(process, f"http://127.0.0.1:{port}")
    try:
        wait_until(lambda: (once or answers)(server) or process.poll() is not None)
        yield server
    finally:
        process.kill()
        process.wait()


def answers(server: Server) -> bool:
    """Tell whether the model is loaded, or cannot be."""
    try:
        return server.get("/health/")[0] in (200, 513)
    except OSError:
        return False


def listens(server: Server) -> bool:
    """Tell whether the server is there, its model loaded or not, whatever its prefix."""
    address = urlsplit(server.url)
    try:
        socket.create_connection((address.hostname, address.port)).close()
    except OSError:
        return False
    return True


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
