"""Give a model its features as it was trained on them, and explain what it does not take."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from drum.errors import MalformedInputError

if TYPE_CHECKING:
    import pandas as pd


def as_trained(batch: Any, model: Any) -> Any:
    """Return the batch as the model was trained: by name where it knows names, else as a matrix.

    :raises MalformedInputError: if columns are missing.
    """
    if not hasattr(batch, "columns"):
        return batch  # what custom code read is in the model's own form
    entrance = _entrance(model)
    names = getattr(entrance, "feature_names_in_", None)
    if names is not None:
        return _by_name(batch, list(names), entrance)
    if hasattr(entrance, "build_analyzer"):
        return _documents(batch)
    return _matrix(batch) if hasattr(entrance, "n_features_in_") else batch


def _entrance(model: Any) -> Any:
    """Return the estimator that sees the features first, inside searches, pipelines and unions."""
    while True:
        steps = getattr(model, "steps", None) or getattr(model, "transformer_list", ())
        inner = [step for _, step in steps if not isinstance(step, str)]  # a string is 'passthrough' or 'drop'
        following = inner[0] if inner else getattr(model, "best_estimator_", None)
        if following is None:
            return model
        model = following


def _by_name(batch: pd.DataFrame, names: list[str], entrance: Any) -> pd.DataFrame:
    columns = list(batch.columns)
    if columns == names:
        return batch
    given = set(columns)
    missing = [name for name in names if name not in given]
    if missing:
        dropped = _dropped(entrance, names)
        missing = [name for name in missing if name not in dropped]
    if missing:
        raise MalformedInputError(
            f"The input lacks {_listed(missing)} that the model was trained on. It has {_listed(columns)}."
        )
    return batch[[name for name in names if name in given]]


def _dropped(entrance: Any, names: Sequence[str]) -> frozenset[str]:
    """Return the columns that a ColumnTransformer saw in training and drops: they may be missing."""
    import numpy as np
    import pandas as pd

    every = pd.Series(names, index=names)
    dropped: set[str] = set()
    for _, transformer, columns in getattr(entrance, "transformers_", ()):
        if isinstance(transformer, str) and transformer == "drop":
            try:
                chosen = every.loc[columns]
            except (KeyError, TypeError):  # positions, not names
                chosen = every.iloc[columns]
            dropped.update(np.atleast_1d(chosen))
    return frozenset(dropped)


def _documents(batch: pd.DataFrame) -> pd.Series[Any]:
    """Return the one column of text that a vectorizer takes; of a frame it would read the column names."""
    import pandas as pd

    if len(batch.columns) != 1:
        raise MalformedInputError(f"The model takes one column of text, but the input has {_listed(batch.columns)}.")
    column = batch.iloc[:, 0]
    # a reader cannot know that '123' is text where all of a column looks like numbers
    return column.astype(str) if pd.api.types.is_numeric_dtype(column.dtype) else column


def _matrix(batch: pd.DataFrame) -> Any:
    import numpy as np
    import pandas as pd

    if _is_sparse(batch):
        sparse: Any = batch.sparse
        return sparse.to_coo().tocsr()
    values = batch.to_numpy()
    if values.dtype == object and all(pd.api.types.is_numeric_dtype(dtype) for dtype in batch.dtypes):
        return batch.to_numpy(dtype=float, na_value=np.nan)  # truth values beside numbers, nullable integers
    return values


def _is_sparse(batch: pd.DataFrame) -> bool:
    import pandas as pd

    return bool(len(batch.columns)) and all(isinstance(dtype, pd.SparseDtype) for dtype in batch.dtypes)


# ------------------------------------------------------------------------------------- complaints


def complaint(error: Exception, batch: Any, model: Any) -> str | None:
    """Return what in the batch made the model raise, or ``None`` if it was not the batch.

    Called only after the model has raised, so that scoring pays for no check.
    """
    if not hasattr(batch, "columns"):
        return None
    entrance = _entrance(model)
    names = getattr(entrance, "feature_names_in_", None)
    expected = getattr(entrance, "n_features_in_", None)
    if names is None and expected not in (None, len(batch.columns)):
        return f"The model takes {expected} columns, but the input has {len(batch.columns)}: {_listed(batch.columns)}."
    message = str(error)[:1000]  # it may list every value of a column
    if "dense data is required" in message and _is_sparse(batch):
        return "The model takes no sparse input. Send the same rows as CSV."
    if names is not None:
        dropped = _dropped(entrance, names)
        batch = batch[[name for name in names if name in batch.columns and name not in dropped]]
    for pattern, find, sentence in _COMPLAINTS:
        columns = find(batch, message) if re.search(pattern, message) else []
        if columns:  # several: each could be the one
            return sentence.format(_listed(columns, " or "))
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


def _with_missing(batch: pd.DataFrame, message: str) -> list[Any]:
    return [name for name, column in batch.items() if column.isna().any()]


def _with_huge(batch: pd.DataFrame, message: str) -> list[Any]:
    import numpy as np

    limit = np.finfo(np.float32).max
    return [name for name, column in batch.select_dtypes("number").items() if (column.abs() > limit).any()]


_COMPLAINTS: tuple[tuple[str, Callable[[pd.DataFrame, str], list[Any]], str], ...] = (
    ("could not convert string to float", _with_quoted_text, "The model takes numbers, but there is text in {}."),
    ("unknown categories", _with_quoted_text, "There are categories that the model was not trained on in {}."),
    ("contains NaN|nan is an invalid", _with_missing, "The model takes no missing values, but there are some in {}."),
    ("contains infinity", _with_huge, "There are infinite numbers, or too large ones, in {}."),
)
"""What scikit-learn's message begins with or holds, where to look for the columns at fault, what to tell the caller."""


def _listed(names: Sequence[Any], joint: str = ", ", most: int = 10) -> str:
    shown = joint.join(f"'{name}'" for name in list(names)[:most])
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"column{'s' if len(names) > 1 and joint == ', ' else ''} {shown}{more}"
