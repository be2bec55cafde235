"""``drum monitor``: the service, the reference, a simulation, a page of Evidently's, and a folder with all of it."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import TYPE_CHECKING

from drum.cli.commands import Command

if TYPE_CHECKING:
    from drum.cli.commands import Context

STEPS = {
    "serve": ("drum_monitor.serving.command", "run the monitoring service"),
    "reference": ("drum_monitor.reference", "score a dataset and write it as the reference"),
    "simulate": ("drum_monitor.simulation", "show false alarms and the smallest change that is seen, on a reference"),
    "evidently": ("drum_monitor.evidently_report.command", "compare two files by Evidently, as an HTML page"),
    "bundle": ("drum_monitor.bundle.command", "write a folder that runs the model and all that watches it"),
}
"""Where each subcommand's ``add_arguments`` and ``run`` are, and what it does."""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    steps = parser.add_subparsers(dest="step", metavar="STEP", required=True)
    for name, (module, text) in STEPS.items():
        import_module(module).add_arguments(steps.add_parser(name, help=text, description=text, allow_abbrev=False))


def _run(context: Context) -> None:
    import_module(STEPS[context.arguments.step][0]).run(context)


COMMAND = Command(
    name="monitor",
    help="compare what is scored with a reference",
    description="Compare what is scored with a reference: write it, try it before it is deployed, run the service.",
    run=_run,
    add_arguments=_add_arguments,
    uses_model=False,
    examples=(
        "drum monitor reference --code-dir my-model --input training.csv --output references.parquet",
        "drum monitor simulate --reference references.parquet",
        "drum monitor serve --config evidently.yaml",
        "drum server --code-dir my-model --monitor",
    ),
)
