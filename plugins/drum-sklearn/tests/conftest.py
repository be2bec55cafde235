"""Data with odd names, and a way to serve a fitted model."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest

import drum
from drum.scorer import Scorer
from drum.testing import CodeDir

COLUMNS = ("age [years]", "in/out", 'it\'s "quoted"', "a b")


@pytest.fixture(autouse=True)
def _import_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the code directories that a test has made importable."""
    monkeypatch.setattr(sys, "path", list(sys.path))


@pytest.fixture(scope="session")
def rows() -> pd.DataFrame:
    """Return thirty rows whose columns have odd names."""
    return pd.DataFrame(np.random.default_rng(7).normal(size=(30, 4)), columns=list(COLUMNS))


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Scorer]]:
    """Return a function that saves a model, opens its folder, and closes it after the test."""
    with ExitStack() as stack:

        def serve(
            model: Any,
            target_type: str,
            labels: Sequence[str] | None = None,
            *,
            name: str = "model.joblib",
            save: Callable[[Any, Path], object] = joblib.dump,
        ) -> Scorer:
            folder = CodeDir(tmp_path / "code", {name: lambda path: save(model, path)})
            return stack.enter_context(drum.open(folder, target_type=target_type, labels=labels))

        yield serve
