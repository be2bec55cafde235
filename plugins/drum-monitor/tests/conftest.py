"""Tables, configurations and a model for the tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from drum.testing import CodeDir
from drum_monitor.drift.reference import Reference, make_reference
from drum_monitor.reference import write_reference
from drum_monitor.roles import Roles
from drum_monitor.serving.configuration import Configuration

FEATURES = ("age", "income", "plan")
METADATA = """\
name: churn
type: inference
targetType: binary
inferenceModel:
  targetName: churned
  positiveClassLabel: 'yes'
  negativeClassLabel: 'no'
"""


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture
def rows(random: np.random.Generator) -> Callable[..., pd.DataFrame]:
    """Return a function that draws rows with their scores; ``shift`` moves the age, in standard deviations."""

    def draw(count: int, shift: float = 0.0) -> pd.DataFrame:
        age = random.normal(size=count)
        return pd.DataFrame({
            "age": age + shift,
            "income": random.exponential(size=count),
            "plan": random.choice(["basic", "plus", "pro"], size=count, p=[0.6, 0.3, 0.1]),
            "no": 1 / (1 + np.exp(age)),
            "yes": 1 / (1 + np.exp(-age)),
        })  # fmt: skip

    return draw


@pytest.fixture
def roles() -> Roles:
    labels = ("no", "yes")
    return Roles(features=FEATURES, prediction=labels, target="churned", target_type="binary", labels=labels)


@pytest.fixture
def table(rows: Callable[..., pd.DataFrame], random: np.random.Generator) -> pd.DataFrame:
    """Return the rows of a reference, with the truth."""
    drawn = rows(2000)
    return drawn.assign(churned=np.where(random.random(2000) < drawn["yes"], "yes", "no"))


@pytest.fixture
def reference(table: pd.DataFrame, roles: Roles) -> Reference:
    return make_reference(table, roles)


@pytest.fixture
def configured(tmp_path: Path, table: pd.DataFrame, roles: Roles) -> Callable[..., Configuration]:
    """Return a function that makes a configuration; the reference is written beside it."""
    write_reference(table, roles, tmp_path / "references.parquet")

    def configure(**fields: Any) -> Configuration:
        given = {"window_size": 200, "calculation_period_sec": 0.05, **fields}
        return Configuration(
            path=tmp_path / "evidently.yaml", reference_path=tmp_path / "references.parquet",
            state_path=tmp_path / "state", **given,
        )  # fmt: skip

    return configure


@pytest.fixture
def model(tmp_path: Path) -> CodeDir:
    """Return the folder of a small model of two classes."""
    random = np.random.default_rng(3)
    data = pd.DataFrame({"age": random.normal(size=500), "income": random.exponential(size=500)})
    fitted = LogisticRegression().fit(data, np.where(data["age"] > 0, "yes", "no"))
    return CodeDir(
        tmp_path / "model",
        {"model.joblib": lambda path: joblib.dump(fitted, path), "model-metadata.yaml": METADATA},
    )
