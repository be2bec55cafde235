"""``drum validation``: find out what a model does on ordinary and on awkward data."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from drum import media_types
from drum.cli import inputs
from drum.cli.commands import Command, Context
from drum.cli.tables import new_table, print_all
from drum.errors import ConfigError
from drum.types import Payload, TargetType

if TYPE_CHECKING:
    from drum.settings import Settings
    from drum.validation.report import Check, Report

SAMPLE_ROWS = 1000
TOLERANCE = 1e-6
MOST_SHOWN = 20
"""Failures of one check that the table shows; ``--json`` has all of them."""
COLORS = {"PASSED": "green", "FAILED": "bold red", "SKIPPED": "dim"}


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--keep-failed", metavar="DIR", help="write the data that failed to files in this folder")
    parser.add_argument(
        "--sample-rows", type=int, default=SAMPLE_ROWS, metavar="N",
        help=f"rows, spread over the input, that the checks are made with; 0 = all; default: {SAMPLE_ROWS:,}",
    )  # fmt: skip
    parser.add_argument(
        "--tolerance", type=float, default=TOLERANCE, metavar="X",
        help=f"how far predictions that should be the same may be apart, as a share of them; default: {TOLERANCE:g}",
    )  # fmt: skip


def _run(context: Context) -> None:
    from drum.cli.steps import shown_steps
    from drum.scorer import Scorer
    from drum.trial.features import Features
    from drum.validation.validate import validate

    settings, arguments = context.settings, context.arguments
    if arguments.sample_rows < 0 or not arguments.tolerance >= 0:
        raise ConfigError("--sample-rows and --tolerance must be 0 or more.")
    with (
        inputs.output_apart() as stdout,
        Scorer(inputs.code_dir(settings), settings, context.manager) as scorer,
        shown_steps(sys.stderr, "Validating") as progress,
    ):
        report = validate(
            scorer,
            Features(context.manager, scorer.code_dir),
            _payload(settings, scorer.spec.target_type),
            sample_rows=arguments.sample_rows,
            tolerance=arguments.tolerance,
            keep=Path(arguments.keep_failed).expanduser() if arguments.keep_failed else None,
            progress=progress,
        )
        if arguments.json:
            stdout.write((json.dumps(report.as_json(), indent=2) + "\n").encode())
        else:
            _print(report, stdout)
    report.raise_if_failed()


def _payload(settings: Settings, target_type: TargetType) -> Payload:
    if target_type is TargetType.UNSTRUCTURED:
        return inputs.unstructured_payload(settings)
    source = inputs.input_name(settings)
    parts = inputs.parts(settings)
    if source == "-":
        return Payload(body=inputs.read_all(source), media_type=media_types.CSV, parts=parts, room=None)
    read = media_types.payload_of_file(Path(source))
    return Payload(body=read.body, media_type=read.media_type, parts=parts, room=None)


# ------------------------------------------------------------------------------------- the table


def _print(report: Report, stdout: BinaryIO) -> None:
    from rich.text import Text

    table = new_table("check", "result", "details", "time", right=("time",))
    for title, status, details, seconds in _rows(report.checks):
        table.add_row(Text(title), Text(status, style=COLORS[status]), Text(details), f"{seconds:.2f} s")
    print_all(stdout, table, _summary(report))


def _rows(checks: Sequence[Check]) -> Iterator[tuple[str, str, str, float]]:
    """Yield a row for each check; those of columns share one, but for the columns that failed."""
    for name, group in groupby(checks, key=lambda check: check.name):
        members = list(group)
        failed = [check for check in members if check.status.value == "FAILED"]
        others = [check for check in members if check.status.value != "FAILED"]
        if others:
            seconds = sum(check.seconds for check in others)
            yield name, others[0].status.value, _shared_details(others), seconds
        for check in failed[:MOST_SHOWN]:
            title = f"{name}: {check.column}" if check.column is not None else name
            yield title, check.status.value, _with_file(check), check.seconds
        if len(failed) > MOST_SHOWN:
            rest = failed[MOST_SHOWN:]
            more = f"and {len(rest)} more columns; --json has all of them"
            yield name, "FAILED", more, sum(check.seconds for check in rest)


def _shared_details(checks: Sequence[Check]) -> str:
    if len(checks) == 1 and checks[0].column is None:
        return checks[0].details
    refused = [check for check in checks if check.refused]
    predicted = len(checks) - len(refused)
    words = [f"predicted without {predicted} column{'s' * (predicted != 1)}"] if predicted else []
    if refused:
        words.append(f"refused without {', '.join(str(check.column) for check in refused[:MOST_SHOWN])}")
        words[-1] += f" and {len(refused) - MOST_SHOWN} more" if len(refused) > MOST_SHOWN else ""
    return "; ".join(words)


def _with_file(check: Check) -> str:
    return check.details if check.kept is None else f"{check.details} Data: {check.kept}"


def _summary(report: Report) -> str:
    counts = report.as_json()["counts"]
    size = "" if report.rows is None else f" {report.rows:,} rows of {report.columns:,} columns"
    if report.rows is not None and report.sampled is not None and report.sampled < report.rows:
        size += f", checked with {report.sampled:,} of them"
    told = ", ".join(f"{count} {status.lower()}" for status, count in counts.items() if count)
    return f"{told} in {report.seconds:.1f} s{';' if size else ''}{size}"


COMMAND = Command(
    name="validation",
    help="find out what a model does on ordinary and on awkward data",
    description="Score the input, and again with missing values, moved columns, single rows, in batches, through the "
    "server, twice; tell what passed and what failed. The exit code is 0 only if nothing failed.",
    run=_run,
    add_arguments=_add_arguments,
    examples=(
        "drum validation --code-dir my-model --input data.csv --target-type regression",
        "drum validation --code-dir my-model --input data.csv --json > report.json",
        "drum validation --code-dir my-model --input data.csv --keep-failed failed-data",
    ),
)
