"""Give a model its columns: by name where it knows names, else by position, as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from drum.columns import is_sparse, listed, numbers_of
from drum.errors import MalformedInputError

if TYPE_CHECKING:
    import pandas as pd


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
    if is_sparse(frame):
        sparse: Any = frame.sparse
        return sparse.to_coo().tocsr()
    values = numbers_of(frame)
    return values.astype(float) if values.dtype == bool else values
