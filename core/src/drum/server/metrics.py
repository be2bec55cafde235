"""What Prometheus reads: requests, their time by stage, rows, sharing, the queue and the workers."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from drum.server.front import AnyPool
    from drum.workers.frames import Answer

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
COUNTS = (1, 2, 4, 8, 16, 32, 64)
STAGES = ("queue", "read", "score", "write")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Metrics:
    """The server's own metrics, and those that plugins add, in a registry of their own."""

    def __init__(self, pool: AnyPool, collectors: Iterable[Collector] = ()) -> None:
        self._registry = CollectorRegistry()
        for collector in (_PoolCollector(pool), *collectors):
            self._registry.register(collector)
        self._requests = Counter(
            "drum_http_requests", "Requests answered", ["route", "status"], registry=self._registry
        )
        self._latency = Histogram(
            "drum_http_request_seconds", "Time to an answer", ["route"], buckets=SECONDS, registry=self._registry
        )
        self._stages = Histogram(
            "drum_stage_seconds", "Time in a stage of scoring", ["stage"], buckets=SECONDS, registry=self._registry
        )
        self._by_stage = {stage: self._stages.labels(stage) for stage in STAGES}
        self._children: dict[tuple[str, int], tuple[Counter, Histogram]] = {}
        self._rows = Counter("drum_scored_rows", "Rows scored", registry=self._registry)
        self._shared = Histogram(
            "drum_shared_requests", "Requests that shared a call", buckets=COUNTS, registry=self._registry
        )

    def count_request(self, route: str, status: int, seconds: float) -> None:
        """Count a request; ``route`` is the path of a known route, so that labels stay few."""
        child = self._children.get((route, status))
        if child is None:
            child = self._children[route, status] = self._requests.labels(route, status), self._latency.labels(route)
        child[0].inc()
        child[1].observe(seconds)

    def count_answer(self, answer: Answer) -> None:
        """Count what a worker has done."""
        for stage, seconds in answer.seconds.items():
            self._by_stage[stage].observe(seconds)
        if not answer.error:
            self._rows.inc(answer.rows)
            self._shared.observe(answer.shared)

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
