"""``drum score``: score a file and write the predictions."""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from drum.cli import inputs
from drum.cli.commands import Command, Context
from drum.errors import OptionConflictError
from drum.types import TargetType

if TYPE_CHECKING:
    from drum.batch.scoring import Summary
    from drum.scorer import Scorer
    from drum.settings import Settings


def _run(context: Context) -> None:
    from drum.scorer import Scorer

    settings = context.settings
    with inputs.output_apart() as stdout, Scorer(inputs.code_dir(settings), settings, context.manager) as scorer:
        if scorer.spec.target_type is TargetType.UNSTRUCTURED:
            _score_unstructured(scorer, settings, stdout)
        else:
            _score_rows(scorer, settings, stdout)


# ------------------------------------------------------------------------------------- rows


def _score_rows(scorer: Scorer, settings: Settings, stdout: BinaryIO) -> None:
    from drum.batch.progress import shown_progress
    from drum.batch.scoring import score_file

    for name in ("query", "content_type"):
        if not settings.is_default(name):
            raise OptionConflictError(f"{settings.source(name)} is for target type 'unstructured' only.")
    source = inputs.input_name(settings)
    with shown_progress(sys.stderr) as progress:
        summary = score_file(
            scorer,
            sys.stdin.buffer if source == "-" else Path(source),
            _output(settings, stdout),
            parts=inputs.parts(settings),
            batch_rows=settings["batch_rows"],
            jobs=settings["jobs"] or os.cpu_count() or 1,
            progress=progress,
        )
    if settings["show_perf"]:
        _report(summary)


def _report(summary: Summary) -> None:
    peak = sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    print(
        f"{summary.rows:,} rows in {summary.seconds:.2f} s ({summary.rows / summary.seconds:,.0f} rows/s) "
        f"on {summary.processes} processes; peak memory {peak:,.0f} MB",
        file=sys.stderr,
    )


def _output(settings: Settings, stdout: BinaryIO) -> Path | BinaryIO:
    return Path(settings["output"]) if settings["output"] else stdout


# ------------------------------------------------------------------------------------- unstructured


def _score_unstructured(scorer: Scorer, settings: Settings, stdout: BinaryIO) -> None:
    from drum.batch.output import pending_output

    with pending_output(_output(settings, stdout)) as output:
        output.write(scorer.score_unstructured(inputs.unstructured_payload(settings)).body)
        output.deliver()


COMMAND = Command(
    name="score",
    help="score a file and write the predictions",
    description="Score a file: predictions go to --output, complete or not at all, or to standard output as CSV.",
    run=_run,
    examples=(
        "drum score --code-dir my-model --input data.csv --target-type regression",
        "drum score --code-dir my-model --input data.parquet --output predictions.csv \\",
        "    --target-type binary --positive-class-label yes --negative-class-label no",
        "drum score --code-dir my-model --input - --target-type anomaly < data.csv | head",
    ),
)
