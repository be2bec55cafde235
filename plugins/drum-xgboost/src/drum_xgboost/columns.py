"""Give a model its columns: by name where it knows names, else by position, as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from drum.errors import MalformedInputError

if TYPE_CHECKING:
    import pandas as pd

NUMERIC = frozenset({"integer", "floating", "mixed-integer-float", "boolean", "decimal", "empty"})
"""What pandas' ``infer_dtype`` calls values that are numbers, truth values or missing."""


def chosen(batch: pd.DataFrame, names: Sequence[str] | None, width: int | None) -> pd.DataFrame:
    """Return the columns that the model was trained on, in its order.

    :param names: what it knows them by; without names they are taken as they come.
    :param width: how many there are, if that is known.
    :raises MalformedInputError: if columns are missing, or there are more or fewer without names.
    """
    if names is not None:
        return _by_name(batch, list(names))
    if width is not None and width != len(batch.columns):
        raise MalformedInputError(f"The model takes {width} columns, but the input has {len(batch.columns)}.")
    return batch


def _by_name(batch: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    columns = batch.columns.tolist()
    if columns == names:
        return batch
    given = set(columns)
    missing = [name for name in names if name not in given]
    if missing:
        raise MalformedInputError(
            f"The input lacks {listed(missing)} of the {len(names)} that the model was trained on. "
            f"It has {listed(columns)}."
        )
    return batch[names]


def as_matrix(frame: pd.DataFrame) -> Any:
    """Return numbers: a sparse matrix where all columns are sparse, else a dense one with NaN where values are missing.

    :raises MalformedInputError: if a column holds anything but numbers.
    """
    import numpy as np

    if is_sparse(frame):
        sparse: Any = frame.sparse
        return sparse.to_coo().tocsr()
    values = frame.to_numpy()
    if values.dtype.kind in "fiu":
        return values
    texts = [name for name, column in frame.items() if not is_numeric(column)]
    if texts:
        raise MalformedInputError(
            f"The model takes numbers, but there is something else, such as text, in {listed(texts)}."
        )
    return frame.to_numpy(dtype=float, na_value=np.nan)


def is_numeric(column: pd.Series[Any]) -> bool:
    """Tell whether a column holds nothing but numbers, truth values and missing values."""
    import pandas as pd

    return pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.infer_dtype(column, skipna=True) in NUMERIC


def is_sparse(frame: pd.DataFrame) -> bool:
    """Tell whether every column is sparse."""
    import pandas as pd

    return bool(len(frame.columns)) and all(isinstance(dtype, pd.SparseDtype) for dtype in frame.dtypes)


def listed(names: Sequence[Any], most: int = 10) -> str:
    """Return the names as they stand in a message."""
    shown = ", ".join(f"'{name}'" for name in list(names)[:most])
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"column{'s' if len(names) > 1 else ''} {shown}{more}"
