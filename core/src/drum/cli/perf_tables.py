"""What ``drum perf-test`` prints."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, BinaryIO

from drum.cli.tables import new_table, print_all

if TYPE_CHECKING:
    from drum.perf.results import Result
    from drum.perf.tuning import Trial


def report_as_json(about: Mapping[str, str], results: Sequence[Result]) -> bytes:
    """Return what was measured, for programs."""
    report = {"about": about, "cases": [result.as_json() for result in results]}
    return (json.dumps(report, indent=2) + "\n").encode()


def print_results(stdout: BinaryIO, results: Sequence[Result]) -> None:
    """Print the times of all cases, and where they go."""
    from drum.perf.results import LATENCIES, REST, STAGES

    heads = ("failed", "min ms", "median ms", "p95 ms", "p99 ms", "max ms", "rows/s", "memory MB")
    times = new_table("case", "requests", *heads, right=("requests", *heads))
    for result in results:
        latencies = [_ms(result.latency(share)) for share in LATENCIES.values()]
        failed = f"{sum(result.failures.values()):,}"
        cells = (f"{result.requests:,}", failed, *latencies, _rows_per_second(result), _megabytes(result.memory))
        times.add_row(result.case, *cells)
    stages = new_table("mean ms of a request", *STAGES, REST, right=(*STAGES, REST))
    for result in results:
        if result.seconds:
            stages.add_row(result.case, *(_share(result, stage) for stage in (*STAGES, REST)))
    print_all(stdout, times, stages)


def _ms(seconds: float | None) -> str:
    return "" if seconds is None else f"{1000 * seconds:,.2f}"


def _rows_per_second(result: Result) -> str:
    return "" if result.rows_per_second is None else f"{result.rows_per_second:,.0f}"


def _megabytes(memory: int | None) -> str:
    return "" if memory is None else f"{memory / 2**20:,.0f}"


def _share(result: Result, stage: str) -> str:
    seconds = result.shares.get(stage, 0.0)
    return f"{1000 * seconds:,.2f} ({seconds / (result.mean or 1):.0%})"


def trials_as_json(trials: Sequence[Trial], p99: float) -> bytes:
    """Return what was tried, for programs."""
    from drum.perf.tuning import fast_enough

    report = {
        "p99_ms": 1000 * p99,
        "meeting": [" ".join(trial.candidate.words) for trial in fast_enough(trials, p99)],
        "trials": [trial.as_json(p99) for trial in trials],
    }
    return (json.dumps(report, indent=2) + "\n").encode()


def print_trials(stdout: BinaryIO, trials: Sequence[Trial], p99: float) -> None:
    """Print what was tried, and the options that are fast enough."""
    from drum.perf.tuning import fast_enough

    heads = ("failed", "median ms", "p99 ms", "requests/s", "memory MB")
    table = new_table("options", *heads, f"within {1000 * p99:g} ms", right=heads)
    for trial in trials:
        result = trial.result
        table.add_row(
            " ".join(trial.candidate.words), f"{sum(result.failures.values()):,}", _ms(result.latency(0.5)),
            _ms(result.latency(0.99)), f"{result.per_second:,.0f}", _megabytes(result.memory),
            "yes" if trial.meets(p99) else "no",
        )  # fmt: skip
    meeting = fast_enough(trials, p99)
    lines = [f"  drum server {' '.join(trial.candidate.words)}" for trial in meeting]
    if any(trial.candidate.batch for trial in meeting):
        lines.append("--batch is right only if the hooks answer each row on its own: 'drum validation' tells.")
    print_all(stdout, table, *(["Fast enough, the least memory first:", *lines] if meeting else []))
