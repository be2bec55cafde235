"""Fit a model to data that scikit-learn ships, and write it where drum finds it: beside this file."""

from pathlib import Path

import numpy as np
import pandas as pd
from skl2onnx import to_onnx
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FOLDER = Path(__file__).parent
LABELS = ["benign", "malignant"]


def main() -> None:
    """Fit with scikit-learn, export to ONNX with an input for each column, and write rows to score."""
    features, target = load()
    model = make_pipeline(StandardScaler(), LogisticRegression())
    model.fit(features, target.map(dict(enumerate(LABELS))))
    graph = to_onnx(model, features[:1].astype(np.float32), options={"zipmap": False})
    (FOLDER / "model.onnx").write_bytes(graph.SerializeToString())
    features[:20].to_csv(FOLDER / "example.csv", index=False)


def load() -> tuple[pd.DataFrame, pd.Series]:
    """Return the features, a row for each case, and what is to be predicted: replace this by your own data."""
    features, target = load_breast_cancer(return_X_y=True, as_frame=True)
    return features, 1 - target  # 1 is malignant


if __name__ == "__main__":
    main()
