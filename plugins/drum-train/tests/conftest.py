"""Code directories that learn without a framework, and a way to call the commands."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from drum.testing import CodeDir, run_cli

MEANS = """
    import json
    from pathlib import Path

    import pandas as pd


    def fit(X, y, output_dir, class_order, row_weights, parameters):
        weights = pd.Series(1.0, index=y.index) if row_weights is None else row_weights
        share = {str(k): float(weights[y == k].sum() / weights.sum()) for k in class_order or []}
        mean = float((y * weights).sum() / weights.sum()) if not class_order else None
        seen = {"columns": list(X), "rows": len(X), "order": class_order, "parameters": parameters}
        Path(output_dir, "learnt.txt").write_text(json.dumps({"share": share, "mean": mean, "seen": seen}))


    def load_model(code_dir):
        return json.loads(Path(code_dir, "learnt.txt").read_text())


    def score(data, model, **kwargs):
        if model["share"]:
            return pd.DataFrame({label: [part] * len(data) for label, part in model["share"].items()})
        return pd.DataFrame({"Predictions": [model["mean"]] * len(data)})
"""
"""It learns the share of each class, or the mean, and notes what it was given."""


@pytest.fixture(autouse=True)
def _import_path(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forget the code directories that a test has made importable."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for name in [name for name in sys.modules if name == "custom" or name.partition(".")[0] == "models"]:
        del sys.modules[name]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Return a CSV with two features, three kinds of targets, and weights."""
    path = tmp_path / "table.csv"
    pd.DataFrame({
        "a": range(30), "b": [f"t{n % 3}" for n in range(30)], "price": [float(n % 7) for n in range(30)],
        "kind": [["x", "y", "z"][n % 3] for n in range(30)], "sold": ["yes" if n % 3 else "no" for n in range(30)],
        "weight": [2.0 if n % 3 == 0 else 1.0 for n in range(30)],
    }).to_csv(path, index=False)  # fmt: skip
    return path


@pytest.fixture
def means(tmp_path: Path) -> CodeDir:
    """Return a code directory with hooks to train and to score."""
    return CodeDir(tmp_path / "means", {"custom.py": MEANS})


@pytest.fixture
def drum_ok() -> Callable[..., str]:
    """Return a function that calls drum, and demands that it succeeds."""

    def call(*words: object) -> str:
        outcome = run_cli(words)
        assert outcome.exit_code == 0, outcome.err
        return outcome.out

    return call
