"""The options by which all commands name data, and models among several."""

from __future__ import annotations

import argparse
from pathlib import Path

from drum.cli.commands import positive


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Add the data, and where the target and the weights of rows are."""
    add = parser.add_argument
    add("--input", required=True, metavar="FILE", help="the data: .csv .csv.gz .parquet .arrow .feather .json .mtx")
    add("--target", metavar="COLUMN", help="the input's column with the true answer; the model does not see it")
    add("--target-csv", metavar="FILE", help="the true answers in a file of their own, a row for each of the input")
    add("--row-weights", metavar="COLUMN", help="the input's column that says how much a row counts; no feature")
    add("--row-weights-csv", metavar="FILE", help="the same in a file of its own, with one column")
    add("--num-rows", type=positive, metavar="N", help="use only N of the rows, drawn at random, always the same ones")


def add_checkpoint_options(parser: argparse.ArgumentParser) -> None:
    """Add the model class, and where its checkpoints are."""
    add = parser.add_argument
    add("--model", metavar="NAME", help="the model class, where there are several")
    add("--weights-dir", metavar="DIR", help="where checkpoints are: DIR/MODEL/DATASET/best_… and last_…")
    add("--dataset", metavar="NAME", help="what the data are called there; default: the name of the input file")


def path_of(text: str | None) -> Path | None:
    """Return the path that an option names, if it is given."""
    return None if text is None else Path(text).expanduser()


def dataset_name(name: str | None, data: Path) -> str:
    """Return what the data are called in the folder of checkpoints."""
    return name or data.name.partition(".")[0] or "data"
