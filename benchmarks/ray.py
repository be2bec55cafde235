"""How fast does ``drum score --engine ray`` score many files, and from which size on does it pay?

    python benchmarks/ray.py --rows 2000000 --files 20 --actors 2 --rounds 3
    python benchmarks/ray.py --pays --rows 100000 500000 2000000 5000000

Against the local engine with as many jobs, on the same rows in one file, in turns; medians count. The pipeline and the
data are those of ``benchmarks/batch.py``. Of Ray's time its start is subtracted, which the run itself logs: until Ray
and the first actor, with its model, were ready. ``--pays`` compares the whole times instead.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from batch import make_data, train

TARGET = 0.8
GROUP_ROWS = 100_000
LABELS = ["--target-type", "binary", "--positive-class-label", "yes", "--negative-class-label", "no"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[2_000_000])
    parser.add_argument("--files", type=int, default=20)
    parser.add_argument("--actors", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--format", choices=("parquet", "csv"), default="parquet", help="format of input and output")
    parser.add_argument("--pays", action="store_true", help="compare whole times, at every number of rows")
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()) / "drum-benchmark-ray")
    arguments = parser.parse_args()
    model = train(arguments.dir)
    runs = [Case(arguments, model, rows) for rows in arguments.rows]
    if arguments.pays:
        print(f"{'rows':>12}{'local s':>10}{'ray s':>10}   ray / local (below 1, Ray pays)")
        for case in runs:
            times = case.medians()
            local, ray = times["local"], times["ray"]
            print(f"{case.rows:>12,}{local:>10.2f}{ray:>10.2f}{ray / local:>10.2f}", flush=True)
    else:
        for case in runs:
            case.report()


class Case:
    """One number of rows, in one file and in many."""

    def __init__(self, arguments: argparse.Namespace, model: Path, rows: int) -> None:
        self.rows = rows
        self._arguments = arguments
        self._model = model
        self._folder = arguments.dir / f"{arguments.format}-{rows}-{arguments.files}"
        write_data(self._folder, rows, arguments.files, arguments.format)

    def report(self) -> None:
        """Print rows per second of both, with the start that is subtracted, and whether predictions are equal."""
        times = self.medians()
        print(f"{self.rows:,} rows in {self._arguments.files} files ({self._arguments.format})")
        local, ray = self.rows / times["local"], self.rows / (times["ray"] - times["start"])
        print(f"  local, {self._arguments.actors} jobs   {times['local']:8.2f} s {local:31,.0f} rows/s")
        print(f"  ray, {self._arguments.actors} actors   {times['ray']:8.2f} s, start {times['start']:6.2f} s", end="")
        print(f" {ray:16,.0f} rows/s without it")
        print(f"  ratio           {ray / local:8.2f}  (at least {TARGET})")
        print(f"  predictions     {'equal' if self.is_equal() else 'DIFFERENT'}", flush=True)

    def medians(self) -> dict[str, float]:
        """Return the seconds that each engine takes, and how many of them Ray takes to start."""
        times: dict[str, list[float]] = {"local": [], "ray": [], "start": []}
        for _ in range(self._arguments.rounds):
            times["local"].append(self._local())
            whole, start = self._ray()
            times["ray"].append(whole)
            times["start"].append(start)
        return {name: statistics.median(seconds) for name, seconds in times.items()}

    def _local(self) -> float:
        extension = self._arguments.format
        source, output = self._folder / f"whole.{extension}", self._folder / f"whole-out.{extension}"
        return timed(self._words("--input", source, "--output", output, "--jobs", self._arguments.actors))[0]

    def _ray(self) -> tuple[float, float]:
        output = self._folder / "parts-out"
        shutil.rmtree(output, ignore_errors=True)
        engine = ("--engine", "ray", "--actors", self._arguments.actors, "--output-format", self._arguments.format)
        words = self._words(*engine, "--verbose", "--input", self._folder / "parts", "--output", output)
        seconds, said = timed(words)
        return seconds, sum(float(found) for found in re.findall(r"was ready after ([\d.]+) s", said))

    def _words(self, *words: object) -> list[str]:
        return ["-cd", str(self._model.parent), *LABELS, *map(str, words)]

    def is_equal(self) -> bool:
        """Compare all predictions."""
        read = pd.read_parquet if self._arguments.format == "parquet" else pd.read_csv
        local = read(self._folder / f"whole-out.{self._arguments.format}")
        parts = [read(path) for path in sorted((self._folder / "parts-out").glob("part-*"))]
        return bool(local.equals(pd.concat(parts, ignore_index=True)))


def timed(words: list[str]) -> tuple[float, str]:
    """Run a command; return the seconds that it took, and what it said."""
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "drum", "score", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"drum score {' '.join(words)} has failed with status {done.returncode}: {done.stderr}")
    return time.perf_counter() - started, done.stderr


def write_data(folder: Path, rows: int, files: int, extension: str) -> None:
    """Write the same rows into one file and into many; once."""
    if folder.exists():
        return
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    (part / "parts").mkdir(parents=True)
    frame = pd.concat(make_data(rows, seed=1), ignore_index=True)
    save(frame, part / f"whole.{extension}")
    bounds = [rows * number // files for number in range(files + 1)]
    for number in range(files):
        save(frame.iloc[bounds[number] : bounds[number + 1]], part / "parts" / f"{number:03}.{extension}")
    part.replace(folder)


def save(frame: pd.DataFrame, path: Path) -> None:
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path, row_group_size=GROUP_ROWS)


if __name__ == "__main__":
    main()
