"""Predict with boosters, and with XGBoost's estimators, which are boosters with a few settings."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from drum.types import ModelSpec
from drum_xgboost.categories import encoded, kept_categories
from drum_xgboost.columns import as_matrix, chosen

if TYPE_CHECKING:
    import pandas as pd

_TURN_OF_OTHERS = threading.Lock()
"""XGBoost predicts in several threads at once with trees only; on a GPU, they would wait for one another anyway."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Traits:
    """What must be known of a booster to predict with it.

    ``categories`` are those of training, by the place of the column. ``best`` is the number of rounds up to the best
    one, 0 if there was no early stopping.
    """

    names: tuple[str, ...] | None
    width: int
    categories: Mapping[int, pd.Index[Any]]
    objective: str
    is_linear: bool
    is_on_gpu: bool
    threads: int
    best: int
    is_of_estimator: bool


def is_of_xgboost(model: Any) -> bool:
    """Tell a booster, or an estimator of XGBoost's classes, from models around one."""
    return any(kind.__module__.partition(".")[0] == "xgboost" for kind in type(model).__mro__)


def booster_of(model: Any) -> Any:
    """Return the booster inside an estimator, or the booster itself."""
    return model.get_booster() if hasattr(model, "get_booster") else model


@lru_cache(maxsize=8)
def traits_of(booster: Any) -> Traits:
    """Ask a booster what it is like."""
    config = json.loads(booster.save_config())["learner"]
    names, best = booster.feature_names, booster.attr("best_iteration")
    return Traits(
        names=None if names is None else tuple(names),
        width=booster.num_features(),
        categories=kept_categories(booster),
        objective=config["objective"]["name"],
        is_linear=config["gradient_booster"]["name"] == "gblinear",
        is_on_gpu=config["generic_param"]["device"].startswith("cuda"),
        threads=max(0, int(config["generic_param"]["nthread"])),
        best=0 if best is None else int(best) + 1,
        is_of_estimator=booster.attr("scikit_learn") is not None,
    )


# ------------------------------------------------------------------------------------- predicting


def predict(model: Any, batch: Any, spec: ModelSpec) -> tuple[Any, None]:
    """Return what the objective gives, as float32; XGBoost knows no names of classes.

    :param batch: a frame, or a matrix of the model's columns.
    """
    booster = booster_of(model)
    traits = traits_of(booster)
    features = batch
    if hasattr(batch, "columns"):
        frame = chosen(batch, traits.names, traits.width)
        features = as_matrix(encoded(frame, traits.categories) if traits.categories else frame)
    is_estimator = booster is not model
    options = {
        "iteration_range": (0, traits.best if is_estimator or traits.is_of_estimator else 0),
        "missing": model.missing if is_estimator else float("nan"),
    }
    if spec.target_type.is_classification and traits.objective == "multi:softmax":  # it gives the winner's number
        return _softmax(_predict(booster, traits, features, options, margin=True)), None
    values = _predict(booster, traits, features, options)
    if spec.target_type.is_classification and traits.objective == "binary:logitraw":
        return _logistic(values), None
    return values, None


def _predict(booster: Any, traits: Traits, features: Any, options: Mapping[str, Any], margin: bool = False) -> Any:
    is_matrix = hasattr(features, "num_row")  # a DMatrix that custom code has read
    if not (traits.is_linear or traits.is_on_gpu or is_matrix):
        return booster.inplace_predict(features, predict_type="margin" if margin else "value", **options)
    from xgboost import DMatrix

    matrix = features if is_matrix else DMatrix(features, missing=options["missing"])
    rounds = {} if traits.is_linear else {"iteration_range": options["iteration_range"]}
    with _TURN_OF_OTHERS:
        return booster.predict(matrix, output_margin=margin, validate_features=False, **rounds)


def _softmax(margins: Any) -> Any:
    from scipy.special import softmax

    return softmax(margins, axis=1)


def _logistic(margins: Any) -> Any:
    from scipy.special import expit

    return expit(margins)
