"""The application: routes, what every reply carries, and the life of the workers around it."""

from __future__ import annotations

import asyncio
import logging
import random
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import drum
from drum.server.docs import docs_routes
from drum.server.front import Front
from drum.server.metrics import Metrics
from drum.server.orphans import reap_orphans
from drum.server.payloads import Limits
from drum.server.scoring import PREDICT, SEND_WHOLE, TRANSFORM, UNSTRUCTURED, AnyPool, Headers, ScoringRoute, SendWhole

log = logging.getLogger("drum.server")
access_log = logging.getLogger("drum.access")

REQUEST_ID = re.compile(rb"[\w.:+/=-]{1,200}")

SCORING_PATHS = {
    "/predict": PREDICT,
    "/predictions": PREDICT,
    "/invocations": PREDICT,
    "/transform": TRANSFORM,
    "/predictUnstructured": UNSTRUCTURED,
    "/predictionsUnstructured": UNSTRUCTURED,
}
"""Every path that scores, and the route that it stands for."""


def create_app(
    pool: AnyPool,
    code_dir: Path,
    limits: Limits,
    url_prefix: str = "",
    further: Sequence[BaseRoute] = (),
    collectors: Sequence[Collector] = (),
) -> ASGIApp:
    """Return the application that answers with ``pool``.

    :param url_prefix: what stands before every route, such as ``/models/7``.
    :param further: the routes that plugins add; ours come first.
    :param collectors: the metrics that plugins add.
    """
    prefix = f"/{url_prefix.strip('/')}" if url_prefix.strip("/") else ""
    metrics = Metrics(pool, collectors)
    front = Front(pool=pool, metrics=metrics, code_dir=code_dir, prefix=prefix, started=time.time())
    scoring = {
        f"{prefix}{path}{slash}": ScoringRoute(pool, limits, metrics, route)
        for path, route in SCORING_PATHS.items()
        for slash in ("", "/")
    }
    handlers = {HTTPException: _http_error}
    mounted = [Mount(prefix, routes=list(further))] if further else []
    routes = [*_routes(front, prefix, scoring), *docs_routes(prefix), *mounted]
    app = Starlette(routes=routes, lifespan=_lifespan(pool), exception_handlers=handlers)
    app.router.redirect_slashes = False
    return _EveryReply(app, metrics=metrics, version=drum.__version__, direct=scoring)


async def _http_error(request: Request, error: Exception) -> Response:
    """Answer for an unknown route or method in the form of all errors."""
    assert isinstance(error, HTTPException)
    message = f"ERROR: {error.detail}: {request.method} {request.url.path}"
    return JSONResponse({"message": message}, status_code=error.status_code, headers=error.headers)


_unexpected_error = JSONResponse(
    {"message": "ERROR: The server failed. Its log says why, under the X-Request-Id of this reply."}, status_code=500
)
_server_ends = JSONResponse(
    {"message": "ERROR: The server ends, and did not come to answer this request. Try another one."},
    status_code=503,
    headers={"Retry-After": "1"},
)


def _lifespan(pool: AnyPool) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await pool.start()
        reaping = asyncio.ensure_future(reap_orphans(lambda: pool.pids))
        try:
            yield
        finally:
            reaping.cancel()
            await pool.close()

    return lifespan


def _routes(front: Front, prefix: str, scoring: Mapping[str, ScoringRoute]) -> list[Route]:
    table: dict[str, Callable[[Request], Awaitable[Response]]] = {
        "": front.ping,
        "/ping": front.ping,
        "/livez": front.ping,
        "/readyz": front.ready,
        "/health": front.ready,
        "/info": front.info,
        "/capabilities": front.capabilities,
        "/stats": front.stats,
        "/metrics": front.show_metrics,
        "/openapi.json": front.show_api,
    }
    state = [(f"{prefix}{path}{slash}" or "/", "GET", table[path]) for path in table for slash in ("", "/")]
    return [
        *(Route(path, route, methods=["POST"]) for path, route in scoring.items()),
        *(Route(path, endpoint, methods=[method]) for path, method, endpoint in state),
    ]


