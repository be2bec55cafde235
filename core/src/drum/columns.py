"""What runtimes ask of a frame's columns: are they numbers, are they sparse; what is wrong is said by their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from drum.errors import MalformedInputError

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

NUMBERS = "biuf"
"""NumPy's kinds of numbers."""
NUMERIC_OBJECTS = frozenset({"boolean", "integer", "floating", "mixed-integer-float", "decimal", "empty"})
"""What pandas' ``infer_dtype`` calls columns of objects that are numbers, truth values or missing."""


def listed(names: Sequence[Any], joint: str = ", ", most: int = 10) -> str:
    """Return the names of columns as they stand in a message.

    :param joint: what stands between two of them; with another one than a comma, each could be the one.
    """
    shown = joint.join(f"'{name}'" for name in list(names)[:most])
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"column{'s' if len(names) > 1 and joint == ', ' else ''} {shown}{more}"


def is_sparse(frame: pd.DataFrame) -> bool:
    """Tell whether every column is sparse."""
    import pandas as pd

    return bool(len(frame.columns)) and all(isinstance(dtype, pd.SparseDtype) for dtype in frame.dtypes)


def is_numeric(column: pd.Series[Any]) -> bool:
    """Tell whether a column holds nothing but numbers, truth values and missing values."""
    import pandas as pd

    return pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.infer_dtype(column) in NUMERIC_OBJECTS


def numbers_of(frame: pd.DataFrame) -> npt.NDArray[Any]:
    """Return the values of a frame as a matrix of numbers, in which missing values are NaN.

    :raises MalformedInputError: naming the columns that hold anything else.
    """
    import numpy as np

    values: npt.NDArray[Any] = frame.to_numpy()
    if values.dtype.kind in NUMBERS:
        return values
    others = [name for name, column in frame.items() if not is_numeric(column)]
    if others:
        dtype = frame[others[0]].dtype
        what = "is text" if dtype in (object, "str") else f"are values of type {dtype}"
        raise MalformedInputError(f"The model takes numbers, but there {what} in {listed(others)}.")
    return np.column_stack([column.to_numpy(dtype=float, na_value=np.nan) for _, column in frame.items()])
