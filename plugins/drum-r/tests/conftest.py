from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import drum
from drum.scorer import Scorer
from drum.testing import CodeDir

HERE = Path(__file__).parent
LABELS = ("1", "it's “two”", "drei, vier")
"""Labels that are no names in R."""
CITIES = ("Zürich", "Århus", "東京", "12")


def run_r(script: Path, *arguments: object) -> None:
    """Run a script as users do."""
    environment = {**os.environ, "TZ": "UTC"}  # or R asks systemd
    command = ["Rscript", str(script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr


def make_rows(count: int, seed: int) -> pd.DataFrame:
    """Return rows of every type: numbers, whole numbers, truth values, text that is not ASCII, dates as text."""
    random = np.random.default_rng(seed)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(random.integers(0, 300, count), "D")
    return pd.DataFrame(
        {
            "x": random.normal(size=count),
            "age (years)": random.integers(18, 90, count),
            "city": random.choice(CITIES, count),
            "flag": random.choice([True, False], count),
            "day": days.strftime("%Y-%m-%d"),
            "count": random.poisson(3, count),
            "größe": random.normal(size=count),
        }
    )


def with_gaps(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with missing values in columns of every type."""
    frame = rows.astype({"flag": object})
    for step, name in enumerate(frame.columns, 5):
        frame.loc[step % 3 :: step, name] = None
    return frame


@pytest.fixture(scope="session")
def rows() -> pd.DataFrame:
    return make_rows(60, seed=2)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, rows: pd.DataFrame) -> Path:
    """A folder with models of every kind, each with what Rscript predicts."""
    folder = tmp_path_factory.mktemp("trained")
    data = make_rows(300, seed=1)
    random = np.random.default_rng(3)
    signal = data["x"] + (data["city"] == "Zürich") - data["age (years)"] / 50
    data["y"] = signal + random.normal(size=len(data))
    data["class"] = np.where(data["y"] > data["y"].median(), "yes", "no")
    data["kind"] = np.array(LABELS)[np.digitize(data["y"], [-1.2, 0.2])]
    data.to_csv(folder / "train.csv", index=False)
    rows.to_csv(folder / "rows.csv", index=False)
    make_rows(100_000, seed=4).to_csv(folder / "many.csv", index=False)
    with_gaps(rows).to_csv(folder / "gaps.csv", index=False)
    run_r(HERE / "models" / "train.R", folder)
    return folder


@pytest.fixture
def copied(trained: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that copies the folder of a trained model, to put something beside it."""

    def copied(name: str) -> Path:
        folder = tmp_path / f"copy-{name}"
        folder.mkdir(exist_ok=True)
        shutil.copy(trained / name / "model.rds", folder)
        return folder

    return copied


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Scorer]]:
    """Return a function that opens a folder, or one with this custom.R, and closes it after the test."""
    with ExitStack() as stack:

        def serve(
            code: str | Path, target_type: str = "regression", labels: Sequence[str] | None = None, **options: Any
        ) -> Scorer:
            folder = code if isinstance(code, Path) else CodeDir(tmp_path / "code", {"custom.R": code})
            return stack.enter_context(drum.open(folder, target_type=target_type, labels=labels, options=options))

        yield serve
