"""How much does drum-julia add to a model in Julia? Its hook against the same function called inside Julia.

    python benchmarks/julia.py

Both score the same 100,000 rows of 20 mixed columns, and one row of them, in turns; medians count. Inside Julia, the
table is there already: what is added is all of the way from a DataFrame to Julia and back. Then new processes score one
row: from the start of Python to the first prediction, and the first prediction alone with and without an input schema,
by which the hooks are compiled while the model is loaded. Needs drum-julia.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.remove(str(Path(__file__).resolve().parent))  # this file has the name of pyjulia's package

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

import drum
from drum.input_schema import record, schema_text
from drum.scorer import Scorer

NUMBERS, WHOLE, WORDS, TEXTS = 10, 4, 5, 1
BATCH_TARGET_MS = 30.0
ROW_TARGET_MS = 1.0
START_TARGET_S = 2.0

PREDICTIONS = """
function predictions(data)
    total = zeros(length(data.n0))
    for column in values(data)
        add!(total, column)
    end
    return total
end

add!(total, column::AbstractVector{<:Union{Missing,Real}}) = (total .+= coalesce.(column, 0.0))
add!(total, column::AbstractVector) = (total .+= (ismissing(word) ? 0 : sizeof(word) for word in column))
"""
MODEL = PREDICTIONS + "score(data, model) = predictions(data)\n"
TIMED = (
    PREDICTIONS
    + """
function score(data, model)
    began = time_ns()
    scores = predictions(data)
    return (Predictions=scores, ms=fill((time_ns() - began) / 1e6, length(scores)))
end
"""
)
FIRST = """
import sys, time
import drum, json
import pandas as pd
rows = pd.read_pickle(sys.argv[2])
with drum.open(sys.argv[1], target_type="regression") as scorer:
    began = time.perf_counter()
    scorer.predict(rows)
    print(json.dumps(time.perf_counter() - began))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--starts", type=int, default=5)
    arguments = parser.parse_args()
    rows = make_rows(arguments.rows)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}; {arguments.rows:,} rows of {rows.shape[1]} columns")
    with tempfile.TemporaryDirectory() as folder:
        measure_calls(Path(folder), rows, arguments.rounds)
        measure_starts(Path(folder), rows[:1], arguments.starts)


def make_rows(count: int) -> pd.DataFrame:
    """Return numbers, a tenth of which are missing, whole numbers, words of which there are few, and texts."""
    random = np.random.default_rng(1)
    words = np.array(["red", "green", "blue", "Zürich", None], dtype=object)
    columns: dict[str, object] = {}
    for number in range(NUMBERS):
        values = random.normal(size=count)
        columns[f"n{number}"] = np.where(random.random(count) < 0.1, np.nan, values) if number % 2 else values
    columns |= {f"i{number}": random.integers(0, 100, count) for number in range(WHOLE)}
    columns |= {f"w{number}": pd.Series(random.choice(words, count), dtype="str") for number in range(WORDS)}
    columns |= {f"t{number}": pd.Series([f"text {n}" for n in range(count)], dtype="str") for number in range(TEXTS)}
    return pd.DataFrame(columns)


def measure_calls(folder: Path, rows: pd.DataFrame, rounds: int) -> None:
    """Score a batch and one row; print what each takes beyond what the model itself takes."""
    for name, code in (("drum", MODEL), ("inside", TIMED)):
        (folder / name).mkdir()
        (folder / name / "custom.jl").write_text(code)
    cases = (("batch", rows, BATCH_TARGET_MS, rounds), ("one row", rows[:1], ROW_TARGET_MS, rounds * 50))
    with (
        drum.open(folder / "drum", target_type="regression") as ours,
        drum.open(folder / "inside", target_type="regression") as timed,
    ):
        for title, data, target, times in cases:
            taken, own = in_turns(ours, timed, data, times)
            print(
                f"{title:8} {taken:9.2f} ms, of which the model {own:8.2f} ms: added {taken - own:7.2f} ms "
                f"(at most {target:g})",
                flush=True,
            )


def in_turns(ours: Scorer, timed: Scorer, data: pd.DataFrame, rounds: int) -> tuple[float, float]:
    """Return the median milliseconds of a call, and of the model inside Julia; two rounds warm up."""
    pairs = [(milliseconds(lambda: ours.predict(data)), inside(timed, data)) for _ in range(rounds + 2)][2:]
    return statistics.median(taken for taken, _ in pairs), statistics.median(own for _, own in pairs)


def inside(scorer: Scorer, data: pd.DataFrame) -> float:
    """Return the milliseconds that the model takes inside Julia."""
    extra = scorer.predict(data).extra
    assert extra is not None
    return float(extra["ms"].iloc[0])


def milliseconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def measure_starts(folder: Path, row: pd.DataFrame, starts: int) -> None:
    """Start new processes that score one row; print the time of all, and of the first prediction."""
    row.to_pickle(folder / "row.pkl")
    for title, schema in (("without a schema", ""), ("with a schema", schema_text(record(row), "one row"))):
        code_dir = folder / title
        code_dir.mkdir()
        (code_dir / "custom.jl").write_text(MODEL)
        if schema:
            (code_dir / "input-schema.yaml").write_text(schema)
        total, first = [], []
        for _ in range(starts):
            began = time.perf_counter()
            command = [sys.executable, "-c", FIRST, code_dir, folder / "row.pkl"]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            total.append(time.perf_counter() - began)
            first.append(json.loads(done.stdout) * 1000)
        print(
            f"start {title:17} {statistics.median(total):6.2f} s to the first prediction (at most {START_TARGET_S:g}), "
            f"which takes {statistics.median(first):8.1f} ms",
            flush=True,
        )


if __name__ == "__main__":
    main()
