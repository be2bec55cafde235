"""The routes of the service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pandas as pd
from prometheus_client import CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from drum_monitor import wire
from drum_monitor.drift.values import is_number
from drum_monitor.serving.collector import WatchCollector
from drum_monitor.serving.engine import Engine, InboxFullError
from drum_monitor.serving.report import page
from drum_monitor.serving.watch import Rows, Truth

if TYPE_CHECKING:
    from drum_monitor.drift.reference import Reference
    from drum_monitor.roles import Roles

MOST_BYTES = 64 * 2**20
"""The largest message."""
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
"""The page needs nothing but itself, and no script."""


class RefusedError(Exception):
    """A message cannot be taken; ``answer`` says why."""

    def __init__(self, status: int, message: str, **further: Any) -> None:
        super().__init__(message)
        headers = {"Retry-After": "1"} if status == 503 else None
        self.answer = JSONResponse({"message": f"ERROR: {message}", **further}, status, headers)


def create_app(engine: Engine) -> Starlette:
    """Return the application; the engine runs while it does."""
    registry = CollectorRegistry()
    registry.register(WatchCollector(engine))
    roles = engine.watch.reference.roles

    async def iterate(request: Request) -> Response:
        body, media_type = await _body(request)
        if media_type not in (wire.JSON, wire.ARROW):
            raise RefusedError(415, f"'{media_type}' is not read here. Send {wire.JSON} or {wire.ARROW}.")
        rows = await run_in_threadpool(_rows, body, media_type, roles)
        _offer(engine, rows)
        return JSONResponse({"accepted": len(rows.table)}, 202)

    async def feedback(request: Request) -> Response:
        body, _ = await _body(request)
        truth = await run_in_threadpool(_truth, body, engine.watch.reference)
        _offer(engine, truth)
        return JSONResponse({"accepted": len(truth.ids)}, 202)

    async def metrics(request: Request) -> Response:
        return Response(generate_latest(registry), headers={"Content-Type": METRICS_TYPE})

    async def health(request: Request) -> Response:
        state = engine.shown.judgement.state.value
        further = {"columns": list(roles.sent), "unmatched_labels": engine.watch.labels.unmatched}
        return JSONResponse({"message": "OK", "state": state, **further})

    async def report(request: Request) -> Response:
        text = await run_in_threadpool(page, engine, request.query_params.get("column"))
        return HTMLResponse(text, headers=SAFE)

    table = [("/iterate", iterate, "POST"), ("/feedback", feedback, "POST"), ("/metrics", metrics, "GET"),
             ("/health", health, "GET"), ("/report", report, "GET"), ("/", report, "GET")]  # fmt: skip
    routes = [
        Route(f"{path}{slash}", endpoint, methods=[method])
        for path, endpoint, method in table
        for slash in (("",) if path == "/" else ("", "/"))
    ]
    app = Starlette(routes=routes, lifespan=_lifespan(engine), exception_handlers={RefusedError: _refused})
    app.router.redirect_slashes = False
    return app


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)
    return error.answer


def _lifespan(engine: Engine) -> Any:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        engine.start()
        try:
            yield
        finally:
            await run_in_threadpool(engine.stop)

    return lifespan


async def _body(request: Request) -> tuple[bytes, str]:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            raise RefusedError(413, f"A message may have {MOST_BYTES:,} bytes. Send fewer rows at a time.")
        parts.append(part)
    media_type = request.headers.get("content-type", wire.JSON).partition(";")[0].strip().lower()
    return b"".join(parts), media_type


def _offer(engine: Engine, item: Rows | Truth) -> None:
    try:
        engine.offer(item)
    except InboxFullError as error:
        raise RefusedError(503, f"{error}. Try again in a moment.") from error


def _rows(body: bytes, media_type: str, roles: Roles) -> Rows:
    try:
        message = wire.read(body, media_type)
    except wire.WireError as error:
        raise RefusedError(400, f"{error} {_expected(roles)}", columns=list(roles.sent)) from error
    table = message.table
    if not message.named:
        table.columns = pd.Index(_names_by_place(len(table.columns), roles))
    if not table.columns.is_unique:
        twice = table.columns[table.columns.duplicated()][0]
        raise RefusedError(400, f"The column '{twice}' comes twice. {_expected(roles)}", columns=list(roles.sent))
    missing = [name for name in roles.sent if name not in table.columns]
    if missing:
        named = ", ".join(f"'{name}'" for name in missing[:10])
        raise RefusedError(400, f"The rows lack {named}. {_expected(roles)}", columns=list(roles.sent))
    return Rows(table, message.ids)


def _names_by_place(width: int, roles: Roles) -> Sequence[str]:
    """Name columns that came without names: those of the reference in order, the target last if it is there."""
    known = [roles.sent] if roles.target is None else [roles.sent, (*roles.sent, roles.target)]
    for names in known:
        if len(names) == width:
            return names
    raise RefusedError(400, f"Each row has {width} values. {_expected(roles)}", columns=list(roles.sent))


def _expected(roles: Roles) -> str:
    further = f"; the target '{roles.target}' may follow" if roles.target is not None else ""
    return f"Expected are {len(roles.sent)} columns: {', '.join(roles.sent)}{further}."


def _truth(body: bytes, reference: Reference) -> Truth:
    try:
        content = wire.read_object(body)
    except wire.WireError as error:
        raise RefusedError(400, str(error)) from error
    ids, targets = content.get("ids"), content.get("targets")
    if not isinstance(ids, list) or not isinstance(targets, list) or len(ids) != len(targets):
        raise RefusedError(400, 'The body must be {"ids": […], "targets": […]}: two lists, a label for each row\'s id.')
    odd = [target for target in targets if not isinstance(target, str | int | float)]
    if odd:
        raise RefusedError(400, f"A target must be a number, a text or true or false, not {odd[0]!r}.")
    if reference.target_is_number:
        odd = [target for target in targets if not is_number(target)]
        if odd:
            raise RefusedError(400, f"The model predicts a number, so that a target must be one, not {odd[0]!r}.")
    return Truth(wire.row_ids(ids), targets)
