"""Predict with scikit-learn's pipelines and searches around XGBoost, where drum-sklearn is not installed."""

from __future__ import annotations

from typing import Any

from drum.columns import is_numeric, is_sparse, listed
from drum.errors import MalformedInputError, NoScorerError
from drum.types import ModelSpec
from drum_xgboost.columns import chosen


def predict(model: Any, batch: Any, spec: ModelSpec) -> tuple[Any, Any]:
    """Return probabilities and the names of their classes, or values and ``None``."""
    method = "predict_proba" if spec.target_type.is_classification else "predict"
    if not hasattr(model, method):
        raise NoScorerError(
            f"{type(model).__name__} has no '{method}', which target type '{spec.target_type.value}' needs. "
            "Choose another target type, or write a 'score' hook in custom.py."
        )
    try:
        values = getattr(model, method)(_features(model, batch))
    except (ValueError, TypeError) as error:
        texts = _quoted_columns(batch, str(error)) if hasattr(batch, "columns") else []
        if not texts:
            raise
        raise MalformedInputError(f"The model takes numbers, but there is text in {listed(texts)}.") from error
    return values, getattr(model, "classes_", None) if method == "predict_proba" else None


def _features(model: Any, batch: Any) -> Any:
    """Return a frame by name where the first step knows names, else a matrix."""
    if not hasattr(batch, "columns"):
        return batch
    names = getattr(model, "feature_names_in_", None)
    frame = chosen(batch, None if names is None else list(names), getattr(model, "n_features_in_", None))
    if names is not None:
        return frame
    sparse: Any = frame
    return sparse.sparse.to_coo().tocsr() if is_sparse(frame) else frame.to_numpy()


def _quoted_columns(batch: Any, message: str) -> list[Any]:
    """Return the columns with a text that a message quotes."""
    return [
        name
        for name, column in batch.items()
        if not is_numeric(column)
        and any(isinstance(value, str) and repr(value) in message for value in column.unique())
    ]
