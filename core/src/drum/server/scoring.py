"""The routes that score: nearly all requests go there, so they do without what costs time in Starlette."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from typing import Any, Protocol

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Message, Receive, Scope

from drum import media_types
from drum.errors import DrumError, ModelNotReadyError, WrongEndpointError
from drum.server.errors import NOT_LOADED, error_named, error_response
from drum.server.metrics import Metrics
from drum.server.payloads import Incoming, Limits, accepted_type, read_payload
from drum.types import Payload, TargetType
from drum.workers.frames import Answer

ROUTES = PREDICT, TRANSFORM, UNSTRUCTURED = "/predict/", "/transform/", "/predictUnstructured/"
_ROUTE_OF = {TargetType.TRANSFORM.value: TRANSFORM, TargetType.UNSTRUCTURED.value: UNSTRUCTURED}
"""Where a model is asked, by its target type, if not at ``/predict/``."""

LEAVE = "drum.leave"
"""Where a request's scope holds what the protocol calls when the client leaves."""
SEND_WHOLE = "drum.send_whole"
"""Where a scope brings a ``SendWhole``, if the protocol has one."""
CLIENT_LEFT = 499
"""What the metrics count where nobody waits for an answer any more."""


Headers = Iterable[tuple[bytes, bytes]]
SendWhole = Callable[[int, Headers, bytes], Awaitable[None]]
"""What sends status, headers and body of a reply at once."""


class Promise(Protocol):
    """An answer that will come."""

    def __await__(self) -> Generator[Any, None, Answer]:
        """Wait for it."""

    def cancel(self) -> object:
        """Wait no more."""


class Reply(Protocol):
    """What takes ASGI's messages, and what a reply is as a whole."""

    async def __call__(self, message: Message) -> None:
        """Send a message."""

    async def whole(self, status: int, headers: Headers, body: bytes) -> None:
        """Send everything; the headers say how long it is."""


class AnyPool(Protocol):
    """What the front asks of whoever scores."""

    model: Mapping[str, Any] | None
    failure: tuple[str, str] | None
    restarts: int
    on_failure: Callable[[], object]

    @property
    def is_ready(self) -> bool:
        """Whether the model is loaded."""

    @property
    def queue_length(self) -> int:
        """The requests that wait."""

    @property
    def retry_after(self) -> int:
        """Seconds after which to try again."""

    @property
    def pids(self) -> Sequence[int]:
        """The processes of the workers."""

    @property
    def ready_pids(self) -> Sequence[int]:
        """Those that have loaded the model."""

    async def start(self) -> None:
        """Begin to load the model."""

    def refuse_if_full(self, size: int) -> None:
        """Refuse a request of so many bytes if it could not wait."""

    def submit(self, payload: Payload, accept: str = "", name: str = "") -> Promise:
        """Have a request answered."""

    async def close(self) -> None:
        """End."""


def endpoint_of(model: Mapping[str, Any] | None) -> str:
    """Return the route at which a model is asked."""
    return _ROUTE_OF.get((model or {}).get("target_type", ""), PREDICT)


def why_not_ready(pool: AnyPool, loaded: bool) -> Response | None:
    """Return 513 with the reason if the model cannot be loaded, 503 while it is loading, ``None`` if all is well."""
    if pool.failure is not None:
        return error_response(error_named(*pool.failure), status=NOT_LOADED)
    if not loaded:
        return error_response(ModelNotReadyError("The model is still loading. Try again in a moment."))
    return None


class ScoringRoute:
    """One route: an ASGI application for whom a reply may be sent as a whole."""

    def __init__(self, pool: AnyPool, limits: Limits, metrics: Metrics, route: str) -> None:
        self._pool = pool
        self._limits = limits
        self._metrics = metrics
        self._route = route
        self._default_type = media_types.MULTIPART if route == TRANSFORM else media_types.JSON

    async def __call__(self, scope: Scope, receive: Receive, reply: Reply) -> None:
        """Answer one request."""
        answer = await self._answer(Incoming(scope, receive))
        if isinstance(answer, Response):
            await answer(scope, receive, reply)
            return
        charset = f"; charset={answer.charset}" if answer.charset and "charset=" not in answer.media_type else ""
        headers = [
            (b"content-type", (answer.media_type + charset).encode("latin-1")),
            (b"content-length", b"%d" % len(answer.body)),
        ]
        await reply.whole(200, headers, answer.body)

    async def _answer(self, request: Incoming) -> Answer | Response:
        problem = why_not_ready(self._pool, loaded=self._pool.model is not None)
        if problem is not None:
            return problem  # once it was loaded, a request waits for the next worker instead
        try:
            answer = await self._submit(request, self._pool.model or {})
        except ClientDisconnect:
            return Response(status_code=CLIENT_LEFT)
        except DrumError as error:
            return error_response(error, retry_after=self._pool.retry_after)
        self._metrics.count_answer(answer)
        return (
            error_response(error_named(answer.error, answer.body.decode(), answer.status)) if answer.error else answer
        )

    async def _submit(self, request: Incoming, model: Mapping[str, Any]) -> Answer:
        """Read the request and wait for its answer; a client that leaves gives up its place."""
        rows = self._route != UNSTRUCTURED
        if self._route != endpoint_of(model):
            raise WrongEndpointError(
                f"This model has target type '{model['target_type']}', use the {endpoint_of(model)} endpoint."
            )
        self._pool.refuse_if_full(request.announced_bytes)
        payload = await read_payload(request, self._limits, rows=rows, whole=model["hears_headers"])
        accept = accepted_type(request.header(b"accept"), self._default_type) if rows else ""
        promise = self._pool.submit(payload, accept, request.scope["drum.request_id"])
        has_left = False

        def leave() -> None:
            nonlocal has_left
            has_left = True
            promise.cancel()

        request.scope[LEAVE] = leave
        try:
            return await promise
        except asyncio.CancelledError:
            if has_left:
                raise ClientDisconnect from None
            raise
