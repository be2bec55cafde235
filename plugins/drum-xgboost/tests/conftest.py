"""Data with odd names, and a way to serve a model."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import xgboost

import drum
from drum.scorer import Scorer
from drum.testing import CodeDir

COLUMNS = ("age (years)", "in/out", 'it\'s "quoted"', "a b")
ROWS = 1200


@pytest.fixture(autouse=True)
def _import_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the code directories that a test has made importable."""
    monkeypatch.setattr(sys, "path", list(sys.path))


@pytest.fixture(scope="session")
def rows() -> pd.DataFrame:
    """Return rows whose columns have odd names; one column holds whole numbers, one has gaps."""
    frame = pd.DataFrame(np.random.default_rng(7).normal(size=(ROWS, 4)), columns=list(COLUMNS))
    frame["in/out"] = (frame["in/out"] * 10).round().astype(int)
    frame['it\'s "quoted"'] = frame['it\'s "quoted"'].mask(frame["a b"] > 1)
    return frame


@pytest.fixture(scope="session")
def target(rows: pd.DataFrame) -> Any:
    """Return what is to be learnt: a number a row."""
    return (rows["age (years)"] + rows["in/out"] * rows["a b"] / 10).to_numpy()


def save(model: Any, path: Path) -> None:
    """Save a model in the format of the extension."""
    if path.suffix.lower() in (".pkl", ".pickle", ".joblib"):
        joblib.dump(model, path)
    elif path.suffix.lower() in (".ubj", ".json"):
        model.save_model(path)
    else:
        booster = model.get_booster() if hasattr(model, "get_booster") else model
        path.write_bytes(booster.save_raw("ubj"))


@pytest.fixture(scope="session")
def saving() -> Callable[[Any, Path], None]:
    """Return the function that saves a model in the format of the extension."""
    return save


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Scorer]]:
    """Return a function that saves a model, opens its folder, and closes it after the test."""
    with ExitStack() as stack:

        def serve(
            model: Any,
            target_type: str,
            labels: Sequence[str] | None = None,
            *,
            name: str = "model.ubj",
            **options: Any,
        ) -> Scorer:
            folder = CodeDir(tmp_path / "code", {name: lambda path: save(model, path)})
            return stack.enter_context(drum.open(folder, target_type=target_type, labels=labels, options=options))

        yield serve


@pytest.fixture
def train(rows: pd.DataFrame) -> Callable[..., Any]:
    """Return a function that trains a booster with an objective."""

    def train(target: Any, objective: str, rounds: int = 5, **parameters: Any) -> Any:
        known = {"objective": objective, "max_depth": 3, "nthread": 1, **parameters}
        return xgboost.train(known, xgboost.DMatrix(rows, target), rounds)

    return train
