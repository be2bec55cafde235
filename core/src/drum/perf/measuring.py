"""Measure cases on a running server: the client's time, the server's stages, and its memory."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from drum.perf.cases import Case
from drum.perf.load import send
from drum.perf.process_memory import forget_peaks, peak_bytes
from drum.perf.results import STAGES, Result
from drum.perf.server_process import ServerProcess
from drum.trial.http_client import scoring_path
from drum.types import TargetType

Step = Callable[[str, float], None]

STAGE_SUM = re.compile(r'^drum_stage_seconds_sum\{stage="(\w+)"\} (\S+)$', re.MULTILINE)
WARM_UP = 10
"""Requests that each connection sends before anything is measured: what is imported by the first ones is there then."""


def measure(server: ServerProcess, case: Case, *, concurrency: int, on_answer: Callable[[int], None]) -> Result:
    """Send the requests of a case and return what was measured.

    :param concurrency: requests that are sent at once.
    :param on_answer: called with the number of requests that were answered so far.
    :raises UnavailableError: if the server has ended meanwhile.
    """
    pids = _pids(server)
    forget_peaks(pids)
    before = _stage_seconds(server)
    timed = send(case, server.address(_path(server, case)), concurrency=concurrency, on_answer=on_answer)
    after = _stage_seconds(server)
    good = tuple(outcome.seconds for outcome in timed.outcomes if not outcome.message)
    failures = Counter((outcome.status, outcome.message) for outcome in timed.outcomes if outcome.message)
    count = max(1, len(timed.outcomes))
    return Result(
        case=case.name,
        rows=case.rows,
        bytes=case.bytes,
        concurrency=concurrency,
        seconds=good,
        failures=failures,
        wall=timed.seconds,
        stages={stage: (after.get(stage, 0.0) - before.get(stage, 0.0)) / count for stage in STAGES},
        memory=peak_bytes(pids),
    )


def measure_all(
    server: ServerProcess, cases: Sequence[Case], *, concurrency: int, connections: int, step: Step = lambda *_: None
) -> list[Result]:
    """Measure some cases, one after the other, once everything is warm.

    :param connections: requests to send at once so that everybody who will answer gets warm.
    :param step: told of what begins, and of the share of the requests that is done.
    :raises UnavailableError: if the server has ended meanwhile.
    """
    step("warming up", 0.0)
    warm_up(server, cases[0], connections=connections)
    done, total = 0, sum(case.requests for case in cases)
    results = []
    for case in cases:
        told = partial(_tell, step, case.name, done, total)
        results.append(measure(server, case, concurrency=concurrency, on_answer=told))
        done += case.requests
    return results


def _tell(step: Step, name: str, before: int, total: int, answered: int) -> None:
    step(name, (before + answered) / total)


def warm_up(server: ServerProcess, case: Case, *, connections: int) -> None:
    """Send some requests that are not measured, so many at once that every worker gets some.

    Whether they succeed does not matter: the same ones are sent again.
    """
    few = replace(case, requests=connections * (WARM_UP if case.rows == 1 else 1))
    send(few, server.address(_path(server, case)), concurrency=connections, on_answer=lambda count: None)


def _path(server: ServerProcess, case: Case) -> str:
    return scoring_path(TargetType(json.loads(server.read("/info/"))["targetType"]), case.query)


def _pids(server: ServerProcess) -> list[int]:
    return [process["pid"] for process in json.loads(server.read("/stats/"))["drum_info"]]


def _stage_seconds(server: ServerProcess) -> Mapping[str, float]:
    """Return the seconds that all requests so far have spent in each stage."""
    return {stage: float(seconds) for stage, seconds in STAGE_SUM.findall(server.read("/metrics").decode())}
