"""Columns as arrays of one type; what does not fit is refused by the column's name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from drum.errors import MalformedInputError

if TYPE_CHECKING:
    import pandas as pd

NUMERIC = frozenset({"integer", "floating", "mixed-integer-float", "boolean", "decimal", "empty"})
"""What pandas' ``infer_dtype`` calls values that are numbers, truth values or missing."""


def as_type(frame: pd.DataFrame, dtype: str) -> Any:
    """Return the values of columns as a matrix of a NumPy type; missing numbers are NaN.

    :raises MalformedInputError: if a column holds text where numbers are needed, or has gaps where there may be none.
    """
    if dtype == "object":
        return _texts(frame)
    return _cast(frame, _numbers(frame), dtype)


def _numbers(frame: pd.DataFrame) -> Any:
    import numpy as np

    values = frame.to_numpy()
    if values.dtype.kind in "fiub":
        return values
    texts = [name for name, column in frame.items() if not is_numeric(column)]
    if texts:
        raise MalformedInputError(
            f"The model takes numbers, but there is something else, such as text, in {listed(texts)}."
        )
    return frame.to_numpy(dtype=float, na_value=np.nan)


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


def is_numeric(column: pd.Series[Any]) -> bool:
    """Tell whether a column holds nothing but numbers, truth values and missing values."""
    import pandas as pd

    return pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.infer_dtype(column, skipna=True) in NUMERIC


def listed(names: Sequence[Any], most: int = 10) -> str:
    """Return the names as they stand in a message."""
    shown = ", ".join(f"'{name}'" for name in list(names)[:most])
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"column{'s' if len(names) > 1 else ''} {shown}{more}"
