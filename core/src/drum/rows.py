"""The rows of batches and of answers: whether they stand in a frame, how many there are, and their parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from drum.types import Batch, Predictions

if TYPE_CHECKING:
    import numpy as np

MATRIX_TYPES = frozenset({"int64", "float64"})
"""Types of columns that NumPy joins into a matrix of numbers as a runtime would."""


def is_frame(batch: Batch) -> bool:
    """Tell whether a batch is a pandas frame."""
    return type(batch).__name__ == "DataFrame" and type(batch).__module__.startswith("pandas")


def count_rows(batch: Batch) -> int | None:
    """Return the number of rows of a batch; ``None`` where only the runtime that opens it can tell."""
    shape = getattr(batch, "shape", None)
    if isinstance(shape, Sequence) and shape:
        return int(shape[0])
    return len(batch) if isinstance(batch, Sequence) and not isinstance(batch, str | bytes) else None


def matrix_of(batch: Batch, columns: Sequence[str] | None) -> np.ndarray[Any, Any] | None:
    """Return the values of a frame of numbers, of shape (rows, columns), if it has these columns in this order."""
    if columns is None or not is_frame(batch) or len(batch.columns) != len(columns):
        return None
    if batch.columns.tolist() != list(columns) or not {str(dtype) for dtype in set(batch.dtypes)} <= MATRIX_TYPES:
        return None
    values: np.ndarray[Any, Any] = batch.to_numpy()
    return values


def split(predictions: Predictions, counts: Sequence[int]) -> list[Predictions]:
    """Return the predictions of so many rows, of so many that follow, and so on."""
    if len(counts) == 1:
        return [predictions]
    parts = []
    start = 0
    for count in counts:
        rows = slice(start, start + count)
        extra = None if predictions.extra is None else predictions.extra.iloc[rows].reset_index(drop=True)
        parts.append(replace(predictions, frame=predictions.frame.iloc[rows].reset_index(drop=True), extra=extra))
        start += count
    return parts
