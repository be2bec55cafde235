"""``drum score``: score a file and write the predictions."""

from __future__ import annotations

import resource
import sys
from typing import TYPE_CHECKING

from drum.cli import inputs
from drum.cli.commands import Command, Context
from drum.engines import LOCAL, Engine, Engines, ScoringJob
from drum.errors import ConfigError, OptionConflictError
from drum.types import TargetType

if TYPE_CHECKING:
    from drum.batch.scoring import Summary
    from drum.scorer import Scorer
    from drum.settings import Settings


def _run(context: Context) -> None:
    from drum.batch.progress import shown_progress
    from drum.scorer import Scorer

    settings = context.settings
    engine = _chosen_engine(context)
    with (
        inputs.output_apart() as stdout,
        Scorer(inputs.code_dir(settings), settings, context.manager) as scorer,
        shown_progress(sys.stderr) as progress,
    ):
        _check_target_type(scorer, engine, settings)
        job = ScoringJob(
            scorer=scorer, settings=settings, input=inputs.input_name(settings), output=settings["output"],
            stdout=stdout, parts=inputs.parts(settings), progress=progress, left_out=tuple(context.manager.left_out),
        )  # fmt: skip
        summary = engine.run(job)
    if summary is not None and settings["show_perf"]:
        _report(summary)


def _chosen_engine(context: Context) -> Engine:
    """Return the engine that was asked for, and hold the other ones' options against it."""
    engines = Engines()
    context.manager.hook.drum_add_engines(engines=engines)
    chosen = engines.get(context.settings["engine"])
    for engine in engines:
        for name in set(engine.options) - set(chosen.options):
            source = context.settings.source(name)
            if source.startswith("--"):  # variables may be set for other runs
                raise OptionConflictError(
                    f"{source} is for the engine '{engine.name}'. Leave it out, or say --engine {engine.name}."
                )
    return chosen


def _check_target_type(scorer: Scorer, engine: Engine, settings: Settings) -> None:
    if scorer.spec.target_type is TargetType.UNSTRUCTURED:
        if not engine.unstructured:
            raise ConfigError(
                f"The engine '{engine.name}' scores rows; a model of target type 'unstructured' answers the input as "
                f"a whole. Use --engine {LOCAL}."
            )
        return
    for name in ("query", "content_type"):
        if not settings.is_default(name):
            raise OptionConflictError(f"{settings.source(name)} is for target type 'unstructured' only.")


def _report(summary: Summary) -> None:
    peak = sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    print(
        f"{summary.rows:,} rows in {summary.seconds:.2f} s ({summary.rows / summary.seconds:,.0f} rows/s) "
        f"on {summary.processes} processes; peak memory {peak:,.0f} MB",
        file=sys.stderr,
    )


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
