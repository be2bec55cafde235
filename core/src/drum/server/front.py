"""The front: what each route answers."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

import drum
from drum import media_types
from drum.errors import DrumError, ModelNotReadyError, WrongEndpointError
from drum.server.clients import wait_with_client
from drum.server.errors import NOT_LOADED, error_named, error_response
from drum.server.metrics import Metrics, resident_bytes
from drum.server.openapi import describe_api
from drum.server.payloads import Limits, accepted_type, read_payload
from drum.types import Payload, TargetType
from drum.workers.frames import Answer

PREDICT, TRANSFORM, UNSTRUCTURED = "/predict/", "/transform/", "/predictUnstructured/"
ENDPOINTS = {TargetType.TRANSFORM.value: TRANSFORM, TargetType.UNSTRUCTURED.value: UNSTRUCTURED}
"""Where a model is asked, by its target type, if not at ``/predict/``."""


CLIENT_LEFT = 499
"""What the metrics count where nobody waits for an answer any more."""


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

    def submit(self, payload: Payload, accept: str = "", name: str = "") -> asyncio.Future[Answer]:
        """Have a request answered."""

    async def close(self) -> None:
        """End."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The routes of one model."""

    pool: AnyPool
    limits: Limits
    metrics: Metrics
    code_dir: Path
    prefix: str
    started: float

    # -- the state of the server

    async def ping(self, request: Request) -> Response:
        """Tell that the server is there."""
        return JSONResponse({"message": "OK"})

    async def ready(self, request: Request) -> Response:
        """Tell whether the model is loaded: 513 with the reason if it cannot be, 503 while it is loading."""
        problem = self._problem(self.pool.is_ready)
        return JSONResponse({"message": "OK"}) if problem is None else problem

    def _problem(self, loaded: bool) -> Response | None:
        if self.pool.failure is not None:
            return error_response(error_named(*self.pool.failure), status=NOT_LOADED)
        if not loaded:
            return error_response(ModelNotReadyError("The model is still loading. Try again in a moment."))
        return None

    async def info(self, request: Request) -> Response:
        """Describe the model."""
        model = self.pool.model or {}
        return JSONResponse({
            "codeDir": str(self.code_dir),
            "targetType": model.get("target_type"),
            "labels": model.get("labels"),
            "language": model.get("language"),
            "predictor": model.get("runtime"),
            "artifact": model.get("artifact"),
            "details": model.get("details"),
            "drumVersion": drum.__version__,
            "drumServer": "starlette",
            "modelMetadata": model.get("metadata"),
        })  # fmt: skip

    async def capabilities(self, request: Request) -> Response:
        """List formats and methods."""
        mine = self._endpoint()
        methods = {route.strip("/"): route == mine for route in (PREDICT, TRANSFORM, UNSTRUCTURED)}
        return JSONResponse({"supported_payload_formats": list(media_types.KNOWN), "supported_methods": methods})

    async def stats(self, request: Request) -> Response:
        """Tell memory and time."""
        processes = [
            {"pid": pid, "cmdline": _command_line(pid), "mem": resident_bytes(pid) / 2**20}
            for pid in (os.getpid(), *self.pool.pids)
        ]
        return JSONResponse({
            "mem_info": {"total_mb": sum(process["mem"] for process in processes)},
            "drum_info": processes,
            "time_info": {"uptime_s": time.time() - self.started},
        })  # fmt: skip

    async def show_metrics(self, request: Request) -> Response:
        """Show Prometheus what it reads."""
        return Response(self.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def show_api(self, request: Request) -> Response:
        """Describe the API of this model."""
        return JSONResponse(describe_api(self.pool.model, self.prefix, self._endpoint()))

    # -- scoring

    async def predict(self, request: Request) -> Response:
        """Score rows."""
        return await self._answer(request, PREDICT)

    async def transform(self, request: Request) -> Response:
        """Transform rows."""
        return await self._answer(request, TRANSFORM)

    async def unstructured(self, request: Request) -> Response:
        """Answer anything with anything."""
        return await self._answer(request, UNSTRUCTURED)

    def _endpoint(self) -> str:
        return ENDPOINTS.get((self.pool.model or {}).get("target_type", ""), PREDICT)

    async def _answer(self, request: Request, route: str) -> Response:
        problem = self._problem(loaded=self.pool.model is not None)
        if problem is not None:
            return problem  # once it was loaded, a request waits for the next worker instead
        try:
            if route != self._endpoint():
                target_type = (self.pool.model or {})["target_type"]
                raise WrongEndpointError(
                    f"This model has target type '{target_type}', use the {self._endpoint()} endpoint."
                )
            answer = await self._submit(request, route)
        except ClientDisconnect:
            return Response(status_code=CLIENT_LEFT)
        except DrumError as error:
            return error_response(error, retry_after=self.pool.retry_after)
        self.metrics.count_answer(answer)
        if answer.error:
            return error_response(error_named(answer.error, answer.body.decode(), answer.status))
        charset = f"; charset={answer.charset}" if answer.charset and "charset=" not in answer.media_type else ""
        return Response(answer.body, headers={"Content-Type": answer.media_type + charset})

    async def _submit(self, request: Request, route: str) -> Answer:
        """Read the request and wait for its answer; a client that leaves gives up its place."""
        self.pool.refuse_if_full(int(request.headers.get("content-length") or 0))
        rows = route != UNSTRUCTURED
        payload = await read_payload(request, self.limits, rows=rows, whole=(self.pool.model or {})["hears_headers"])
        default = media_types.MULTIPART if route == TRANSFORM else media_types.JSON
        accept = accepted_type(request.headers.get("accept", ""), default) if rows else ""
        return await wait_with_client(request, self.pool.submit(payload, accept, request.scope["drum.request_id"]))


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""
