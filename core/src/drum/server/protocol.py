"""Uvicorn's HTTP protocol, with limits on what comes before a request's body: its size, and the time it takes."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HEADER_VALUE_RE, STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

import drum
from drum.server.payloads import Limits
from drum.server.scoring import LEAVE, SEND_WHOLE, Headers

REFUSALS = {
    400: "The request is no valid HTTP.",
    408: "The request did not arrive in time.",
    431: "The request's headers are larger than the limit allows.",
}

LINGER_S = 2.0
"""How long a refused client may go on sending."""
DRAIN_S = 0.25
"""How long a connection without a request stays open when the server ends: one may be on its way."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection. A request line and headers that are too large are 431, those that take too long 408."""

    def __init__(self, *args: Any, limits: Limits, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limits = limits
        self._head_bytes = 0
        self._in_head = True
        self._in_body = False
        self._refusal = 400
        self._is_refused = False
        self._is_ending = False
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a first request."""
        super().connection_made(transport)
        self._be_patient()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop to wait; who scores need not do so for a client that has left."""
        self._stop_waiting()
        if not self._is_idle:
            leave: Callable[[], object] = cast(Any, self.cycle.scope).get(LEAVE, lambda: None)
            leave()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what belongs to no body yet; wait for what is still to come."""
        if self._is_refused:
            return
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > self._limits.head and not self._is_refused:
            self._refuse(431)
        elif (self._in_head or self._in_body) and not self._is_refused:
            self._be_patient()

    # -- what the parser calls

    def on_message_begin(self) -> None:
        """Begin to count."""
        super().on_message_begin()
        self._in_head = True

    def on_headers_complete(self) -> None:
        """Let the request in, unless its head is too large."""
        self._in_head = False
        self._head_bytes = 0
        self._stop_waiting()
        if len(self.url) + sum([len(name) + len(value) for name, value in self.headers]) > self._limits.head:
            self._refusal = 431
            raise ValueError("the parser is left by an exception")
        super().on_headers_complete()
        self._in_body = True
        self.cycle.transport = cast(asyncio.Transport, _InOneGo(self.transport, self.loop))
        cast(Any, self.scope)[SEND_WHOLE] = partial(self._send_whole, self.cycle)
        if self._is_ending:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """The request has arrived."""
        super().on_message_complete()
        self._in_body = False
        self._stop_waiting()

    async def _send_whole(self, cycle: RequestResponseCycle, status: int, headers: Headers, body: bytes) -> None:
        """Send a reply whose headers say how long it is: what the cycle does for its head, and then for its body."""
        if self.flow.write_paused and not cycle.disconnected:
            await self.flow.drain()
        if cycle.disconnected:
            return
        lines = [STATUS_LINE[status]]
        for name, value in (*self.server_state.default_headers, *headers):
            if HEADER_VALUE_RE.search(value):
                raise ValueError(f"The header '{name.decode()}' cannot have the value {value!r}.")
            lines += name, b": ", value, b"\r\n"
        lines += b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n", body
        cycle.response_started = cycle.response_complete = True
        self.transport.write(b"".join(lines))
        cycle.message_event.set()
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()

    def shutdown(self) -> None:
        """End when what is under way is answered; what may be on its way gets a moment to arrive."""
        self._is_ending = True
        if self._is_idle:
            self.loop.call_later(DRAIN_S, self._close_if_idle)
        else:
            super().shutdown()

    @property
    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _close_if_idle(self) -> None:
        if self._is_idle:
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser has stumbled over."""
        self._refuse(self._refusal)

    def _be_patient(self) -> None:
        if self._patience is None:
            self._patience = self.loop.call_later(self._limits.receive, self._lose_patience)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _lose_patience(self) -> None:
        """Refuse a request that does not arrive; hang up where nothing was said, or all that is to be said was."""
        said_something = self._head_bytes if self._in_head else not self.cycle.response_started
        if said_something:
            self._refuse(408)
        else:
            self.transport.close()

    def _refuse(self, status: int) -> None:
        self._stop_waiting()
        body = json.dumps({"message": f"ERROR: {REFUSALS[status]}"}).encode()
        head = (
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n"
            f"x-request-id: {uuid.uuid4().hex}\r\nx-drum-version: {drum.__version__}\r\n\r\n"
        )
        self._is_refused = True
        if self._in_body:  # somebody waits for it
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.write(STATUS_LINE[status] + head.encode() + body)
        self._close_gently()

    def _close_gently(self) -> None:
        """Close, but go on reading for a moment: to close on a client that is sending takes the reply from it."""
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER_S, self.transport.close)


class _InOneGo:
    """A transport that sends the head of a reply together with its body: one packet, one wake-up of the client."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._head = b""
        self._flushing: asyncio.Handle | None = None

    def write(self, data: bytes) -> None:
        """Hold back the first bytes until others follow, or until the loop comes round."""
        if self._flushing is None:
            self._head = data
            self._flushing = self._loop.call_soon(self._flush)
        else:
            self._flushing.cancel()
            head, self._head = self._head, b""
            self._transport.write(head + data)

    def _flush(self) -> None:
        head, self._head = self._head, b""
        if not self._transport.is_closing():
            self._transport.write(head)

    def close(self) -> None:
        """Send what was held back, and close."""
        self._flush()
        self._transport.close()

    def is_closing(self) -> bool:
        """Tell whether the connection is about to end."""
        return self._transport.is_closing()
