"""Workers share the cores, and processes may be forked from one that has loaded the model."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import drum
from drum.scorer import Scorer
from drum.testing import CodeDir
from drum_xgboost import threads
from drum_xgboost.boosters import booster_of

Serve = Callable[..., Scorer]


@pytest.fixture
def eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drum.settings.cores", lambda: 8)


def threads_of(booster: Any) -> int:
    return int(json.loads(booster.save_config())["learner"]["generic_param"]["nthread"])


@pytest.mark.parametrize(
    ("options", "own", "expected"),
    [
        ({}, None, 8),
        ({"workers": 2}, None, 4),
        ({"workers": 3}, None, 2),
        ({"workers": 16}, None, 1),
        ({"workers": 0}, None, 8),
        ({"jobs": 3}, None, 3),
        ({"jobs": 64}, None, 8),
        ({"workers": 2}, 2, 2),
        ({"workers": 2}, 6, 4),
    ],
)
@pytest.mark.parametrize("in_pipeline", [False, True])
def test_worker_takes_its_share(
    rows: pd.DataFrame, target: Any, serve: Serve, eight_cores: None, options: dict[str, int], own: int | None,
    expected: int, in_pipeline: bool,
) -> None:  # fmt: skip
    step = xgboost.XGBRegressor(n_estimators=2, n_jobs=own)
    model = make_pipeline(StandardScaler(), step) if in_pipeline else step
    scorer = serve(model.fit(rows, target), "regression", name="m.pkl", **options)
    loaded = scorer._seated.model
    assert threads_of(booster_of(loaded[-1] if in_pipeline else loaded)) == expected


def test_few_rows_are_scored_by_one_thread(rows: pd.DataFrame) -> None:
    several = {library["num_threads"] for library in threads._openmp().info()}
    for count, expected in ((1, {1}), (threads.FEW_ROWS - 1, {1}), (threads.FEW_ROWS, several)):
        with threads.threads_worth(rows[:count]):
            assert {library["num_threads"] for library in threads._openmp().info()} == expected
    assert {library["num_threads"] for library in threads._openmp().info()} == several


def test_forked_processes_predict_the_same(tmp_path: Path) -> None:
    """Many times as many trees, rows and processes as need be: OpenMP would hang, were it to survive in part."""
    random = np.random.default_rng(0)
    rows = pd.DataFrame(random.normal(size=(130_000, 8)), columns=list("abcdefgh"))
    model = xgboost.XGBRegressor(n_estimators=30, max_depth=5).fit(rows[:5000], rows["a"][:5000])
    folder = CodeDir(tmp_path / "model", {"m.ubj": model.save_model, "other.txt": ""})
    rows.to_csv(tmp_path / "rows.csv", index=False)
    words = f"score --code-dir {folder.path} --input rows.csv --output out.csv --target-type regression --jobs 4"
    done = subprocess.run(
        [sys.executable, "-m", "drum", *words.split(), "--show-perf"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=90,
    )
    assert "on 4 processes" in done.stderr
    assert pd.read_csv(tmp_path / "out.csv")["Predictions"].to_numpy() == pytest.approx(model.predict(rows), abs=1e-6)


def test_library_loads_without_options_of_subcommands(tmp_path: Path, rows: pd.DataFrame, target: Any) -> None:
    model = xgboost.XGBRegressor(n_estimators=2).fit(rows, target)
    with drum.open(CodeDir(tmp_path, {"m.ubj": model.save_model}), target_type="regression") as scorer:
        assert len(scorer.score(rows).frame) == len(rows)
