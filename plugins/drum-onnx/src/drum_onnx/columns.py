"""Columns as arrays of one type; what does not fit is refused by the column's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drum.columns import is_numeric, listed, numbers_of
from drum.errors import MalformedInputError

if TYPE_CHECKING:
    import pandas as pd


def as_type(frame: pd.DataFrame, dtype: str) -> Any:
    """Return the values of columns as a matrix of a NumPy type; missing numbers are NaN.

    :raises MalformedInputError: if a column holds text where numbers are needed, or has gaps where there may be none.
    """
    if dtype == "object":
        return _texts(frame)
    return _cast(frame, numbers_of(frame), dtype)


def _cast(frame: pd.DataFrame, values: Any, dtype: str) -> Any:
    import numpy as np

    if np.dtype(dtype).kind != "f" and values.dtype.kind == "f":
        _refuse(frame, np.isnan(values), "no missing values, but there are some in {}")
        _refuse(frame, values % 1 != 0, "whole numbers, but there are fractions in {}")
    with np.errstate(over="ignore"):  # what is too large for float32 is infinite there
        return values.astype(dtype, copy=False)


def _texts(frame: pd.DataFrame) -> Any:
    import numpy as np

    _refuse(frame, frame.isna().to_numpy(), "no missing text, but there is some in {}")
    return np.column_stack([_text(column).to_numpy(dtype=object) for _, column in frame.items()])


def _text(column: pd.Series[Any]) -> pd.Series[Any]:
    """Spell numbers as text: a reader cannot know that '12' is text where all of a column looks like numbers."""
    if not is_numeric(column) or column.dtype == bool:
        return column.map(str)
    return column.map(lambda value: str(int(value)) if float(value).is_integer() else str(value))


def _refuse(frame: pd.DataFrame, wrong: Any, what: str) -> None:
    if wrong.any():
        names = [name for name, bad in zip(frame.columns, wrong.any(axis=0), strict=True) if bad]
        raise MalformedInputError(f"The model takes {what.format(listed(names))}.")
