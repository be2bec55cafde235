"""Run the application on uvicorn until SIGTERM or SIGINT; then answer what was accepted and return."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import signal
import socket
from collections.abc import Generator
from functools import partial
from typing import cast

import uvicorn
from starlette.types import ASGIApp

from drum.errors import ConfigError
from drum.server.payloads import Limits
from drum.server.protocol import BoundedProtocol


def serve(app: ASGIApp, host: str, port: int, *, limits: Limits, grace: float) -> None:
    """Serve until a signal comes.

    :param limits: what a request may take before anybody has looked at it.
    :param grace: seconds for the requests that are under way when it comes.
    :raises ConfigError: if the address cannot be had.
    """
    with _listening(host, port) as listener:
        config = uvicorn.Config(
            app,
            http=cast("type[asyncio.Protocol]", partial(BoundedProtocol, limits=limits)),
            ws="none",
            log_config=None,
            timeout_graceful_shutdown=math.ceil(grace),
            server_header=False,
            access_log=False,
        )
        _Server(config).run(sockets=[listener])


@contextlib.contextmanager
def _listening(host: str, port: int) -> Generator[socket.socket]:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise ConfigError(f"The address {host}:{port} cannot be had: {reason}.") from error
    with listener:
        yield listener


class _Server(uvicorn.Server):
    """Uvicorn's server, but a signal ends it with success once all is answered."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Handle signals without raising them again at the end."""
        kept = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)
