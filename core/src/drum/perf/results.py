"""What was measured, case by case."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from drum.errors import DrumError, MalformedInputError, OverloadedError, ScoreError, ScoreTimeoutError, WorkerDiedError
from drum.trial.http_client import NOTHING_CAME, OK

STAGES = ("queue", "read", "score", "write")
REST = "the rest"
"""What is no stage of scoring: HTTP, the front, the way to the worker and back."""


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the value that this share of all values do not exceed; it is one of them.

    :param ordered: at least one value, the smallest first.
    :param share: from 0 to 1.
    """
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


@dataclass(frozen=True)
class Result:
    """One case: what was sent, and how long the answers took.

    ``seconds`` are those of each request that was answered as it should be; ``failures`` counts what others were
    told, by status and message. ``wall`` is the time of all, ``stages`` are the mean seconds of a request in each
    stage as the server has measured them, ``memory`` is the peak of all its processes in bytes.
    """

    case: str
    rows: int | None
    bytes: int
    concurrency: int
    seconds: tuple[float, ...]
    failures: Mapping[tuple[int, str], int]
    wall: float
    stages: Mapping[str, float] = field(default_factory=dict)
    memory: int | None = None

    @cached_property
    def ordered(self) -> list[float]:
        """The seconds of the requests, the shortest first."""
        return sorted(self.seconds)

    @property
    def requests(self) -> int:
        """The requests that were sent."""
        return len(self.seconds) + sum(self.failures.values())

    @property
    def mean(self) -> float:
        """The mean seconds of a request."""
        return sum(self.seconds) / len(self.seconds)

    @property
    def per_second(self) -> float:
        """The requests answered in a second."""
        return len(self.seconds) / self.wall

    @property
    def rows_per_second(self) -> float | None:
        """The rows answered in a second."""
        return None if self.rows is None else self.per_second * self.rows

    def latency(self, share: float) -> float | None:
        """Return the seconds within which this share of the requests was answered; ``None`` if none was."""
        return percentile(self.ordered, share) if self.ordered else None

    @property
    def shares(self) -> Mapping[str, float]:
        """The mean seconds of a request in each stage, and in all that is none."""
        if not self.seconds:
            return {}
        stages = {stage: self.stages[stage] for stage in STAGES if stage in self.stages}
        return {**stages, REST: max(0.0, self.mean - sum(stages.values()))}

    def as_json(self) -> Mapping[str, Any]:
        """Return what JSON can hold of it; times are in milliseconds."""
        latencies = {name: self.latency(share) for name, share in LATENCIES.items()}
        failures = Counter({f"{status} {message}".strip(): n for (status, message), n in self.failures.items()})
        return {
            "case": self.case,
            "rows": self.rows,
            "bytes": self.bytes,
            "requests": self.requests,
            "concurrency": self.concurrency,
            "failed": dict(failures),
            "ms": {name: _ms(seconds) for name, seconds in latencies.items()},
            "stages_ms": {stage: _ms(seconds) for stage, seconds in self.shares.items()},
            "requests_per_second": round(self.per_second, 3),
            "rows_per_second": None if self.rows_per_second is None else round(self.rows_per_second, 3),
            "memory_bytes": self.memory,
        }


LATENCIES = {"min": 0.0, "median": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
"""The latencies that are told, and the share of the requests that each stands for."""


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(1000 * seconds, 4)


def raise_if_failed(results: Sequence[Result], log: str) -> None:
    """Raise an error if any request was not answered with success; its class tells whose fault the first one was.

    :param log: the end of the server's log.
    """
    for result in results:
        for (status, message), count in result.failures.items():
            kind = _kind(status)
            raise kind(f"{count} of {result.requests} requests of '{result.case}' failed: {message}", detail=log)


def _kind(status: int) -> type[DrumError]:
    if status in (NOTHING_CAME, OK):
        return WorkerDiedError
    by_status: Mapping[int, type[DrumError]] = {503: OverloadedError, 504: ScoreTimeoutError}
    return by_status.get(status, MalformedInputError if status < 500 else ScoreError)
