"""Give a model its features in the form on which it was trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drum.columns import is_sparse, listed
from drum.errors import MalformedInputError

if TYPE_CHECKING:
    import pandas as pd


def as_trained(batch: Any, model: Any) -> Any:
    """Return the batch as the model was trained: by name where it knows names, else as a matrix.

    :raises MalformedInputError: if columns are missing.
    """
    if not hasattr(batch, "columns"):
        return batch  # what custom code read is in the model's own form
    entrance = entrance_of(model)
    names = getattr(entrance, "feature_names_in_", None)
    if names is not None:
        return _by_name(batch, list(names), entrance)
    if hasattr(entrance, "build_analyzer"):
        return _documents(batch)
    return _matrix(batch) if hasattr(entrance, "n_features_in_") else batch


def entrance_of(model: Any) -> Any:
    """Return the estimator that sees the features first, inside searches, pipelines and unions."""
    while True:
        steps: Any = getattr(model, "steps", None) or getattr(model, "transformer_list", ())
        inner = [step for _, step in steps if not isinstance(step, str)]  # a string is 'passthrough' or 'drop'
        following = inner[0] if inner else getattr(model, "best_estimator_", None)
        if following is None:
            return model
        model = following


def _by_name(batch: pd.DataFrame, names: list[str], entrance: Any) -> pd.DataFrame:
    columns = batch.columns.tolist()
    if columns == names:
        return batch
    given = set(columns)
    missing = [name for name in names if name not in given]
    if missing:
        dropped = dropped_columns(entrance, names)
        missing = [name for name in missing if name not in dropped]
    if missing:
        raise MalformedInputError(
            f"The input lacks {listed(missing)} that the model was trained on. It has {listed(columns)}."
        )
    return batch[[name for name in names if name in given]]


def dropped_columns(entrance: Any, names: list[str]) -> frozenset[str]:
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
        raise MalformedInputError(f"The model takes one column of text, but the input has {len(batch.columns)}.")
    column = batch.iloc[:, 0]
    # a reader cannot know that '123' is text where all of a column looks like numbers
    return column.astype(str) if pd.api.types.is_numeric_dtype(column.dtype) else column


def _matrix(batch: pd.DataFrame) -> Any:
    import numpy as np
    import pandas as pd

    if is_sparse(batch):
        sparse: Any = batch.sparse
        return sparse.to_coo().tocsr()
    values = batch.to_numpy()
    if values.dtype == object and all(pd.api.types.is_numeric_dtype(dtype) for dtype in batch.dtypes):
        return batch.to_numpy(dtype=float, na_value=np.nan)  # truth values beside numbers, nullable integers
    return values
