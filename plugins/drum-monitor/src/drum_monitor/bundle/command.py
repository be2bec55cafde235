"""``drum monitor bundle``: its options, and what it says in the end."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from drum.cli.commands import positive
from drum.errors import ConfigError

if TYPE_CHECKING:
    from drum.cli.commands import Context
    from drum_monitor.bundle.requirements import Pin


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add = parser.add_argument
    add("-cd", "--code-dir", required=True, metavar="DIR", help="folder with the model artifact and custom code")
    add("--output", required=True, metavar="DIR", help="folder to write; it must not exist")
    add(
        "--reference", metavar="FILE",
        help="what to compare with, as 'drum monitor reference' writes it; default: references.parquet in the code "
        "directory",
    )  # fmt: skip
    add("--row-id", metavar="COLUMN", help="the input's column by which labels will name a row; it is no feature")
    add("--no-monitoring", action="store_true", help="write inference/ only")
    add(
        "--wheels", metavar="DIR",
        help="folder with wheels; those that are needed go into the bundle, for what no index has",
    )  # fmt: skip
    add(
        "--base-image", metavar="IMAGE",
        help="image to build on, with Python, and for a model in R, Java or Julia with that or on Debian; default: "
        "python:3.x-slim with the version that runs here; there is none for Julia",
    )  # fmt: skip
    add("--window-size", type=positive, default=1000, metavar="N", help="rows in a window; default: 1000")
    add("--min-reference-size", type=positive, default=30, metavar="N", help="rows before a verdict; default: 30")
    add("--calculation-period-sec", type=positive, default=10, metavar="S", help="between verdicts; default: 10")
    add("--target-type", metavar="TYPE", help="what the model predicts, if model-metadata.yaml does not say it")
    add("--positive-class-label", metavar="LABEL", help="binary: label of the positive class")
    add("--negative-class-label", metavar="LABEL", help="binary: label of the negative class")
    add("--class-labels", nargs="+", metavar="LABEL", help="multiclass, multilabel: the labels, in order")
    add("--runtime", metavar="NAME", help="the runtime to use, where several could")


def run(context: Context) -> None:
    """Write the bundle, or nothing at all.

    :raises ConfigError: if the options, the reference or the place to write to are not right.
    :raises DrumError: if the model does not load.
    """
    from drum_monitor.bundle.assembly import Plan, write_bundle
    from drum_monitor.bundle.folder import new_folder
    from drum_monitor.bundle.served_model import look_at

    given = context.arguments
    code_dir, output = _path(given.code_dir), _path(given.output)
    if output.resolve().is_relative_to(code_dir.resolve()):
        raise ConfigError(f"'{output}' lies inside the code directory. Choose a folder outside it.")
    if given.window_size < given.min_reference_size:
        raise ConfigError(
            f"--window-size is {given.window_size}, but --min-reference-size is {given.min_reference_size}: there "
            "would never be a verdict. Make the window larger, or --min-reference-size smaller."
        )
    plan = Plan(
        watched=not given.no_monitoring,
        reference=_path(given.reference) if given.reference else None,
        wheels=_path(given.wheels) if given.wheels else None,
        base_image=given.base_image,
        row_id=given.row_id,
        window_size=given.window_size,
        min_reference_size=given.min_reference_size,
        calculation_period_sec=given.calculation_period_sec,
    )
    with new_folder(output) as folder:
        missing = write_bundle(folder, look_at(code_dir, vars(given), context), plan)
    _tell(output, missing)


def _path(text: str) -> Path:
    return Path(text).expanduser()


def _tell(output: Path, missing: Sequence[Pin]) -> None:
    lines = [f"Wrote '{output}'. Its README.md says how to start it."]
    local = [str(pin) for pin in missing if pin.local]
    if local:
        lines.append(
            f"Not from an index, but from a folder of this machine: {', '.join(local)}. Unless your index has them, "
            "make wheels of them and bundle again with --wheels DIR."
        )
    print("\n".join(lines))  # noqa: T201 - a command speaks to who called it
