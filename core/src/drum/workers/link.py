"""The front's side of the wire: one worker process and the socket to it."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any, cast

from drum.workers.frames import PREFIX, Item, decode, encode


class Link(asyncio.Protocol):
    """A running worker; ``on_frame`` is called with what it says, ``on_lost`` once when it has ended.

    A worker that ends on its own terms and one that is killed look the same: the socket closes.
    """

    def __init__(
        self,
        start: Mapping[str, Any],
        on_frame: Callable[[Link, str, list[Item]], None],
        on_lost: Callable[[Link, str], None],
    ) -> None:
        """Start a process that runs :mod:`drum.workers.worker`, and tell it what to begin with.

        This needs no loop: the worker begins at once, and is heard from :meth:`connect` on.
        """
        self._on_frame = on_frame
        self._on_lost = on_lost
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._socket, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "drum.workers.worker", str(theirs.fileno())]
            self._process = subprocess.Popen(command, pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL)
        for part in encode("start", [(start, [])]):
            self._socket.sendall(part)

    async def connect(self) -> None:
        """Hear what the worker says, and what it has said already."""
        await asyncio.get_running_loop().create_connection(lambda: self, sock=self._socket)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def send(self, kind: str, items: list[Item]) -> None:
        """Send one frame."""
        if self._transport is not None:
            for part in encode(kind, items):
                self._transport.write(part)

    def kill(self) -> None:
        """End the process now, whatever it does; ``on_lost`` follows."""
        self._process.kill()

    def abandon(self) -> None:
        """End the process now and let go of it: nobody will hear of its end."""
        self.kill()
        self._process.wait()
        self._socket.close()

    def leave(self) -> None:
        """Say that nothing more will come: the worker ends when it has finished what it does."""
        if self._transport is not None:
            self._transport.write_eof()

    # -- what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's does not derive from it

    def data_received(self, data: bytes) -> None:
        """Collect bytes and hand on every frame that is complete."""
        self._buffer += data
        while (frame := self._take_frame()) is not None:
            self._on_frame(self, *frame)

    def _take_frame(self) -> tuple[str, list[Item]] | None:
        if len(self._buffer) < PREFIX.size:
            return None
        header_length, blob_length = PREFIX.unpack_from(self._buffer)
        start = PREFIX.size + header_length
        if len(self._buffer) < start + blob_length:
            return None
        with memoryview(self._buffer) as whole:
            frame = decode(bytes(whole[PREFIX.size : start]), bytes(whole[start : start + blob_length]))
        del self._buffer[: start + blob_length]
        return frame

    def connection_lost(self, error: Exception | None) -> None:
        """Reap the process and say how it ended."""
        self.kill()
        self._on_lost(self, _describe(self._process.wait()))


def _describe(code: int) -> str:
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited with status {code}"
