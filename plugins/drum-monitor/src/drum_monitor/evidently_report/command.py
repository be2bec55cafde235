"""``drum monitor evidently``: two files compared by Evidently, as one HTML page."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from drum.errors import ConfigError

if TYPE_CHECKING:
    from drum.cli.commands import Context


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add = parser.add_argument
    add("--reference", required=True, metavar="FILE", help="a reference, as 'drum monitor reference' writes it")
    add(
        "--current", required=True, metavar="FILE",
        help=".parquet or .csv with the same columns: what 'drum monitor reference' writes of newer data",
    )  # fmt: skip
    add("--output", required=True, metavar="FILE", help="the HTML file to write")
    add("--prediction", nargs="+", default=[], metavar="COLUMN", help="score columns, if the file does not state them")
    add("--target", metavar="COLUMN", help="the column with the true answer, if the file does not state it")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--python", metavar="PATH", help="a Python interpreter that has Evidently")
    where.add_argument(
        "--install", action="store_true", help="install Evidently first, into a folder of its own, unless it is there"
    )


def run(context: Context) -> None:
    """Write the page.

    :raises ConfigError: if a file cannot be read or written, or they do not fit together.
    :raises PluginDependencyError: if there is no Evidently.
    :raises PluginError: if Evidently fails.
    """
    from drum_monitor.evidently_report import environment
    from drum_monitor.evidently_report.drawing import complete_file, draw
    from drum_monitor.evidently_report.tables import compare

    given = context.arguments
    reference, current, output = (Path(text).expanduser() for text in (given.reference, given.current, given.output))
    if output.resolve() in (reference.resolve(), current.resolve()):
        raise ConfigError(f"--output is '{output}', which is one of the files to compare.")
    comparison = compare(reference, current, given.prediction, given.target)
    with complete_file(output) as part:
        if given.python:
            python = environment.named_python(given.python)
        else:
            python = environment.install() if given.install else environment.own_python()
        draw(comparison, python, part)
    lines = [
        f"Wrote '{output}': {len(comparison.current):,} rows beside {len(comparison.reference):,} of the reference, "
        f"{comparison.current.shape[1]} columns.",
        *comparison.notes,
    ]
    print("\n".join(lines))  # noqa: T201 - a command speaks to who called it
