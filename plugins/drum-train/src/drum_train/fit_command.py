"""``drum fit``: its options, and what it says in the end."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from drum.cli.commands import Command
from drum_train.data_options import add_checkpoint_options, add_data_options

if TYPE_CHECKING:
    from drum.cli.commands import Context


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_data_options(parser)
    add_checkpoint_options(parser)
    add = parser.add_argument
    add("--output", metavar="DIR", help="the code directory to write; without it, a dry run that keeps nothing")
    add("--parameter-file", metavar="FILE", help="hyperparameters by name, JSON or YAML; before hyperparameters.json")
    add("--resume", action="store_true", help="go on from the last checkpoint, as if the run had never stopped")
    add("--other-data", action="store_true", help="with --resume: go on, though the data are not those of the start")
    add(
        "--reference", metavar="FILE",
        help="the Parquet file for drum-monitor; default: beside the last checkpoint, if there is one",
    )  # fmt: skip


def _run(context: Context) -> None:
    from drum_train.fitting import fit

    print("\n".join(fit(context)))  # noqa: T201 - a command speaks to who called it


COMMAND = Command(
    name="fit",
    help="train a model, and write a code directory that scores as it is",
    description="Train with your hook 'fit', or with a model class, and write a code directory that drum "
    "scores as it is: complete, or not at all.",
    run=_run,
    add_arguments=_add_arguments,
    examples=(
        "drum fit --code-dir my-model --input train.csv --target price --target-type regression --output trained",
        "drum fit --code-dir my-model --input train.csv --target kind --output trained --weights-dir weights --resume",
    ),
)
