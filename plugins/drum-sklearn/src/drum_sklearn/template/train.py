"""Fit a model to data that scikit-learn ships, and write it where drum finds it: beside this file."""

from pathlib import Path

import joblib
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FOLDER = Path(__file__).parent
LABELS = ["benign", "malignant"]


def main() -> None:
    """Fit, save, and write rows to score."""
    features, target = load()
    model = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression())
    model.fit(features, target.map(dict(enumerate(LABELS))))  # its classes are the labels, so that drum can match them
    joblib.dump(model, FOLDER / "model.joblib")
    features[:20].to_csv(FOLDER / "example.csv", index=False)


def load() -> tuple[pd.DataFrame, pd.Series]:
    """Return the features, a row for each case, and what is to be predicted: replace this by your own data."""
    features, target = load_breast_cancer(return_X_y=True, as_frame=True)
    return features, 1 - target  # 1 is malignant


if __name__ == "__main__":
    main()
