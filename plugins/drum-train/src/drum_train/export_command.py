"""``drum export``: ONNX graphs that predict the same, and a folder that runs the model with its monitoring."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from drum.cli.commands import Command
from drum.errors import ConfigError, PluginLoadError
from drum_train.data_options import add_checkpoint_options, path_of

if TYPE_CHECKING:
    from drum.cli.commands import Context

TOLERANCE = 1e-5


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_checkpoint_options(parser)
    add = parser.add_argument
    add("--onnx", metavar="DIR", help="the code directory to write, with graphs in place of the artifact")
    add("--bundle", metavar="DIR", help="the folder that 'drum monitor bundle' is to write")
    add(
        "--reference", metavar="FILE",
        help="the data to compare on, as drum fit writes them; default: those beside the checkpoints",
    )  # fmt: skip
    add(
        "--tolerance", type=_tolerance, default=TOLERANCE, metavar="X",
        help=f"how far a prediction may move, relative to its size where that is above 1; default: {TOLERANCE:g}",
    )  # fmt: skip


def _tolerance(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"'{text}' is no number of 0 or more")
    return number


def _run(context: Context) -> None:
    given = context.arguments
    onnx, bundle = path_of(given.onnx), path_of(given.bundle)
    if onnx is None and bundle is None:
        raise ConfigError("Say what to export: --onnx DIR, --bundle DIR, or both.")
    if bundle is not None and not context.manager.has_plugin("monitor"):
        raise ConfigError("--bundle needs drum-monitor. Run: pip install drum-monitor")
    import tempfile

    with tempfile.TemporaryDirectory(prefix="drum-train-") as building:
        _export(context, Path(building).resolve(), onnx, bundle)


def _export(context: Context, building: Path, onnx: Path | None, bundle: Path | None) -> None:
    from drum_train.exporting import export_onnx, reference_of
    from drum_train.output_folder import check_place
    from drum_train.trained import trained_model

    given = context.arguments
    trained = trained_model(context, building)
    reference = reference_of(trained, path_of(given.reference))
    folder = trained.folder
    if trained.told:
        print("\n".join(trained.told))  # noqa: T201 - a command speaks to who called it
    if onnx is not None:
        check_place(onnx, Path(context.settings["code_dir"]).expanduser())
        print("\n".join(export_onnx(trained, onnx, reference, given.tolerance, context)))  # noqa: T201
        folder = onnx
    if bundle is not None:
        _bundle(folder, bundle, reference)


def _bundle(folder: Path, bundle: Path, reference: Path) -> None:
    """Hand over to ``drum monitor bundle``, in a process of its own.

    :raises ConfigError: if it refuses.
    """
    import subprocess
    import sys

    sys.stdout.flush()
    done = subprocess.run(
        [sys.executable, "-P", "-m", "drum", "monitor", "bundle", "--code-dir", str(folder), "--output", str(bundle),
         "--reference", str(reference)], check=False,
    )  # fmt: skip
    if done.returncode == 2:
        raise ConfigError(f"drum monitor bundle did not write '{bundle}'; the reason stands above.")
    if done.returncode:
        raise PluginLoadError(f"drum monitor bundle ended with {done.returncode}; the reason stands above.")


COMMAND = Command(
    name="export",
    help="export a trained model: ONNX graphs that predict the same, or a bundle with monitoring",
    description="Export a trained code directory, or the best checkpoint of its model class, else the newest last "
    "one. The exported folder is scored on the reference, and written only if it agrees with the original.",
    run=_run,
    add_arguments=_add_arguments,
    examples=(
        "drum export --code-dir trained --onnx exported --reference reference.parquet",
        "drum export --code-dir trained --weights-dir weights --onnx exported --bundle bundle",
    ),
)
