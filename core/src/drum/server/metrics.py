"""What Prometheus reads: requests, their time by stage, rows, sharing, the queue and the workers."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from drum.server.scoring import AnyPool
    from drum.workers.frames import Answer

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
COUNTS = (1, 2, 4, 8, 16, 32, 64)
STAGES = ("queue", "read", "score", "write")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class _Distribution:
    """How often values fell below each bound. Prometheus' own takes locks, which nobody needs on one event loop."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def add_to(self, family: HistogramMetricFamily, *labels: str) -> None:
        """Say what was counted, in Prometheus' words."""
        bounds = [*(str(float(bound)) for bound in self._bounds), "+Inf"]
        family.add_metric(labels, list(zip(bounds, accumulate(self._counts), strict=True)), self._sum)


class Metrics(Collector):
    """The server's own metrics, and those that plugins add, in a registry of their own."""

    def __init__(self, pool: AnyPool, collectors: Iterable[Collector] = ()) -> None:
        self._registry = CollectorRegistry()
        for collector in (_PoolCollector(pool), *collectors):
            self._registry.register(collector)
        self._requests: dict[tuple[str, int], int] = {}
        self._latency: dict[str, _Distribution] = {}
        self._stages = {stage: _Distribution(SECONDS) for stage in STAGES}
        self._rows = 0
        self._shared = _Distribution(COUNTS)
        self._registry.register(self)

    def count_request(self, route: str, status: int, seconds: float) -> None:
        """Count a request; ``route`` is the path of a known route, so that labels stay few."""
        self._requests[route, status] = self._requests.get((route, status), 0) + 1
        if route not in self._latency:
            self._latency[route] = _Distribution(SECONDS)
        self._latency[route].observe(seconds)

    def count_answer(self, answer: Answer) -> None:
        """Count what a worker has done."""
        for stage, seconds in answer.seconds.items():
            self._stages[stage].observe(seconds)
        if not answer.error:
            self._rows += answer.rows
            self._shared.observe(answer.shared)

    def collect(self) -> Iterable[Metric]:
        """Yield what was counted."""
        requests = CounterMetricFamily("drum_http_requests", "Requests answered", labels=["route", "status"])
        for (route, status), count in self._requests.items():
            requests.add_metric([route, str(status)], count)
        latency = HistogramMetricFamily("drum_http_request_seconds", "Time to an answer", labels=["route"])
        for route, distribution in self._latency.items():
            distribution.add_to(latency, route)
        stages = HistogramMetricFamily("drum_stage_seconds", "Time in a stage of scoring", labels=["stage"])
        for stage, distribution in self._stages.items():
            distribution.add_to(stages, stage)
        shared = HistogramMetricFamily("drum_shared_requests", "Requests that shared a call", labels=[])
        self._shared.add_to(shared)
        yield from (requests, latency, stages, shared)
        yield CounterMetricFamily("drum_scored_rows", "Rows scored", value=self._rows)

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self._registry)


class _PoolCollector(Collector):
    """Reads the pool when it is asked, so that nothing has to be kept up to date."""

    def __init__(self, pool: AnyPool) -> None:
        self._pool = pool

    def collect(self) -> Iterable[Metric]:
        """Yield the gauges."""
        pool = self._pool
        yield GaugeMetricFamily("drum_ready", "Whether a worker has loaded the model", value=float(pool.is_ready))
        yield GaugeMetricFamily("drum_queue_requests", "Requests that wait", value=pool.queue_length)
        yield GaugeMetricFamily("drum_workers", "Worker processes", value=len(pool.pids))
        ready = len(pool.ready_pids)
        yield GaugeMetricFamily("drum_ready_workers", "Worker processes that have loaded the model", value=ready)
        yield CounterMetricFamily("drum_worker_restarts", "Workers started in place of dead ones", value=pool.restarts)
        load_seconds = (pool.model or {}).get("load_seconds", 0.0)
        yield GaugeMetricFamily("drum_model_load_seconds", "Time to load the model, the last time", value=load_seconds)
        front = resident_bytes(os.getpid())
        yield GaugeMetricFamily("drum_front_resident_bytes", "Memory of the front", value=front)
        memory = sum(resident_bytes(pid) for pid in pool.pids)
        yield GaugeMetricFamily("drum_workers_resident_bytes", "Memory of all workers", value=memory)


def resident_bytes(pid: int) -> int:
    """Return the memory that a process holds; 0 if it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES
    except OSError:
        return 0
