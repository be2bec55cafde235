"""Train the models of the examples from data that scikit-learn ships, and write their inputs.

Run ``python examples/train.py`` with drum-core and drum-sklearn installed; ``expected.csv`` of each folder
is then what scikit-learn itself predicts, not what drum does.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import joblib
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

HERE = Path(__file__).parent
ROWS = 20


def main() -> None:
    """Write every example that has a trained model."""
    regression()
    binary()
    multiclass()


def regression() -> None:
    """Predict the progression of diabetes; a category and missing values make it a real pipeline."""
    features, target = load_diabetes(return_X_y=True, as_frame=True)
    features["sex"] = features["sex"].map(lambda value: "female" if value > 0 else "male")
    features.loc[features.index[::7], "bmi"] = None
    numbers = [name for name in features if name != "sex"]
    model = make_pipeline(
        make_column_transformer(
            (make_pipeline(SimpleImputer(), StandardScaler()), numbers), (OneHotEncoder(), ["sex"])
        ),
        Ridge(),
    ).fit(features, target)
    folder = write("regression", model, features)
    expected = pd.DataFrame({"Predictions": model.predict(features[:ROWS])})
    expected.to_csv(folder / "expected.csv", index=False)


def binary() -> None:
    """Tell malignant from benign; the same model serves the example with custom hooks."""
    features, target = load_breast_cancer(return_X_y=True, as_frame=True)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(
        features, target.map({0: "malignant", 1: "benign"})
    )
    folder = write("binary", model, features)
    probabilities = pd.DataFrame(model.predict_proba(features[:ROWS]), columns=model.classes_)
    probabilities[["benign", "malignant"]].to_csv(folder / "expected.csv", index=False)

    hooked = write("custom-hooks", model, features)
    centimetres = pd.read_csv(hooked / "input.csv")
    lengths = [name for name in centimetres if "radius" in name or "perimeter" in name]
    centimetres[lengths] /= 10  # the hooks turn them back into millimetres
    centimetres.to_csv(hooked / "input.csv", index=False)
    centimetres[lengths] *= 10
    clipped = pd.DataFrame(model.predict_proba(centimetres), columns=model.classes_).clip(0.01, 0.99)
    clipped[["benign", "malignant"]].to_csv(hooked / "expected.csv", index=False)


def multiclass() -> None:
    """Tell three cultivars of wine apart."""
    data = load_wine(as_frame=True)
    names = dict(enumerate(["barolo", "grignolino", "barbera"]))
    model = RandomForestClassifier(20, max_depth=4, random_state=0).fit(data.data, data.target.map(names))
    folder = write("multiclass", model, data.data[::9])
    probabilities = pd.DataFrame(model.predict_proba(data.data[::9][:ROWS]), columns=model.classes_)
    probabilities[["barolo", "grignolino", "barbera"]].to_csv(folder / "expected.csv", index=False)


def write(name: str, model: object, features: pd.DataFrame) -> Path:
    """Write model and input of one example and return its folder."""
    folder = HERE / name
    (folder / "model").mkdir(parents=True, exist_ok=True)
    joblib.dump(model, folder / "model" / "model.joblib", compress=3)
    features[:ROWS].to_csv(folder / "input.csv", index=False)
    shutil.rmtree(folder / "model" / "__pycache__", ignore_errors=True)
    return folder


if __name__ == "__main__":
    main()
