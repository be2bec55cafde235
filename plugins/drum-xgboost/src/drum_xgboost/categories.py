"""Encode categories as the booster encoded them in training."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from drum.columns import is_numeric
from drum.errors import MalformedInputError, PluginDependencyError

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger("drum.xgboost")


def kept_categories(booster: Any) -> dict[int, pd.Index[Any]]:
    """Return the categories that a booster has kept, in the order of their numbers, by the place of the column.

    XGBoost keeps them since 3.1. Up to 3.2 it cuts text that is not ASCII at the wrong places.
    """
    if "c" not in (booster.feature_types or ()) or not hasattr(booster, "get_categories"):
        return {}
    try:
        kept = booster.get_categories(export_to_arrow=True).to_arrow()
    except ImportError as error:
        raise PluginDependencyError(
            "A model with categories needs pyarrow, which is not installed. Run: pip install 'drum-core[arrow]'"
        ) from error
    return {place: _index(name, values) for place, (name, values) in enumerate(kept) if values is not None}


def _index(name: str, values: Any) -> pd.Index[Any]:
    import pandas as pd

    if str(values.type) != "string":
        numbers: pd.Index[Any] = pd.Index(values.to_pylist())
        return numbers
    names = [name.decode(errors="replace") for name in values.cast("binary").to_pylist()]
    if not all(map(str.isascii, names)):
        log.warning(
            "The categories of column '%s' are not ASCII: XGBoost up to 3.2 does not keep them whole, so they may not "
            "be found. Train with numbers in their place, or with a later version.", name,
        )  # fmt: skip
    texts: pd.Index[Any] = pd.Index(names, dtype=object)
    return texts


def encoded(frame: pd.DataFrame, categories: Mapping[int, pd.Index[Any]]) -> pd.DataFrame:
    """Return the frame with numbers for categories.

    :raises MalformedInputError: if there is one that was not seen in training. XGBoost means to refuse it as well, but
        up to 3.2 it often takes the next one in the alphabet.
    """
    answer = frame.copy(deep=False)
    for place, known in categories.items():
        answer.isetitem(place, _codes(frame.iloc[:, place], known))
    return answer


def _codes(column: pd.Series[Any], known: pd.Index[Any]) -> Any:
    import numpy as np
    import pandas as pd

    values = column.astype(column.cat.categories.dtype) if isinstance(column.dtype, pd.CategoricalDtype) else column
    values = _as_text(values) if known.dtype == object else values
    codes = known.get_indexer(pd.Index(values, dtype=object) if known.dtype == object else pd.Index(values))
    unseen = (codes < 0) & values.notna().to_numpy()
    if unseen.any():
        raise MalformedInputError(f"There are categories that the model was not trained on in column '{column.name}'.")
    return np.where(codes < 0, np.nan, codes)


def _as_text(values: pd.Series[Any]) -> pd.Series[Any]:
    """Spell numbers as text: a reader cannot know that '12' is text where all of a column looks like numbers."""
    if not is_numeric(values):
        return values
    return values.map(lambda value: str(int(value)) if float(value).is_integer() else str(value), na_action="ignore")
