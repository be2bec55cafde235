"""Start a server on a core of its own, wait for its first right answer, and end it with all its processes."""

from __future__ import annotations

import contextlib
import http.client
import json
import math
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from server_peers.bodies import CONTENT_TYPES, TOLERANCE, Body, Material
from server_peers.environments import python_of
from server_peers.variants import Site, Variant, free_port

SERVER_CORE, LOAD_CORE = "0", "1"
ALL_CORES = f"0-{(os.cpu_count() or 1) - 1}"
START_LIMIT_S = 120
POLL_S = 0.005
SETTLING_ANSWERS = 3


class NoAnswerError(Exception):
    """A server has ended, or gave no right answer in time."""


@dataclass(frozen=True)
class Server:
    """A server that has given its first right answer."""

    variant: Variant
    material: Material
    port: int
    started_s: float

    @property
    def url(self) -> str:
        """Return where it is asked."""
        return f"http://127.0.0.1:{self.port}{self.variant.path}"


@contextlib.contextmanager
def running(variant: Variant, material: Material, folder: Path, cores: str = SERVER_CORE) -> Iterator[Server]:
    """Run a server.

    :param cores: those that it may use.
    :raises NoAnswerError: if it does not come to answer.
    """
    site = Site(python_of(variant.peer, folder), material, _empty(folder / "running"), free_port())
    launch = variant.launch(site)
    command = ["taskset", "--cpu-list", cores, *launch.command]
    path = f"{site.python.parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "PYTHONWARNINGS": "ignore"} | launch.environment
    with (site.folder / "log.txt").open("w") as log:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment, cwd=site.folder, stdout=log, stderr=log, start_new_session=True
        )
        try:
            _wait(process, variant, material, site)
            yield Server(variant, material, site.port, time.perf_counter() - started)
        finally:
            _end(process)


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _wait(process: subprocess.Popen[bytes], variant: Variant, material: Material, site: Site) -> None:
    body, answer = material.first(variant.payload), "none"
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            answer = _ask(site.port, variant, body.content)
            if _is_right(answer, variant.key, body):
                return
        time.sleep(POLL_S)
    log = (site.folder / "log.txt").read_text()[-1500:]
    raise NoAnswerError(
        f"{variant} does not answer rightly. Its last answer: {answer[:300]}. Its log ends with:\n{log}"
    )


def settle(server: Server) -> None:
    """Wait until the server has worked off what the last load's clients left behind when they hung up."""
    body = server.material.first(server.variant.payload)
    for _ in range(SETTLING_ANSWERS):
        _ask(server.port, server.variant, body.content)


def _ask(port: int, variant: Variant, content: bytes) -> str:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=START_LIMIT_S)) as connection:
        connection.request("POST", variant.path, content, {"Content-Type": CONTENT_TYPES[variant.payload]})
        return connection.getresponse().read().decode()


def _is_right(answer: str, key: str, body: Body) -> bool:
    try:
        found = json.loads(answer)
        values = found["outputs"][0][key] if "outputs" in found else found[key]
    except (ValueError, KeyError, TypeError):
        return False
    return len(values) == len(body.expected) and all(
        math.isclose(got, want, rel_tol=TOLERANCE) for got, want in zip(values, body.expected, strict=True)
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the server to end, then end what is left of its process group, which is its own."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
