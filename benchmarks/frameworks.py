"""How much does drum add to a framework? Its plugin against the framework called directly, in one process.

    python benchmarks/frameworks.py --only xgboost onnx

Both predict the same frame of 100,000 rows, and one row of it, in turns; medians count. Whatever is not installed is
left out. A framework is a module in ``framework_cases``; see there for what it must have. What misses a target says so.

Where there is a GPU that a framework can use, drum's throughput there is compared with drum's on the CPU, in turns too:
of a small network, which costs little more than the way of its rows to the GPU and back, and of a wide one.
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
GPU_TOLERANCE = 1e-3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}; {arguments.rows:,} rows of {COLUMNS} numbers")
    print(f"{'':20}batch ms: direct    drum  speed     one row ms: direct    drum  added    predictions  targets")
    for name in arguments.only:
        case = importlib.import_module(f"framework_cases.{name}")
        if all(map(find_spec, case.PACKAGES)):
            rows = make_rows(arguments.rows)
            compare(name, case, rows, arguments.rounds)
            if hasattr(case, "has_gpu"):
                compare_devices(name, case, rows, arguments.rounds)
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
    speed, added = batch[0] / batch[1], single[1] - single[0]
    print(
        f"{title:24}{batch[0]:14.1f}{batch[1]:8.1f}{speed:7.2f}{single[0]:20.3f}{single[1]:8.3f}{added:7.3f}    "
        f"{'equal' if off < TOLERANCE else f'OFF BY {off:.1e}':13}{verdict(speed, added)}",
        flush=True,
    )


def verdict(speed: float, added: float) -> str:
    """Return whether both targets are met, or which one is missed."""
    missed = [f"speed below {SPEED_TARGET}"] if speed < SPEED_TARGET else []
    missed += [f"more than {OVERHEAD_TARGET_MS} ms added"] if added > OVERHEAD_TARGET_MS else []
    return f"MISSED: {', '.join(missed)}" if missed else "met"


def compare_devices(name: str, case: Any, rows: pd.DataFrame, rounds: int) -> None:
    """Measure the same models with ``--device cuda`` and ``--device cpu``; print a line for each."""
    if not case.has_gpu():
        print(f"{name:18}  no GPU that it can use here: not compared with the CPU")
        return
    for title, save in case.NETWORKS.items():
        with tempfile.TemporaryDirectory() as folder:
            save(Path(folder), COLUMNS)
            with open_on(folder, "cuda") as on_gpu, open_on(folder, "cpu") as on_cpu:
                gpu, cpu = in_turns([lambda: on_gpu.predict(rows), lambda: on_cpu.predict(rows)], rounds)
                off = np.abs(on_gpu.predict(rows).frame["yes"] - on_cpu.predict(rows).frame["yes"]).max()
        print(
            f"{name + ' ' + title:24}rows a second: "
            f"GPU {len(rows) / gpu * 1000:,.0f}, CPU {len(rows) / cpu * 1000:,.0f}, "
            f"ratio {cpu / gpu:.2f}    {'equal' if off < GPU_TOLERANCE else f'OFF BY {off:.1e}'}",
            flush=True,
        )


def open_on(folder: str, device: str) -> Any:
    return drum.open(folder, target_type="binary", labels=("no", "yes"), options={"device": device})


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
