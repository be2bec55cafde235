"""``drum server`` as users start it: a process of its own on a free port, of which nothing is left in the end."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import BinaryIO

from drum.errors import ConfigError, DrumError, LoadError, ModelError, PluginError, UnavailableError
from drum.perf.load import Address
from drum.trial.http_client import OK, HttpClient

HOST = "127.0.0.1"
PAUSE_S = 0.02
GRACE_S = 1
PATIENCE_S = 10.0
"""How long a server that has been told to end may take until it is killed, with all its workers."""
LOG_LINES = 20
"""The last lines of the server's log, shown where it has failed."""

GAUGES = re.compile(rb"^(drum_\w*workers) (\S+)$", re.MULTILINE)

BY_EXIT_CODE: dict[int, type[DrumError]] = {2: ConfigError, 3: PluginError, 4: LoadError, 5: ModelError}
"""What the exit code of a server that did not start stands for."""
ERROR_PREFIX = "drum: ERROR: "


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A running server with its model loaded."""

    process: subprocess.Popen[bytes]
    port: int
    log: BinaryIO

    def address(self, path: str) -> Address:
        """Return where requests for a path go."""
        return Address(host=HOST, port=self.port, path=path)

    def read(self, path: str) -> bytes:
        """Return what the server shows at a path.

        :raises UnavailableError: if it shows nothing.
        """
        with HttpClient(HOST, self.port, timeout=PATIENCE_S) as client:
            answer = client.get(path)
        if answer.status != OK:
            raise UnavailableError(f"The server does not answer at {path}: {answer.message}", detail=self.last_words())
        return answer.body

    def last_words(self) -> str:
        """Return the end of the server's log."""
        return "\n".join(_text(self.log).splitlines()[-LOG_LINES:])


@contextmanager
def running_server(words: Sequence[str]) -> Iterator[ServerProcess]:
    """Start a server and wait until it has loaded its model; end it, with its workers, whatever happens.

    :param words: the options of ``drum server``, but for its address.
    :raises DrumError: if it ends before it is ready; the class is that of its exit code.
    """
    with tempfile.TemporaryFile() as log:
        port = _free_port()
        command = [sys.executable, "-m", "drum", "server", *words]
        command += [f"--address={HOST}:{port}", "--url-prefix=", f"--grace={GRACE_S}", "--exit-on-load-error"]
        # A session of its own: the terminal's Ctrl-C is for us, and all of the group can be killed at once
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )  # fmt: skip
        try:
            server = ServerProcess(process, port, log)
            _wait_until_ready(server)
            yield server
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE_S)
        finally:
            _kill(process)


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _wait_until_ready(server: ServerProcess) -> None:
    while True:
        code = server.process.poll()
        if code is not None:
            raise _not_started(code, _text(server.log))
        with HttpClient(HOST, server.port, timeout=PATIENCE_S) as client:
            if client.get("/readyz").status == OK and _all_are_ready(client.get("/metrics").body):
                return
        time.sleep(PAUSE_S)


def _all_are_ready(metrics: bytes) -> bool:
    """Tell whether no worker is still loading the model."""
    found = dict(GAUGES.findall(metrics))
    return found.get(b"drum_workers") == found.get(b"drum_ready_workers")


def _not_started(code: int, log: str) -> DrumError:
    """Return the error for which a server has ended, as it has told it."""
    kind = BY_EXIT_CODE.get(code, UnavailableError)
    _, found, told = log.rpartition(ERROR_PREFIX)
    if found:
        message, _, detail = told.partition("\n")
        return kind(message, detail=detail.strip())
    return kind(f"The server ended with status {code} before it was ready.", detail=log[-2000:])


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End what is left of a server and its workers: nothing, unless somebody was in a hurry."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _text(log: BinaryIO) -> str:
    size = os.fstat(log.fileno()).st_size
    return os.pread(log.fileno(), size, 0).decode(errors="replace")