class _EveryReply:
    """Give every reply, errors included, its request id and our version, and count it.

    Scoring is what nearly all requests want: it goes straight to its endpoint (``direct``), without Starlette's
    search for the route, which takes a fifth of the time that a small request spends in the front.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, version: str, direct: Mapping[str, ScoringRoute]) -> None:
        self._app = app
        self._metrics = metrics
        self._version = version.encode()
        self._direct = direct

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        reply = _Reply(scope, send, self._metrics, self._version)
        endpoint = self._direct.get(scope["path"]) if scope["method"] == "POST" else None
        try:
            if endpoint is None:
                await self._app(scope, receive, reply)
            else:
                reply.path = scope["path"]
                await endpoint(scope, receive, reply)
        except asyncio.CancelledError:  # the server ends, and has waited long enough
            if not reply.has_begun:
                await _server_ends(scope, receive, reply)
        except Exception:
            if reply.has_begun:  # its client has gone, or it was cut off: there is nothing left to say
                log.info("A reply was cut off.", exc_info=True, extra={"request_id": scope["drum.request_id"]})
                return
            log.exception("A request failed unexpectedly.", extra={"request_id": scope["drum.request_id"]})
            await _unexpected_error(scope, receive, reply)


class _Reply:
    """One reply on its way out: headers are added, and it is counted, when it begins."""

    def __init__(self, scope: Scope, send: Send, metrics: Metrics, version: bytes) -> None:
        self.path = ""
        self.has_begun = False
        self._scope = scope
        self._send = send
        self._metrics = metrics
        self._started = time.perf_counter()
        request_id = _request_id(scope["headers"])
        scope["drum.request_id"] = request_id.decode()
        self._headers = [(b"x-request-id", request_id), (b"x-drum-version", version)]
        self._send_whole: SendWhole | None = scope.pop(SEND_WHOLE, None)  # else it would hold the scope that holds it

    async def __call__(self, message: Message) -> None:
        """Send a message of the application's."""
        if message["type"] == "http.response.start":
            self.has_begun = True
            self._count(message["status"])
            message = {**message, "headers": [*message["headers"], *self._headers]}
        await self._send(message)

    async def whole(self, status: int, headers: Headers, body: bytes) -> None:
        """Send all that there is to be said, at once where the protocol can."""
        if self._send_whole is None:
            await self({"type": "http.response.start", "status": status, "headers": headers})
            await self({"type": "http.response.body", "body": body})
            return
        self.has_begun = True
        self._count(status)
        await self._send_whole(status, [*headers, *self._headers], body)

    def _count(self, status: int) -> None:
        seconds = time.perf_counter() - self._started
        path = self.path or _path_of_route(self._scope)
        self._metrics.count_request(path, status, seconds)
        if access_log.isEnabledFor(logging.INFO):
            _log_access(self._scope, path, status, seconds)


def _log_access(scope: Scope, path: str, status: int, seconds: float) -> None:
    """Log what was asked and how it ended; never what was sent."""
    fields = {"method": scope["method"], "path": path, "status": status, "seconds": round(seconds, 6)}
    extra = {"request_id": scope["drum.request_id"], "fields": fields}
    access_log.info("%s %s %d in %.1f ms", scope["method"], path, status, seconds * 1000, extra=extra)


def _request_id(headers: Headers) -> bytes:
    """Return the id that the client gave, if it is a decent one, or a new one."""
    given = next((value for name, value in headers if name == b"x-request-id"), b"")
    return given if REQUEST_ID.fullmatch(given) else b"%032x" % random.getrandbits(128)


def _path_of_route(scope: Scope) -> str:
    """Return the path of the route that answered, so that there are as many as there are routes."""
    route = scope.get("route")
    return route.path if isinstance(route, Route) else "unknown"
