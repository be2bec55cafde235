"""``drum score``: score a file and write the predictions."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import parse_qs

from drum import media_types
from drum.cli.commands import Command, Context
from drum.errors import ConfigError, MalformedInputError, OptionConflictError
from drum.types import Payload, TargetType

if TYPE_CHECKING:
    from drum.batch.scoring import Summary
    from drum.scorer import Scorer
    from drum.settings import Settings


def _run(context: Context) -> None:
    from drum.scorer import Scorer

    settings = context.settings
    with _predictions_apart() as stdout, Scorer(_code_dir(settings), settings, context.manager) as scorer:
        if scorer.spec.target_type is TargetType.UNSTRUCTURED:
            _score_unstructured(scorer, settings, stdout)
        else:
            _score_rows(scorer, settings, stdout)


def _code_dir(settings: Settings) -> Path:
    if settings["code_dir"] is None:
        raise ConfigError("Say which model to use: --code-dir DIR (or CODE_DIR).")
    return Path(settings["code_dir"])


def _input(settings: Settings) -> str:
    if settings["input"] is None:
        raise ConfigError("Say what to score: --input FILE (or INPUT), or - for standard input.")
    return str(settings["input"])


@contextmanager
def _predictions_apart() -> Iterator[BinaryIO]:
    """Yield the real standard output, and send there nothing but predictions.

    Whatever user code or a native library prints meanwhile goes to standard error.
    """
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    stdout = os.fdopen(kept, "wb", buffering=0)  # nothing left to flush when the reader has gone
    try:
        yield stdout
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        stdout.close()


# ------------------------------------------------------------------------------------- rows


def _score_rows(scorer: Scorer, settings: Settings, stdout: BinaryIO) -> None:
    from drum.batch.progress import shown_progress
    from drum.batch.scoring import score_file

    for name in ("query", "content_type"):
        if not settings.is_default(name):
            raise OptionConflictError(f"{settings.source(name)} is for target type 'unstructured' only.")
    source = _input(settings)
    with shown_progress(sys.stderr) as progress:
        summary = score_file(
            scorer,
            sys.stdin.buffer if source == "-" else Path(source),
            _output(settings, stdout),
            parts=_parts(settings),
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


def _parts(settings: Settings) -> Mapping[str, bytes]:
    names = settings["sparse_column_file"]
    if names is None:
        return {}
    try:
        return {"X.colnames": Path(names).read_bytes()}
    except OSError as error:
        raise ConfigError(f"The file of column names '{names}' cannot be read: {error.strerror}.") from error


# ------------------------------------------------------------------------------------- unstructured


def _score_unstructured(scorer: Scorer, settings: Settings, stdout: BinaryIO) -> None:
    from drum.batch.output import pending_output

    media_type, charset = media_types.parse(settings["content_type"] or "")
    query = _query(settings["query"] or "")
    with pending_output(_output(settings, stdout)) as output:
        payload = Payload(body=_read(_input(settings)), media_type=media_type, charset=charset, query=query)
        output.write(scorer.score_unstructured(payload).body)
        output.deliver()


def _read(source: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        raise MalformedInputError(f"'{source}' cannot be read: {error.strerror}.") from error


def _query(text: str) -> Mapping[str, str]:
    return {name: values[-1] for name, values in parse_qs(text.lstrip("?"), keep_blank_values=True).items()}


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
