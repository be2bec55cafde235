"""Call a Keras model, some rows at a time, and name its outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from drum.contract import framed
from drum.errors import ModelContractError

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

ROWS_AT_ONCE = 131_072
"""Rows in one call, which bound the memory that a model's layers take; a call of TensorFlow costs a millisecond."""


def is_keras(model: Any) -> bool:
    """Tell a Keras model by its classes' modules, so that Keras need not be imported."""
    return any(kind.__module__.startswith("keras.") and kind.__name__ == "Model" for kind in type(model).__mro__)


def made_ready(model: Any) -> Any:
    """Return the model with its function for predictions, which threads would otherwise make at once."""
    model.make_predict_function()
    return model


def outputs(model: Any, features: Any) -> npt.NDArray[Any]:
    """Return what the model gives: a matrix with a row for each.

    :param features: a matrix, or a list or mapping of them.
    """
    import numpy as np

    rows = _rows(features)
    parts = [
        _matrix(model.predict_on_batch(_slice(features, start, start + ROWS_AT_ONCE)), min(ROWS_AT_ONCE, rows - start))
        for start in range(0, rows, ROWS_AT_ONCE)
    ]
    return np.concatenate(parts)


def _rows(features: Any) -> int:
    if isinstance(features, dict):
        features = list(features.values())
    return len(features[0] if isinstance(features, list) else features)


def _slice(features: Any, start: int, end: int) -> Any:
    if isinstance(features, dict):
        return {name: part[start:end] for name, part in features.items()}
    return [part[start:end] for part in features] if isinstance(features, list) else features[start:end]


def _matrix(output: Any, rows: int) -> npt.NDArray[Any]:
    import numpy as np

    if isinstance(output, list | tuple | dict):
        raise ModelContractError(
            f"The model has {len(output)} outputs, where one is needed. Save the model with that output alone, or "
            "write a 'score' hook in custom.py."
        )
    values = np.asarray(output)
    if not values.ndim or len(values) != rows:
        raise ModelContractError(
            f"The model returns an array of shape {values.shape} for {rows} rows: the first dimension must be the row."
        )
    return values.reshape(rows, -1)


def framed_by_class(values: npt.NDArray[Any], classes: Sequence[str]) -> pd.DataFrame:
    """Return outputs of which somebody knows the names; one value is the probability of the second of two classes."""
    import numpy as np

    if values.shape[1] == 1 and len(classes) == 2:
        values = np.column_stack((1 - values[:, 0], values[:, 0]))
    if values.shape[1] != len(classes):
        given = f"{values.shape[1]} value{'s' if values.shape[1] != 1 else ''}"
        raise ModelContractError(f"The model gives {given} a row, but knows {len(classes)} classes.")
    return framed(values, classes)
