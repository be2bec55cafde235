"""The step of a ``ColumnTransformer``: columns are taken out of the frame once, by the step that needs them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drum_sklearn.few_rows.data import Columns, NotCoveredError, Step


def by_columns(fitted: Any, branches: Sequence[tuple[Step, str | list[str]]]) -> Step:
    """Return the step that takes each branch's columns through the branch."""

    def step(data: Any) -> Any:
        if not isinstance(data, Columns):
            raise NotCoveredError
        return beside_each_other(fitted, [branch(data[names]) for branch, names in branches])

    return step


def branches_of(fitted: Any) -> list[tuple[Any, str | list[str]]] | None:
    """Return the branches of a ``ColumnTransformer``: a transformer each, and the names of its columns.

    :returns: a single name for a column that is handed on as a series; ``None`` if there are columns without names, or
        weights.
    """
    if fitted.transformer_weights is not None:
        return None
    branches = []
    for _, transformer, columns in fitted.transformers_:
        if isinstance(transformer, str) and transformer == "drop":
            continue
        names = _names_of(fitted, columns)
        if names is None:
            return None
        if names:
            branches.append((transformer, names))
    return branches


def _names_of(fitted: Any, columns: Any) -> str | list[str] | None:
    if isinstance(columns, str):
        return columns
    if isinstance(columns, slice) or not hasattr(columns, "__len__"):
        return None
    if all(isinstance(column, str) for column in columns):
        return list(columns)
    if all(isinstance(column, int) and not isinstance(column, bool) for column in columns):
        return [fitted.feature_names_in_[column] for column in columns]
    return None


def beside_each_other(fitted: Any, parts: Sequence[Any]) -> Any:
    """Return what the branches gave as one matrix, sparse or dense as training has decided.

    :raises NotCoveredError: if a branch gave something that scikit-learn would have to look at.
    """
    import numpy as np
    from scipy import sparse

    if any(len(part.shape) != 2 or part.shape[0] != parts[0].shape[0] for part in parts):
        raise NotCoveredError
    if not fitted.sparse_output_:
        return np.hstack([part.toarray() if hasattr(part, "toarray") else part for part in parts])
    if any(hasattr(part, "columns") or part.dtype.kind not in "if" for part in parts):
        raise NotCoveredError
    return sparse.hstack(parts).tocsr()
