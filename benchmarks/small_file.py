"""How much does ``drum score`` add to a small job? 150 rows, against a bare script with pandas and scikit-learn.

    python benchmarks/small_file.py --rounds 15

Both run as processes of their own, in turns; the ratio of the medians is what counts.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import joblib
import pandas as pd
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

TARGET = 1.35
BARE = """
import joblib
import pandas as pd
import sys

model = joblib.load(sys.argv[1])
data = pd.read_csv(sys.argv[2])
pd.DataFrame(model.predict_proba(data), columns=model.classes_).to_csv(sys.argv[3], index=False)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        commands = prepare(Path(folder))
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(rounds + 1):  # the first round warms the caches and is left out
            for name, command in commands.items():
                started = time.perf_counter()
                subprocess.run(command, check=True)
                seconds[name].append(time.perf_counter() - started)
    medians = {name: statistics.median(values[1:]) for name, values in seconds.items()}
    for name, median in medians.items():
        print(f"{name:12} {median:.3f} s")
    print(f"ratio        {medians['drum score'] / medians['bare script']:.2f}  (at most {TARGET})")


def prepare(folder: Path) -> dict[str, list[str]]:
    """Train a model, write the data, and return the commands to compare."""
    features, target = load_iris(return_X_y=True, as_frame=True)
    labels = target.map(dict(enumerate(["setosa", "versicolor", "virginica"])))
    (folder / "model").mkdir()
    joblib.dump(make_pipeline(StandardScaler(), LogisticRegression()).fit(features, labels), folder / "model/m.joblib")
    pd.DataFrame(features).to_csv(folder / "data.csv", index=False)
    bare = [sys.executable, "-c", BARE, str(folder / "model/m.joblib"), str(folder / "data.csv"), str(folder / "a.csv")]
    words = f"--code-dir {folder}/model --input {folder}/data.csv --output {folder}/b.csv --target-type multiclass"
    labels_given = ["--class-labels", "setosa", "versicolor", "virginica"]
    return {"bare script": bare, "drum score": [sys.executable, "-m", "drum", "score", *words.split(), *labels_given]}


if __name__ == "__main__":
    main()
