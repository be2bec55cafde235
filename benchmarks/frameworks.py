"""How much does drum add to a framework? Its plugin against the framework called directly, in one process.

    python benchmarks/frameworks.py --only xgboost onnx

Both predict the same frame of 100,000 rows, and one row of it, in turns; medians count. Whatever is not installed is
left out. A framework is a module in ``framework_cases``; see there for what it must have.
"""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import framework_cases
import numpy as np
import pandas as pd

import drum

NAMES = sorted(module.name for module in pkgutil.iter_modules(framework_cases.__path__))
COLUMNS = 20
TRAINING_ROWS = 20_000
SPEED_TARGET = 0.9
OVERHEAD_TARGET_MS = 0.3
TOLERANCE = 1e-5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}; {arguments.rows:,} rows of {COLUMNS} numbers")
    print("                    batch ms: direct    drum  speed     one row ms: direct    drum  added    predictions")
    for name in arguments.only:
        case = importlib.import_module(f"framework_cases.{name}")
        if all(map(find_spec, case.PACKAGES)):
            compare(name, case, make_rows(arguments.rows), arguments.rounds)
        else:
            print(f"{name:18}  not installed")
    print(f"{'':44}at least {SPEED_TARGET}{'':29}at most {OVERHEAD_TARGET_MS}")


def make_rows(count: int) -> pd.DataFrame:
    random = np.random.default_rng(1)
    return pd.DataFrame(random.normal(size=(count, COLUMNS)), columns=[f"x{number}" for number in range(COLUMNS)])


def compare(name: str, case: Any, rows: pd.DataFrame, rounds: int) -> None:
    """Train the models of one framework; measure and print a line for each."""
    training = make_rows(TRAINING_ROWS)
    target = (training["x0"] + training["x1"] * training["x2"] > 0).to_numpy().astype(int)
    for title, train in case.MODELS.items():
        with tempfile.TemporaryDirectory() as folder:
            direct = train(Path(folder), training, target)
            with drum.open(folder, target_type="binary", labels=("no", "yes")) as scorer:
                measure(f"{name} {title}", direct, scorer.predict, rows, rounds)


def measure(title: str, direct: Callable[..., Any], ours: Callable[..., Any], rows: pd.DataFrame, rounds: int) -> None:
    batch = in_turns([lambda: direct(rows), lambda: ours(rows)], rounds)
    one = rows[:1]
    single = in_turns([lambda: direct(one), lambda: ours(one)], rounds * 100)
    off = np.abs(np.asarray(direct(rows)).reshape(len(rows), -1)[:, -1] - ours(rows).frame["yes"]).max()
    print(
        f"{title:24}{batch[0]:14.1f}{batch[1]:8.1f}{batch[0] / batch[1]:7.2f}{single[0]:20.3f}{single[1]:8.3f}"
        f"{single[1] - single[0]:7.3f}    {'equal' if off < TOLERANCE else f'OFF BY {off:.1e}'}",
        flush=True,
    )


def in_turns(calls: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """Return the median of the milliseconds that each call takes; the first round warms up and is left out."""
    seconds: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds + 1):
        for call, taken in zip(calls, seconds, strict=True):
            started = time.perf_counter()
            call()
            taken.append(time.perf_counter() - started)
    return [statistics.median(taken[1:]) * 1000 for taken in seconds]


if __name__ == "__main__":
    main()
