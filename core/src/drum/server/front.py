"""The front: what it answers about itself and its model."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

import drum
from drum import media_types
from drum.server.metrics import Metrics, resident_bytes
from drum.server.openapi import describe_api
from drum.server.scoring import ROUTES, AnyPool, endpoint_of, why_not_ready


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The routes of one model, but for those that score."""

    pool: AnyPool
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
        problem = why_not_ready(self.pool, self.pool.is_ready)
        return JSONResponse({"message": "OK"}) if problem is None else problem

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
        methods = {route.strip("/"): route == mine for route in ROUTES}
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

    def _endpoint(self) -> str:
        return endpoint_of(self.pool.model)


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""
