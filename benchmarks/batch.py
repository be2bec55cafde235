"""How fast does ``drum score`` answer a large CSV, and in how much memory? Against a plain script with pandas.

    python benchmarks/batch.py --rows 1000000 5000000 --rounds 3

Both run as processes of their own, in turns, on the same data and the same scikit-learn pipeline; medians count.
Memory is the peak of the whole process tree. RSS counts what processes share once for each, PSS counts it once.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.csv
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

CHUNK_ROWS = 500_000
SAMPLE_EVERY_S = 0.05
SPEED_TARGETS = {1_000_000: 1.8, 5_000_000: 2.3}
CPU_TARGET = 0.65
MEMORY_TARGET_MB = 500
PLAIN = """
import sys

import joblib
import pandas as pd

model = joblib.load(sys.argv[1])
data = pd.read_csv(sys.argv[2], low_memory=False)
pd.DataFrame(model.predict_proba(data), columns=model.classes_).to_csv(sys.argv[3], index=False)
"""


@dataclass(frozen=True)
class Cost:
    """What one run took."""

    wall_s: float
    cpu_s: float
    rss_mb: float
    pss_mb: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()) / "drum-benchmark-batch")
    arguments = parser.parse_args()
    model = train(arguments.dir)
    for rows in arguments.rows:
        compare(arguments.dir, model, write_data(arguments.dir, rows), rows, arguments.rounds)


def compare(folder: Path, model: Path, data: Path, rows: int, rounds: int) -> None:
    """Run both in turns and print what they took."""
    outputs = {"plain script": folder / "plain.csv", "drum score": folder / "drum.csv"}
    words = f"--code-dir {model.parent} --input {data} --output {outputs['drum score']} --target-type binary"
    labels = "--positive-class-label yes --negative-class-label no"
    commands = {
        "plain script": [sys.executable, "-c", PLAIN, str(model), str(data), str(outputs["plain script"])],
        "drum score": [sys.executable, "-m", "drum", "score", *words.split(), *labels.split()],
    }
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            costs[name].append(measure(command))
    report(rows, {name: median(runs) for name, runs in costs.items()}, same_doubles(*outputs.values()))


def report(rows: int, costs: dict[str, Cost], is_same: bool) -> None:
    plain, drum = costs.values()
    print(f"{rows:,} rows        wall s   CPU s   peak RSS MB   peak PSS MB")
    for name, cost in costs.items():
        print(f"  {name:14} {cost.wall_s:8.2f}{cost.cpu_s:8.2f}{cost.rss_mb:14.0f}{cost.pss_mb:14.0f}")
    target = f"  (at least {SPEED_TARGETS[rows]})" if rows in SPEED_TARGETS else ""
    print(f"  speed          {plain.wall_s / drum.wall_s:8.2f}{target}")
    print(f"  CPU            {drum.cpu_s / plain.cpu_s:8.2f}  (at most {CPU_TARGET})")
    print(f"  memory         {drum.rss_mb / plain.rss_mb:8.2f}  (RSS at most {MEMORY_TARGET_MB} MB)")
    print(f"  predictions    {'equal to the last bit' if is_same else 'DIFFERENT'}", flush=True)


def median(runs: list[Cost]) -> Cost:
    return Cost(*(statistics.median(values) for values in zip(*(vars(run).values() for run in runs), strict=True)))


# ------------------------------------------------------------------------------------- measuring


def measure(command: list[str]) -> Cost:
    """Run a command; sample the memory of its process tree meanwhile."""
    before, started = cpu_of_children(), time.perf_counter()
    peak_rss = peak_pss = 0.0
    with subprocess.Popen(command) as process:
        while process.poll() is None:
            rss, pss = memory_of_tree(process.pid)
            peak_rss, peak_pss = max(peak_rss, rss), max(peak_pss, pss)
            with suppress(subprocess.TimeoutExpired):
                process.wait(SAMPLE_EVERY_S)
    wall = time.perf_counter() - started
    if process.returncode:
        sys.exit(f"{command} has failed with status {process.returncode}")
    return Cost(wall, cpu_of_children() - before, peak_rss / 1e6, peak_pss / 1e6)


def cpu_of_children() -> float:
    """Add up the seconds of all processes that have ended, theirs included that they have waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def memory_of_tree(pid: int) -> tuple[float, float]:
    rss = pss = 0
    with suppress(psutil.NoSuchProcess):
        for process in (parent := psutil.Process(pid), *parent.children(recursive=True)):
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                memory = process.memory_full_info()
                rss, pss = rss + memory.rss, pss + memory.pss
    return rss, pss


def same_doubles(first: Path, second: Path) -> bool:
    """Compare two files of predictions, number by number and bit by bit."""
    with first.open() as one, second.open() as other:
        if next(one) != next(other):
            return False
        return all(bits(left) == bits(right) for left, right in zip(one, other, strict=True))


def bits(line: str) -> bytes:
    return np.array([float(field) for field in line.split(",")]).tobytes()


# ------------------------------------------------------------------------------------- data and model


def write_data(folder: Path, rows: int) -> Path:
    """Write a CSV of 14 numbers and 3 texts, once."""
    path = folder / f"data-{rows}.csv"
    if not path.exists():
        part = path.with_suffix(".part")
        frames = make_data(rows, seed=1)
        first = pa.Table.from_pandas(next(frames), preserve_index=False)
        with pa.csv.CSVWriter(part, first.schema) as writer:
            writer.write_table(first)
            for frame in frames:
                writer.write_table(pa.Table.from_pandas(frame, schema=first.schema, preserve_index=False))
        part.replace(path)
    return path


def make_data(rows: int, seed: int) -> Iterator[pd.DataFrame]:
    random = np.random.default_rng(seed)
    for first in range(0, rows, CHUNK_ROWS):
        count = min(CHUNK_ROWS, rows - first)
        columns: dict[str, object] = {f"measure_{number}": random.normal(size=count) for number in range(10)}
        columns |= {f"price_{number}": random.lognormal(3, 1, size=count).round(2) for number in range(3)}
        columns["age"] = random.integers(18, 90, size=count)
        columns["city"] = random.choice(["Berlin", "Paris", "London", "Rome", "New York"], count)
        columns["plan"] = random.choice(["basic", "plus", "pro"], count)
        columns["channel"] = random.choice(["web", "phone", "shop", "mail"], count)
        frame = pd.DataFrame(columns)
        for name in ("measure_0", "measure_4", "price_0", "channel"):
            frame[name] = frame[name].mask(random.random(count) < 0.05)
        yield frame


def train(folder: Path) -> Path:
    """Fit a pipeline, once."""
    path = folder / "model" / "model.joblib"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        frame = next(make_data(20_000, seed=0))
        target = np.where(frame["measure_1"] + (frame["city"] == "Rome") - frame["price_1"] / 40 > 0, "yes", "no")
        texts = ["city", "plan", "channel"]
        encoders = make_column_transformer(
            (make_pipeline(SimpleImputer(), StandardScaler()), [name for name in frame if name not in texts]),
            (OneHotEncoder(handle_unknown="ignore"), texts),
        )
        joblib.dump(make_pipeline(encoders, LogisticRegression(max_iter=500)).fit(frame, target), path)
    return path


if __name__ == "__main__":
    main()
