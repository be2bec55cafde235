"""Which models may be given a matrix in place of a frame, because they make one of it themselves."""

from __future__ import annotations

from copy import copy
from typing import Any
from weakref import WeakKeyDictionary

from drum_sklearn.features import entrance_of

FAMILIES = frozenset({
    "decomposition", "discriminant_analysis", "dummy", "ensemble", "feature_selection", "impute", "kernel_ridge",
    "linear_model", "naive_bayes", "neighbors", "neural_network", "svm", "tree",
})  # fmt: skip
"""Packages of scikit-learn whose estimators validate their input into a matrix first of all."""
SCALERS = frozenset({
    "MaxAbsScaler", "MinMaxScaler", "Normalizer", "PolynomialFeatures", "PowerTransformer", "QuantileTransformer",
    "RobustScaler", "StandardScaler",
})  # fmt: skip
CONTAINERS = frozenset({"Pipeline", "GridSearchCV", "RandomizedSearchCV"})


def matrix_columns(model: Any) -> list[str] | None:
    """Return the columns, in order, that the model takes as a matrix too, or ``None`` if it must have a frame."""
    entrance = entrance_of(model)
    names = getattr(entrance, "feature_names_in_", None)
    if names is None or not all(isinstance(name, str) for name in names):
        return None
    passed = _path_to(entrance, model)
    return list(names) if passed is not None and validates(entrance) and not any(map(is_told, passed)) else None


def _path_to(entrance: Any, model: Any) -> list[Any] | None:
    """Return the pipelines and searches around the entrance, and itself; ``None`` if there are others."""
    passed = [model]
    while model is not entrance:
        if type(model).__name__ not in CONTAINERS or not is_of_sklearn(model):
            return None
        steps = [step for _, step in getattr(model, "steps", ()) if not isinstance(step, str)]
        model = steps[0] if steps else model.best_estimator_
        passed.append(model)
    return passed


def pipeline_of(model: Any) -> Any:
    """Return scikit-learn's own pipeline in a model, where searches are all that is around it."""
    while type(model).__name__ in CONTAINERS and is_of_sklearn(model) and not is_told(model):
        if hasattr(model, "steps"):
            return model
        model = model.best_estimator_
    return None


def validates(estimator: Any) -> bool:
    """Tell whether an estimator looks at numbers alone: it is scikit-learn's own, and has no estimator inside."""
    package = type(estimator).__module__.split(".")[1:2]
    known = set(package) <= FAMILIES or type(estimator).__name__ in SCALERS
    by_type = getattr(estimator, "is_categorical_", None) is not None  # gradient boosting asks the frame for categories
    return is_of_sklearn(estimator) and known and not holds_estimators(estimator) and not by_type


def is_of_sklearn(estimator: Any) -> bool:
    """Tell whether an estimator is of one of scikit-learn's own classes, not of one derived from them."""
    return type(estimator).__module__.partition(".")[0] == "sklearn"


def holds_estimators(estimator: Any) -> bool:
    """Tell whether an estimator has others inside, perhaps in a list of names and estimators."""
    values = estimator.get_params(deep=False).values()
    return any(hasattr(value, "fit") or (isinstance(value, list) and _are_named(value)) for value in values)


def _are_named(values: list[Any]) -> bool:
    return any(isinstance(value, tuple) for value in values)


def is_told(estimator: Any) -> bool:
    """Tell whether ``set_output`` was called: then names and index of the frame travel on."""
    return bool(getattr(estimator, "_sklearn_output_config", {}))


def nameless(model: Any) -> Any:
    """Return the model as one that was fitted without names, so that scikit-learn does not miss them in a matrix.

    It shares everything with the model but the list of names; the engine has compared these.
    """
    known = _NAMELESS.get(model)
    if known is None:
        known = _NAMELESS[model] = _without_names(model)
    return known


_NAMELESS: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()


def _without_names(model: Any) -> Any:
    twin = copy(model)
    steps = list(getattr(model, "steps", ()))
    if steps:
        place = next(place for place, (_, step) in enumerate(steps) if not isinstance(step, str))
        steps[place] = steps[place][0], _without_names(steps[place][1])
        twin.steps = steps
    elif hasattr(model, "best_estimator_"):
        twin.best_estimator_ = _without_names(model.best_estimator_)
    twin.__dict__.pop("feature_names_in_", None)
    return twin
