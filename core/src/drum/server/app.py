"""The application: routes, what every reply carries, and the life of the workers around it."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import drum
from drum.server.front import AnyPool, Front
from drum.server.metrics import Metrics
from drum.server.payloads import Limits

log = logging.getLogger("drum.server")

REQUEST_ID = re.compile(r"[\w.:+/=-]{1,200}")


def create_app(
    pool: AnyPool, code_dir: Path, limits: Limits, url_prefix: str = "", further: Sequence[BaseRoute] = ()
) -> Starlette:
    """Return the application that answers with ``pool``.

    :param url_prefix: what stands before every route, such as ``/models/7``.
    :param further: the routes that plugins add; ours come first.
    """
    prefix = f"/{url_prefix.strip('/')}" if url_prefix.strip("/") else ""
    metrics = Metrics(pool)
    front = Front(
        pool=pool, limits=limits, metrics=metrics, code_dir=code_dir, prefix=prefix, started=time.time()
    )  # fmt: skip
    handlers = {HTTPException: _http_error}
    mounted = [Mount(prefix, routes=list(further))] if further else []
    app = Starlette(routes=[*_routes(front, prefix), *mounted], lifespan=_lifespan(pool), exception_handlers=handlers)
    app.router.redirect_slashes = False
    app.add_middleware(_EveryReply, metrics=metrics, version=drum.__version__)
    return app


async def _http_error(request: Request, error: Exception) -> Response:
    """Answer for an unknown route or method in the form of all errors."""
    assert isinstance(error, HTTPException)
    message = f"ERROR: {error.detail}: {request.method} {request.url.path}"
    return JSONResponse({"message": message}, status_code=error.status_code, headers=error.headers)


_unexpected_error = JSONResponse(
    {"message": "ERROR: The server failed. Its log says why, under the X-Request-Id of this reply."}, status_code=500
)


def _lifespan(pool: AnyPool) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await pool.start()
        try:
            yield
        finally:
            await pool.close()

    return lifespan


def _routes(front: Front, prefix: str) -> list[Route]:
    table: list[tuple[str, str, Callable[[Request], Awaitable[Response]]]] = [
        ("GET", "", front.ping),
        ("GET", "/ping", front.ping),
        ("GET", "/livez", front.ping),
        ("GET", "/readyz", front.ready),
        ("GET", "/health", front.ready),
        ("GET", "/info", front.info),
        ("GET", "/capabilities", front.capabilities),
        ("GET", "/stats", front.stats),
        ("GET", "/metrics", front.show_metrics),
        ("GET", "/openapi.json", front.show_api),
        ("POST", "/predict", front.predict),
        ("POST", "/predictions", front.predict),
        ("POST", "/invocations", front.predict),
        ("POST", "/transform", front.transform),
        ("POST", "/predictUnstructured", front.unstructured),
        ("POST", "/predictionsUnstructured", front.unstructured),
    ]
    return [
        Route(f"{prefix}{path}{slash}" or "/", endpoint, methods=[method])
        for method, path, endpoint in table
        for slash in ("", "/")
    ]


class _EveryReply:
    """Give every reply, errors included, its request id and our version, and count it."""

    def __init__(self, app: ASGIApp, metrics: Metrics, version: str) -> None:
        self._app = app
        self._metrics = metrics
        self._version = version

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                headers["X-Drum-Version"] = self._version
                route = scope.get("route")
                path = route.path if isinstance(route, Route) else "unknown"
                self._metrics.count_request(path, message["status"], time.perf_counter() - started)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:
            log.exception("Request %s failed unexpectedly.", request_id)
            await _unexpected_error(scope, receive, send_with_headers)
