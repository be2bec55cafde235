"""Give each of a model's inputs its columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drum.columns import numbers_of
from drum.errors import MalformedInputError
from drum_keras.inputs import Input, Inputs

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd


def features_of(batch: Any, inputs: Inputs) -> Any:
    """Return a matrix, or one for each input, as the model takes it.

    :raises MalformedInputError: naming a column that is missing or does not hold numbers, or both numbers of columns.
    """
    if len(inputs.inputs) == 1 and not inputs.by_name:
        return _matrix(batch, inputs.inputs[0])
    parts = {one.name: _matrix(batch, one) for one in inputs.inputs}
    return parts if inputs.by_name else list(parts.values())


def _matrix(batch: Any, taken: Input) -> npt.NDArray[Any]:
    """Return the columns that an input takes; what custom code or a pipeline has made is taken as it is."""
    import numpy as np

    if hasattr(batch, "columns"):
        batch = _chosen(batch, taken)
        values = _texts(batch) if taken.dtype == "string" else numbers_of(batch)
    else:
        values = np.asarray(batch)
    if values.ndim == 2 and taken.width not in (None, values.shape[1]):
        raise MalformedInputError(f"The model takes {taken.width} columns, but the input has {values.shape[1]}.")
    return values if taken.dtype == "string" else values.astype(taken.dtype, copy=False)


def _chosen(batch: pd.DataFrame, taken: Input) -> pd.DataFrame:
    if taken.columns is None:
        return batch
    missing = [name for name in taken.columns if name not in batch.columns]
    if missing:
        raise MalformedInputError(f"The input lacks the column '{missing[0]}' that the model's '{taken.name}' takes.")
    return batch[list(taken.columns)]


def _texts(batch: pd.DataFrame) -> npt.NDArray[Any]:
    """Return text for layers that look it up; a missing one is empty."""
    return batch.astype(object).where(batch.notna(), "").astype(str).to_numpy(dtype=object)
