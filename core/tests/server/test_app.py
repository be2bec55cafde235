"""The application around the routes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from drum.server.app import create_app
from drum.server.payloads import Limits
from drum.testing import CodeDir, scorer
from drum.workers.inline import InlinePool


async def hello(request: Request) -> Response:
    return PlainTextResponse("hello")


@pytest.mark.parametrize("prefix", ["", "/models/7"])
def test_routes_of_plugins_stand_behind_ours(tmp_path: Path, prefix: str) -> None:
    folder = CodeDir(tmp_path / "m", {"custom.py": "def score(data, model): return data"})
    pool = InlinePool(lambda: scorer(folder, "regression"))
    further = [Route("/hello", hello), Route("/ping", hello)]
    app = create_app(pool, tmp_path, Limits(body=1000, receive=1), prefix, further)
    with TestClient(app) as http:
        assert http.get(f"{prefix}/hello").text == "hello"
        assert http.get(f"{prefix}/ping").json() == {"message": "OK"}
        assert http.get(f"{prefix}/nowhere").status_code == 404


class Seven(Collector):
    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily("seven", "A number", value=7)


def test_metrics_of_plugins_stand_beside_ours(tmp_path: Path) -> None:
    folder = CodeDir(tmp_path / "m", {"custom.py": "def score(data, model): return data"})
    pool = InlinePool(lambda: scorer(folder, "regression"))
    with TestClient(create_app(pool, tmp_path, Limits(), collectors=[Seven()])) as http:
        lines = http.get("/metrics").text.splitlines()
    assert {"seven 7.0", "drum_ready 1.0"} <= set(lines)
