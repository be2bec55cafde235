"""Fit a model to data that scikit-learn ships, and write it where drum finds it: beside this file."""

from pathlib import Path

import pandas as pd
from sklearn.datasets import load_breast_cancer
from xgboost import XGBClassifier

FOLDER = Path(__file__).parent


def main() -> None:
    """Fit, save in XGBoost's own format, and write rows to score."""
    features, target = load()
    model = XGBClassifier(n_estimators=50, max_depth=4)
    model.fit(features, target)
    model.save_model(FOLDER / "model.ubj")
    features[:20].to_csv(FOLDER / "example.csv", index=False)


def load() -> tuple[pd.DataFrame, pd.Series]:
    """Return the features, a row for each case, and what is to be predicted: replace this by your own data."""
    features, target = load_breast_cancer(return_X_y=True, as_frame=True)
    return features, 1 - target  # 1 is malignant


if __name__ == "__main__":
    main()
