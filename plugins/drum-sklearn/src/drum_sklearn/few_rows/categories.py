"""Steps for columns of categories: looked up in tables of what the encoder has made of each category."""

from __future__ import annotations

from typing import Any

from drum_sklearn.few_rows.data import NotCoveredError, Step, values

MOST_VALUES = 100_000
"""Values that an encoder is asked for at the most: more would make the first request wait."""
EXACT_WHOLES = 2**53
"""Whole numbers from which on a double may equal a category for NumPy, and not for Python."""

_NOTHING = object()


class _Table:
    """The code of each category of a column; values that are none of these get ``unknown``."""

    def __init__(self, categories: Any, codes: Any, unknown: Any) -> None:
        known = list(zip(categories.tolist(), codes.tolist(), strict=True))
        self._codes = {category: code for category, code in known if category == category}
        self._unknown = unknown
        self._missing = next((code for category, code in known if category != category), unknown)

    def codes(self, column: list[Any]) -> list[Any]:
        """Return the code of each value.

        :raises NotCoveredError: if there is a value without a code.
        """
        codes = [self._codes.get(value, _NOTHING) for value in column]
        if _NOTHING in codes:
            codes = [
                (self._unknown if value == value else self._missing) if code is _NOTHING else code
                for code, value in zip(codes, column, strict=True)
            ]
            if _NOTHING in codes:
                raise NotCoveredError
        return codes


def one_hot(fitted: Any) -> Step | None:
    """Return the step of a ``OneHotEncoder``."""
    import numpy as np

    kinds, widths = _kinds(fitted.categories_), getattr(fitted, "_n_features_outs", None)
    if kinds is None or widths is None:
        return None
    answer = _answer_for_each_category(fitted)
    is_silent = fitted.handle_unknown == "ignore" and fitted.drop is None
    unknown = -1 if is_silent else _NOTHING
    places = _places_of_ones(answer, np.cumsum([0, *widths]))
    tables = [
        _Table(categories, places[: len(categories), place], unknown)
        for place, categories in enumerate(fitted.categories_)
    ]
    width, dtype, kind = answer.shape[1], answer.dtype, type(answer)

    def step(data: Any) -> Any:
        columns = values(data, kinds)
        codes = np.array([table.codes(column) for table, column in zip(tables, columns, strict=True)], np.int32).T
        is_one = codes >= 0
        ones = codes[is_one]
        if fitted.sparse_output:
            ends = np.zeros(len(codes) + 1, np.int32)
            np.cumsum(is_one.sum(axis=1), out=ends[1:])
            return kind((np.ones(len(ones), dtype), ones, ends), shape=(len(codes), width))
        matrix = np.zeros((len(codes), width), dtype)
        matrix[np.nonzero(is_one)[0], ones] = 1
        return matrix

    return step


def ordinal(fitted: Any) -> Step | None:
    """Return the step of an ``OrdinalEncoder``."""
    import numpy as np

    kinds = _kinds(fitted.categories_)
    if kinds is None:
        return None
    answer = _answer_for_each_category(fitted)
    unknown = fitted.unknown_value if fitted.handle_unknown == "use_encoded_value" else _NOTHING
    tables = [
        _Table(categories, answer[: len(categories), place], unknown)
        for place, categories in enumerate(fitted.categories_)
    ]

    def step(data: Any) -> Any:
        columns = values(data, kinds)
        codes = [table.codes(column) for table, column in zip(tables, columns, strict=True)]
        return np.ascontiguousarray(np.array(codes, answer.dtype).T)

    return step


def text_imputer(fitted: Any) -> Step | None:
    """Return the step of a ``SimpleImputer`` that was fitted to texts."""
    import numpy as np

    fills = fitted.statistics_.tolist()
    if fitted.missing_values == fitted.missing_values or fitted.add_indicator or any(fill != fill for fill in fills):
        return None
    kinds = ["OUif"] * len(fills)

    def step(data: Any) -> Any:
        columns = values(data, kinds)
        filled = np.empty((len(fills), data.shape[0]), object)
        for place, (column, fill) in enumerate(zip(columns, fills, strict=True)):
            filled[place] = [value if value == value else fill for value in column]
        return filled.T

    return step


def _kinds(categories: list[Any]) -> list[str] | None:
    """Return the types that columns with these categories may have; ``None`` if there is one that cannot be told."""
    import numpy as np

    if max(map(len, categories)) * len(categories) > MOST_VALUES:
        return None
    kinds = []
    for known in categories:
        if known.dtype.kind in "if" and not (np.abs(known) >= EXACT_WHOLES).any():
            kinds.append("if")
        elif known.dtype.kind in "OU":
            kinds.append("OU")
        else:
            return None
    return kinds


def _answer_for_each_category(fitted: Any) -> Any:
    """Return what an encoder makes of a frame whose columns hold their categories, each at least once.

    So nothing is assumed of how it drops some, or takes infrequent ones together.
    """
    import numpy as np
    import pandas as pd

    categories = fitted.categories_
    rows = max(map(len, categories))
    names = getattr(fitted, "feature_names_in_", range(len(categories)))
    columns = [np.resize(known if known.dtype.kind != "U" else known.astype(object), rows) for known in categories]
    frame = pd.DataFrame({place: pd.Series(column, dtype=column.dtype) for place, column in enumerate(columns)})
    return fitted.transform(frame.set_axis(list(names), axis=1))


def _places_of_ones(answer: Any, starts: Any) -> Any:
    """Return for each row and feature in which column of the answer it has its one; -1 if it has none.

    :param starts: the first column of each feature.
    """
    import numpy as np
    from scipy import sparse

    ones = sparse.coo_array(answer)
    places = np.full((answer.shape[0], len(starts) - 1), -1, np.int32)
    places[ones.row, np.searchsorted(starts, ones.col, side="right") - 1] = ones.col
    return places
