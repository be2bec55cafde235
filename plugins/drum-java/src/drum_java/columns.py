"""Hand columns over to Java: numbers as doubles, text as codes and levels, all in one buffer that both sides see."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drum.columns import is_numeric, listed, numbers_of
from drum.errors import MalformedInputError

if TYPE_CHECKING:
    import pandas as pd

NUMBER, TEXT, SPELT_NUMBER, SPELT_TRUTH = range(4)
"""The kinds of columns, as ``drum.Columns.Layout`` numbers them."""
SPELLING = {"b": SPELT_TRUTH, "i": SPELT_NUMBER, "u": SPELT_NUMBER, "f": SPELT_NUMBER}
"""What text is that spells NumPy's kinds of values."""
FEW_ROWS = 32
"""Fewer are looked through one by one: pandas takes longer to set out."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column as it is handed over: ``numbers``, or ``codes`` (-1 where a value is missing) and ``levels``."""

    kind: int
    numbers: Any = None
    codes: Any = None
    levels: Sequence[str] = ()


def chosen(batch: pd.DataFrame, features: Sequence[str], types: Sequence[str]) -> list[Column]:
    """Return the columns that a model takes, in its order.

    :param types: what each feature takes: ``number``, ``text`` or ``any``.
    :raises MalformedInputError: if one is not there, or is text where the model takes numbers.
    """
    places: Mapping[str, int] = {str(name): place for place, name in enumerate(batch.columns.tolist())}
    missing = [name for name in features if name not in places]
    if missing:
        raise MalformedInputError(
            f"The input lacks {listed(missing)} of the {len(features)} that the model takes. "
            f"It has {listed(list(places))}."
        )
    return handed_over(batch, [places[name] for name in features], types)


def handed_over(batch: pd.DataFrame, places: Sequence[int], types: Sequence[str]) -> list[Column]:
    """Return the columns at some places of a frame."""
    plain = _plain_columns(batch) if len(batch) <= FEW_ROWS else {}
    return [
        (_few(*plain[place], wanted) if place in plain else None) or as_column(batch.iloc[:, place], wanted)
        for place, wanted in zip(places, types, strict=True)
    ]


def _plain_columns(batch: pd.DataFrame) -> dict[int, tuple[str, list[Any]]]:
    """Return kind and values of the columns of NumPy's numbers, and of text, all taken out of the frame at once."""
    kinds = [_plain_kind(dtype) for dtype in batch.dtypes]
    values = batch.to_numpy(dtype=object).T.tolist()
    return {place: (kind, values[place]) for place, kind in enumerate(kinds) if kind}


def _plain_kind(dtype: Any) -> str:
    import numpy as np
    import pandas as pd

    if isinstance(dtype, np.dtype) and dtype.kind in "iufb":
        return dtype.kind
    return "O" if isinstance(dtype, pd.StringDtype) else ""


def _few(kind: str, values: list[Any], wanted: str) -> Column | None:
    """Return a column of plain values; ``None`` for text where numbers are wanted, which is not plain."""
    if kind == "O" and wanted == "number":
        return None
    if kind != "O" and wanted != "text":
        return Column(NUMBER, numbers=values)
    codes, levels = _codes(values)
    return Column(SPELLING.get(kind, TEXT), codes=codes, levels=[_spelt(level) for level in levels])


def of_matrix(matrix: Any) -> list[Column]:
    """Return the columns of a matrix of numbers."""
    return [Column(NUMBER, numbers=matrix[:, place]) for place in range(matrix.shape[1])]


def as_column(column: pd.Series[Any], wanted: str) -> Column:
    """Return a column as numbers or as text, whichever the model takes; ``any`` leaves it as it is.

    Text that spells numbers looks as it would in a CSV: ``1``, not ``1.0``. Truth values are ``1`` and ``0`` where
    numbers are wanted, dates the milliseconds since 1970, as H2O counts them.
    """
    kind = getattr(column.dtype, "kind", "O")
    if wanted == "text":
        return _text(column, kind)
    if kind in "iufb":
        return Column(NUMBER, numbers=_floats(column))
    if kind == "M":
        return Column(NUMBER, numbers=_milliseconds(column))
    if _has_numeric_categories(column):
        return Column(NUMBER, numbers=column.astype(float).to_numpy())
    if wanted == "number":
        return Column(NUMBER, numbers=numbers_of(column.to_frame())[:, 0].astype(float, copy=False))
    return Column(NUMBER, numbers=_floats(column)) if is_numeric(column) else _text(column, kind)


def _has_numeric_categories(column: pd.Series[Any]) -> bool:
    import pandas as pd

    return isinstance(column.dtype, pd.CategoricalDtype) and pd.api.types.is_numeric_dtype(column.dtype.categories)


def _floats(column: pd.Series[Any]) -> Any:
    import numpy as np

    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iufb":
        return column.to_numpy()
    return column.to_numpy(dtype=float, na_value=np.nan)


def _milliseconds(column: pd.Series[Any]) -> Any:
    import numpy as np
    import pandas as pd

    moments = (
        column.dt.tz_convert("UTC").dt.tz_localize(None) if isinstance(column.dtype, pd.DatetimeTZDtype) else column
    )
    values = moments.to_numpy(dtype="datetime64[ms]")
    return np.where(np.isnat(values), np.nan, values.astype("int64"))


def _text(column: pd.Series[Any], kind: str) -> Column:
    codes, levels = _codes(column.tolist()) if len(column) <= FEW_ROWS else _many_codes(column)
    return Column(SPELLING.get(kind, TEXT), codes=codes, levels=[_spelt(level) for level in levels])


def _codes(values: list[Any]) -> tuple[Any, Sequence[Any]]:
    import pandas as pd

    seen: dict[Any, int] = {}
    codes = [
        -1
        if value is None or value is pd.NA or value is pd.NaT or value != value
        else seen.setdefault(value, len(seen))
        for value in values
    ]
    return codes, list(seen)


def _many_codes(column: pd.Series[Any]) -> tuple[Any, Sequence[Any]]:
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(), column.cat.categories.tolist()
    codes, levels = pd.factorize(column)
    return codes, levels.tolist()


def _spelt(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    return str(value)
