"""XGBoost: a classifier pickled, and its booster."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

PACKAGES = ("drum_xgboost", "xgboost")


def classifier(folder: Path, features: pd.DataFrame, target: Any) -> Callable[[pd.DataFrame], Any]:
    import joblib

    model = _fitted(features, target)
    joblib.dump(model, folder / "model.pkl")
    predict: Callable[[pd.DataFrame], Any] = model.predict_proba
    return predict


def booster(folder: Path, features: pd.DataFrame, target: Any) -> Callable[[pd.DataFrame], Any]:
    model = _fitted(features, target).get_booster()
    model.save_model(folder / "model.ubj")
    predict: Callable[[pd.DataFrame], Any] = model.inplace_predict
    return predict


def _fitted(features: pd.DataFrame, target: Any) -> Any:
    import xgboost

    return xgboost.XGBClassifier(n_estimators=100, max_depth=6).fit(features, target)


MODELS = {"classifier": classifier, "booster": booster}
