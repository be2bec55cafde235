"""Bundles of a real model, written by the command itself."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

from drum.testing import run_cli

CODE_DIR = Path(__file__).parents[4] / "examples" / "binary" / "model"
"""Tells benign from malignant."""


def done(*words: str | os.PathLike[str]) -> None:
    """Call ``drum monitor`` with these words; it must succeed."""
    outcome = run_cli(["monitor", *words])
    assert outcome.exit_code == 0, outcome.err


@pytest.fixture(scope="session")
def code_dir() -> Path:
    """Return the folder of a model."""
    return CODE_DIR


@pytest.fixture(scope="session")
def labelled() -> pd.DataFrame:
    """Return the rows that the model was trained on, with the true answer in the last column."""
    features, target = load_breast_cancer(return_X_y=True, as_frame=True)
    return features.assign(diagnosis=target.map({0: "malignant", 1: "benign"}))


@pytest.fixture(scope="session")
def reference(labelled: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return features, scores and answers as ``drum monitor reference`` writes them."""
    folder = tmp_path_factory.mktemp("reference")
    labelled.to_csv(folder / "data.csv", index=False)
    words = ("--input", folder / "data.csv", "--target", "diagnosis", "--output", folder / "references.parquet")
    done("reference", "--code-dir", CODE_DIR, *words)
    return folder / "references.parquet"


@pytest.fixture(scope="session")
def bundle(reference: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a whole bundle, with small windows that are judged every second."""
    folder = tmp_path_factory.mktemp("bundle") / "build" / "cancer"
    words = ("--row-id", "id", "--window-size", "200", "--calculation-period-sec", "1")
    done("bundle", "--code-dir", CODE_DIR, "--reference", reference, "--output", folder, *words)
    return folder
