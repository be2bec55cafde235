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
PLAIN_TYPES = {"f": "<f8", "i": "<i8", "b": "|b1", "s": "O"}
"""NumPy's types that most columns have, by the letter of their kind; those of text are arrays of objects."""
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


def in_groups(frame: pd.DataFrame) -> list[tuple[str, list[int], npt.NDArray[Any]]] | None:
    """Return all columns of a type at once: of few rows, a column costs pandas more than what is in it.

    :returns: for each type its letter (``f`` float64, ``i`` int64, ``b`` truth values, ``s`` text), the places of its
        columns, and their values as a 2-D array with a row for each row, of objects if it is text. ``None`` if there is
        a column of another type.
    """
    import numpy as np

    places: dict[str, list[int]] = {}
    for place, dtype in enumerate(frame.dtypes):
        letter: str = dtype.kind if isinstance(dtype, np.dtype) else "s" if dtype == "str" else ""
        if letter != "s" and (letter not in PLAIN_TYPES or dtype.str != PLAIN_TYPES[letter]):
            return None
        places.setdefault(letter, []).append(place)
    if len(places) == 1:
        return [(letter, where, frame.to_numpy()) for letter, where in places.items()]
    table = frame.to_numpy(dtype=object)  # one step, where a selection of columns takes pandas many
    return [(letter, where, table[:, where].astype(PLAIN_TYPES[letter])) for letter, where in places.items()]


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
