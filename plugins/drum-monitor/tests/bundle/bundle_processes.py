"""Programs that run beside a test, on free ports, until it ends."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def running(
    *words: object, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([str(word) for word in words], env=env, cwd=cwd)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until(
    condition: Callable[[], bool],
    process: subprocess.Popen[bytes] | None = None,
    *,
    seconds: float = 60,
    what: str = "the condition",
) -> None:
    """Wait for a condition; fail if the process ends before, or the time is over."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert process is None or process.poll() is None, f"{process.args!r} has ended"
        assert time.monotonic() < deadline, f"{what} does not come about"
        time.sleep(0.05)


def answers(url: str) -> bool:
    """Tell whether a service is well."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def post(url: str, body: bytes, media_type: str = "text/csv") -> tuple[int, bytes]:
    request = urllib.request.Request(url, body, {"Content-Type": media_type})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
