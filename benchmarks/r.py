"""How fast do frames get into R and predictions back? drum-r against rpy2's own pandas2ri, on the same frame.

    python benchmarks/r.py --rows 100000 --rounds 3 --requests 10000

Both hand 20 mixed columns to a function in R and make a frame of what it returns, in turns, each in a process of its
own (R is started once in a process). Then single rows, from CSV to prediction: what does drum add, where R itself
does nothing? Then many requests, one after another: does memory grow? Needs drum-r, and rpy2-robjects for the peer.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

COLUMNS = 20
RATIO_TARGET = 1 / 20
ADDED_TARGET_MS = 2.0
GROWTH_TARGET_MB = 5.0
WARM_UP = 2000
"""Requests until memory has what it needs."""

FUNCTION = "function(data, model) data.frame(Predictions = data[[1]])"
FRAMES = f"score <- {FUNCTION}"
ROWS = """
load_model <- function(folder) {
  set.seed(1)
  data <- as.data.frame(matrix(rnorm(20000), ncol = 20))
  names(data) <- paste0("x", 0:19)
  lm(x0 ~ ., data)
}

score <- function(data, model) data.frame(Predictions = predict(model, data))
"""
NOTHING = "score <- function(data, model) data.frame(Predictions = 0)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--part", choices=PARTS, help="internal: what this process measures")
    arguments = parser.parse_args()
    if arguments.part:
        print(*PARTS[arguments.part](arguments))
    else:
        compare(arguments)


def compare(arguments: argparse.Namespace) -> None:
    """Measure in turns and print the ratios against the targets."""
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}; {arguments.rows:,} rows of {COLUMNS} mixed columns")
    rounds = [(measured("drum", arguments)[0], measured("pandas2ri", arguments)[0]) for _ in range(arguments.rounds)]
    ours, theirs = (statistics.median(seconds) for seconds in zip(*rounds, strict=True))
    print(f"into R and back: drum {ours * 1000:.0f} ms, pandas2ri {theirs * 1000:.0f} ms; 1/{theirs / ours:.0f}, "
          f"at most 1/{1 / RATIO_TARGET:.0f}: {verdict(ours / theirs <= RATIO_TARGET)}")  # fmt: skip
    added, whole = measured("rows", arguments)
    print(f"one row: {whole:.2f} ms with R's predict; drum's part is {added:.2f} ms, at most {ADDED_TARGET_MS:.0f}: "
          f"{verdict(added <= ADDED_TARGET_MS)}")  # fmt: skip
    before, after = measured("memory", arguments)
    print(f"memory: {before:.1f} MB after {WARM_UP:,} requests, {after:.1f} MB after {arguments.requests:,} more; "
          f"at most {GROWTH_TARGET_MB:.0f} MB of growth: {verdict(after - before <= GROWTH_TARGET_MB)}")  # fmt: skip


def verdict(is_met: bool) -> str:
    return "met" if is_met else "MISSED"


def measured(part: str, arguments: argparse.Namespace) -> list[float]:
    """Measure a part in a process of its own."""
    words = ["--rows", arguments.rows, "--requests", arguments.requests, "--part", part]
    command = [sys.executable, __file__, *map(str, words)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [float(word) for word in done.stdout.split()]


# ------------------------------------------------------------------------------------- frames


def mixed(count: int) -> pd.DataFrame:
    """Return numbers, whole numbers, text with gaps, and truth values."""
    random = np.random.default_rng(0)
    words = np.array(["alpha", "beta", "γάμμα", None], dtype=object)
    columns: dict[str, Any] = {f"f{number}": random.normal(size=count) for number in range(10)}
    columns |= {f"i{number}": random.integers(0, 9, count) for number in range(4)}
    columns |= {f"s{number}": random.choice(words, count) for number in range(5)}
    return pd.DataFrame(columns | {"b": random.integers(0, 2, count).astype(bool)})


def best_of(call: Callable[[], object], times: int = 3) -> float:
    """Return the shortest time of a call in seconds; the first one warms up and is left out."""
    seconds = []
    for _ in range(times + 1):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return min(seconds[1:])


def opened(code: str) -> Any:
    import drum

    folder = Path(tempfile.mkdtemp())
    (folder / "custom.R").write_text(code)
    return drum.open(folder, target_type="regression")


def drum_frames(arguments: argparse.Namespace) -> list[float]:
    frame = mixed(arguments.rows)
    scorer = opened(FRAMES)
    assert np.array_equal(scorer.predict(frame).frame["Predictions"], frame["f0"])
    return [best_of(lambda: scorer.predict(frame))]


def pandas2ri_frames(arguments: argparse.Namespace) -> list[float]:
    os.environ.setdefault("TZ", "UTC")
    from rpy2 import robjects
    from rpy2.robjects import pandas2ri
    from rpy2.robjects.conversion import localconverter

    frame = mixed(arguments.rows)
    score = robjects.r(FUNCTION)

    def there_and_back() -> pd.DataFrame:
        with localconverter(robjects.default_converter + pandas2ri.converter):
            return score(frame, robjects.NULL)

    assert np.array_equal(there_and_back()["Predictions"], frame["f0"])
    return [best_of(there_and_back, times=1)]


# ------------------------------------------------------------------------------------- single rows


def one_row(arguments: argparse.Namespace) -> list[float]:
    """Return what a hook that does nothing takes, and one that predicts, in milliseconds: medians, rows from CSV."""
    scorers = [opened(NOTHING), opened(ROWS)]
    seconds: list[list[float]] = [[], []]
    for body in rows_of_csv(500):
        for scorer, taken in zip(scorers, seconds, strict=True):
            started = time.perf_counter()
            scorer.score(body)
            taken.append(time.perf_counter() - started)
    return [statistics.median(taken[100:]) * 1000 for taken in seconds]


def rows_of_csv(count: int) -> list[bytes]:
    random = np.random.default_rng(1)
    header = ",".join(f"x{number}" for number in range(COLUMNS))
    return [f"{header}\n{','.join(map(str, random.normal(size=COLUMNS)))}\n".encode() for _ in range(count)]


def memory(arguments: argparse.Namespace) -> list[float]:
    """Return the resident memory, in megabytes, before and after many requests."""
    scorer = opened(ROWS)
    bodies = rows_of_csv(100)

    def ask(count: int) -> float:
        for number in range(count):
            scorer.score(bodies[number % len(bodies)])
        return resident_mb()

    return [ask(WARM_UP), ask(arguments.requests)]


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


PARTS = {"drum": drum_frames, "pandas2ri": pandas2ri_frames, "rows": one_row, "memory": memory}


if __name__ == "__main__":
    main()
