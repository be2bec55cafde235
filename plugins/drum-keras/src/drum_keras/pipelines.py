"""Predict with scikit-learn's pipelines that end in a Keras model, bare or wrapped (keras.wrappers, scikeras)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drum.contract import framed_as_declared
from drum.errors import MalformedInputError, NoScorerError
from drum.types import ModelSpec, TargetType
from drum_keras.features import features_of
from drum_keras.inputs import inputs_of
from drum_keras.scoring import framed_by_class, is_keras, outputs

if TYPE_CHECKING:
    import pandas as pd


def last_of(model: Any) -> Any:
    """Return the estimator at the end, inside searches and pipelines."""
    while True:
        steps = getattr(model, "steps", None)
        following = steps[-1][1] if steps else getattr(model, "best_estimator_", None)
        if following is None:
            return model
        model = following


def holds_keras(model: Any) -> bool:
    """Tell whether the estimator at the end is a Keras model, or was fitted with one."""
    last = last_of(model)
    return is_keras(last) or is_keras(getattr(last, "model_", None))


def predict(model: Any, batch: Any, spec: ModelSpec) -> pd.DataFrame:
    """Predict with a pipeline, or with a wrapped model alone."""
    features = _as_trained(batch, model)
    try:
        return _predict(model, features, spec)
    except (ValueError, TypeError) as error:
        reason = _complaint(str(error)[:1000], batch)
        if reason is None:
            raise
        raise MalformedInputError(reason) from error


def _predict(model: Any, features: Any, spec: ModelSpec) -> pd.DataFrame:
    last = last_of(model)
    if is_keras(last):
        prepared = model[:-1].transform(features)
        return framed_as_declared(outputs(last, features_of(prepared, inputs_of(last, spec))), spec)
    if not spec.target_type.is_classification:
        return framed_as_declared(_matrix(model.predict(features)), spec)
    values, classes = _matrix(_probabilities(model)(features)), _classes_of(model, spec)
    return framed_as_declared(values, spec) if classes is None else framed_by_class(values, classes)


def _classes_of(model: Any, spec: ModelSpec) -> list[str] | None:
    """Return the names of the outputs, if the wrapper knows them: of several labels, it knows no names."""
    classes = None if spec.target_type is TargetType.MULTILABEL else getattr(model, "classes_", None)
    return None if classes is None else [str(name) for name in classes]


def _probabilities(model: Any) -> Any:
    """Return the method that gives the outputs of a classifier: keras.wrappers has no ``predict_proba``."""
    for name in ("predict_proba", "decision_function"):
        if hasattr(model, name):
            return getattr(model, name)
    raise NoScorerError(
        f"{type(last_of(model)).__name__} is no classifier: it has neither 'predict_proba' nor 'decision_function'. "
        "Choose another target type, or write a 'score' hook in custom.py."
    )


def _matrix(output: Any) -> Any:
    import numpy as np

    values = np.asarray(output)
    return values.reshape(len(values), -1)


# ------------------------------------------------------------------------------------- features


def _as_trained(batch: Any, model: Any) -> Any:
    """Return the columns by name where the model knows names, else as a matrix."""
    if not hasattr(batch, "columns"):
        return batch  # what custom code read is in the model's own form
    names = getattr(model, "feature_names_in_", None)
    if names is None:
        return _by_place(batch, getattr(model, "n_features_in_", None))
    missing = [name for name in names if name not in batch.columns]
    if missing:
        raise MalformedInputError(f"The input lacks the column '{missing[0]}' that the model was trained on.")
    return batch[list(names)]


def _by_place(batch: pd.DataFrame, width: int | None) -> Any:
    if width not in (None, len(batch.columns)):
        raise MalformedInputError(f"The model takes {width} columns, but the input has {len(batch.columns)}.")
    return batch.to_numpy()


def _complaint(message: str, batch: Any) -> str | None:
    """Return what in the batch made the pipeline raise, or ``None`` if it was not the batch."""
    if "could not convert string to float" not in message or not hasattr(batch, "columns"):
        return None
    texts = (
        name
        for name, column in batch.items()
        if any(isinstance(value, str) and repr(value) in message for value in column.unique())
    )
    return next((f"The model takes numbers, but there is text in column '{name}'." for name in texts), None)
