"""Tell the caller what in the data a model does not take."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from drum.columns import is_sparse, listed
from drum_sklearn.features import dropped_columns, entrance_of

if TYPE_CHECKING:
    import pandas as pd


def complaint(error: Exception, batch: Any, model: Any) -> str | None:
    """Return what in the batch made the model raise, or ``None`` if it was not the batch.

    Called only after the model has raised, so that scoring pays for no check.
    """
    if not hasattr(batch, "columns"):
        return None
    entrance = entrance_of(model)
    names = getattr(entrance, "feature_names_in_", None)
    expected = getattr(entrance, "n_features_in_", None)
    if names is None and expected not in (None, len(batch.columns)):
        return f"The model takes {expected} columns, but the input has {len(batch.columns)}."
    message = str(error)[:1000]  # it may list every value of a column
    if "dense data is required" in message and is_sparse(batch):
        return "The model takes no sparse input. Send the same rows as CSV."
    if names is not None:
        dropped = dropped_columns(entrance, names)
        batch = batch[[name for name in names if name in batch.columns and name not in dropped]]
    for pattern, find, sentence in _COMPLAINTS:
        columns = find(batch, message) if re.search(pattern, message) else []
        if columns:  # several: each could be the one
            return sentence.format(listed(columns, " or "))
    return None


def _with_quoted_text(batch: pd.DataFrame, message: str) -> list[Any]:
    """Return the columns that hold a text which the message quotes."""
    import pandas as pd

    return [
        name
        for name, column in batch.items()
        if not pd.api.types.is_numeric_dtype(column.dtype)
        and any(isinstance(value, str) and repr(value) in message for value in column.unique())
    ]


def _with_objects(batch: pd.DataFrame, message: str) -> list[Any]:
    """Return the columns that hold something that is neither a number nor text: lists, mappings, endless integers."""
    return [
        name
        for name, column in batch.items()
        if column.dtype == object and any(not isinstance(value, str | float | bool) for value in column.dropna())
    ]


def _with_missing(batch: pd.DataFrame, message: str) -> list[Any]:
    return [name for name, column in batch.items() if column.isna().any()]


def _without_values(batch: pd.DataFrame, message: str) -> list[Any]:
    return [name for name, column in batch.items() if column.isna().all()]


def _with_huge(batch: pd.DataFrame, message: str) -> list[Any]:
    import numpy as np

    limit = np.finfo(np.float32).max
    return [name for name, column in batch.select_dtypes("number").items() if (column.abs() > limit).any()]


_COMPLAINTS: tuple[tuple[str, Callable[[pd.DataFrame, str], list[Any]], str], ...] = (
    ("could not convert string to float", _with_quoted_text, "The model takes numbers, but there is text in {}."),
    ("unknown categories", _with_quoted_text, "There are categories that the model was not trained on in {}."),
    (
        "array element with a sequence|float\\(\\) argument must be|with non-numeric data|too large to convert",
        _with_objects,
        "The model takes numbers, but there are other things in {}.",
    ),
    ("contains NaN|nan is an invalid", _with_missing, "The model takes no missing values, but there are some in {}."),
    ("ufunc 'isnan' not supported", _without_values, "The model takes text, but there is no value at all in {}."),
    ("contains infinity", _with_huge, "There are infinite numbers, or too large ones, in {}."),
)
"""What scikit-learn's message holds, where to look for the columns at fault, what to tell the caller."""
