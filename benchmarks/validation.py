"""What does ``drum validation`` cost beside one ``drum score`` of the same file?

    python benchmarks/validation.py --rows 1000 100000 --rounds 5

A pipeline over 50 columns (impute, scale, logistic regression) and a file of so many rows. Each round scores the file,
then validates with it, by default and with all rows (--sample-rows 0); medians count. The target is three times the
time of the score, plus the time of the predictions themselves, which the report of the validation tells: of all checks
but the basic prediction, which the score makes too, and those through the server.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COLUMNS = 50
TARGET = 3.0
NOT_COUNTED = ("basic prediction", "same predictions through the server", "same predictions row by row")
LABELS = ("--target-type", "binary", "--positive-class-label", "yes", "--negative-class-label", "no")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 100_000])
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for rows in arguments.rows:
            compare(Path(folder), rows, arguments.rounds)


def compare(folder: Path, rows: int, rounds: int) -> None:
    """Print what came out for a file of so many rows."""
    model, data = prepare(folder, rows)
    scores: list[float] = []
    shares: dict[str, list[tuple[float, float]]] = {"a sample": [], "all rows": []}
    for _ in range(rounds):
        scores.append(timed("score", model, data, "--output", str(folder / "out.csv"))[0])
        for name, options in (("a sample", ()), ("all rows", ("--sample-rows", "0"))):
            seconds, out = timed("validation", model, data, "--json", *options)
            checks = json.loads(out)["checks"]
            predicting = sum(check["seconds"] for check in checks if check["name"] not in NOT_COUNTED)
            shares[name].append((seconds, predicting))
    score = statistics.median(scores)
    print(f"{rows:,} rows of {COLUMNS} columns: drum score takes {score:.2f} s")
    for name, measured in shares.items():
        seconds, predicting = (statistics.median(values) for values in zip(*measured, strict=True))
        allowed = TARGET * score + predicting
        verdict = "holds" if seconds <= allowed else "MISSED"
        print(f"  validation with {name}: {seconds:.2f} s, {seconds / score:.2f} x; allowed {allowed:.2f} s: {verdict}")


def prepare(folder: Path, rows: int) -> tuple[Path, Path]:
    """Train the model and write the file."""
    import joblib
    import numpy as np
    import pandas as pd
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    values = np.random.default_rng(0).normal(size=(rows, COLUMNS))
    frame = pd.DataFrame(values, columns=[f"column {number}" for number in range(COLUMNS)])
    target = np.where(values.sum(axis=1) > 0, "yes", "no")
    pipeline = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression())
    model, data = folder / f"model-{rows}", folder / f"data-{rows}.csv"
    model.mkdir()
    joblib.dump(pipeline.fit(frame[:10_000], target[:10_000]), model / "model.joblib")
    frame.to_csv(data, index=False)
    return model, data


def timed(command: str, model: Path, data: Path, *options: str) -> tuple[float, str]:
    words = [sys.executable, "-m", "drum", command, "--code-dir", str(model), "--input", str(data), *LABELS, *options]
    started = time.perf_counter()
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    return time.perf_counter() - started, done.stdout


if __name__ == "__main__":
    main()
