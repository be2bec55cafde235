"""Run the application on uvicorn until SIGTERM, SIGINT or SIGHUP; then answer what was accepted and return."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
import resource
import signal
import socket
from collections.abc import Generator
from functools import partial
from typing import Any, cast

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
    _allow_many_connections()
    with _listening(host, port) as listener:
        _announce(f"listening on http://{host}:{port}")
        _Server(configured(app, limits=limits, grace=grace)).run(sockets=[listener])


def _announce(text: str) -> None:
    """Log what everybody wants to know, whatever the level."""
    log = logging.getLogger("drum.announcements")
    log.setLevel(logging.INFO)
    log.info(text)


def configured(app: ASGIApp, *, limits: Limits, grace: float) -> uvicorn.Config:
    """Return uvicorn's settings for the application; see :func:`serve`."""
    return uvicorn.Config(
        app,
        http=cast("type[asyncio.Protocol]", partial(BoundedProtocol, limits=limits)),
        ws="none",
        log_config=None,
        timeout_graceful_shutdown=math.ceil(grace),
        server_header=False,
        proxy_headers=False,
        access_log=False,
    )


def _allow_many_connections() -> None:
    """Raise the number of open files to what the system lets this process have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


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

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take in those whom the system has accepted for us before the door is closed."""
        for listener in sockets or []:
            await self._take_in(listener)
        await super().shutdown(sockets)

    async def _take_in(self, listener: socket.socket) -> None:
        make: Any = self.config.http_protocol_class
        protocol = partial(make, config=self.config, server_state=self.server_state, app_state=self.lifespan.state)
        listener.setblocking(False)
        with contextlib.suppress(OSError):  # nobody waits any more
            while True:
                connection, _ = listener.accept()
                connection.setblocking(False)
                await asyncio.get_running_loop().connect_accepted_socket(protocol, connection)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Handle signals without raising them again at the end."""
        ending = [signal.SIGTERM, signal.SIGINT]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as under nohup
            ending.append(signal.SIGHUP)
        kept = {number: signal.signal(number, self.handle_exit) for number in ending}
        try:
            yield
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)
