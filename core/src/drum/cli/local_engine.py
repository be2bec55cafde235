"""The engine ``local``, as a plugin: score on this machine, on as many of its cores as are allowed."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from drum.cli import inputs
from drum.engines import LOCAL, Engine, Engines, ScoringJob
from drum.hookspecs import hookimpl
from drum.types import TargetType

if TYPE_CHECKING:
    from drum.batch.scoring import Summary


@hookimpl
def drum_add_engines(engines: Engines) -> None:
    """Bring the engine that everybody has."""
    engines.add(Engine(name=LOCAL, help="score on this machine", run=_run, unstructured=True))


def _run(job: ScoringJob) -> Summary | None:
    if job.scorer.spec.target_type is TargetType.UNSTRUCTURED:
        _score_unstructured(job)
        return None
    return _score_rows(job)


def _score_rows(job: ScoringJob) -> Summary:
    from drum.batch.scoring import score_file

    return score_file(
        job.scorer,
        sys.stdin.buffer if job.input == "-" else Path(job.input),
        _output(job),
        parts=job.parts,
        batch_rows=job.settings["batch_rows"],
        jobs=job.settings["jobs"] or os.cpu_count() or 1,
        progress=job.progress,
    )


def _score_unstructured(job: ScoringJob) -> None:
    from drum.batch.output import pending_output

    with pending_output(_output(job)) as output:
        output.write(job.scorer.score_unstructured(inputs.unstructured_payload(job.settings)).body)
        output.deliver()


def _output(job: ScoringJob) -> Path | BinaryIO:
    return Path(job.output) if job.output else job.stdout
