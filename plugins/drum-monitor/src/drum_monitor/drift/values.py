"""Turn a column, whatever came in it, into numbers or into names of categories; never raise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api import types

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Numbers:
    """A column as float64: NaN where a value is missing, and where it is no number (``wrong``)."""

    values: NDArray[np.float64]
    missing: Mask
    wrong: Mask


def is_number_column(column: pd.Series[Any]) -> bool:
    """Tell whether a column holds numbers only; truth values are categories."""
    if types.is_bool_dtype(column.dtype):
        return False
    if types.is_numeric_dtype(column.dtype):
        return True
    kind = types.infer_dtype(column, skipna=True)
    return kind in ("integer", "floating", "mixed-integer-float", "decimal")


def is_number(value: str | float) -> bool:
    """Tell whether a value is a finite number, or the text of one."""
    try:
        return math.isfinite(float(value))
    except (ValueError, OverflowError):
        return False


def numbers(column: pd.Series[Any]) -> Numbers:
    """Read a column as numbers."""
    missing = column.isna().to_numpy(dtype=bool)
    if types.is_numeric_dtype(column.dtype) and not types.is_complex_dtype(column.dtype):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return Numbers(values, missing, np.zeros(len(column), dtype=bool))
    values = pd.to_numeric(column.map(_plain, na_action="ignore"), errors="coerce").to_numpy(
        np.float64, na_value=np.nan
    )
    return Numbers(values, missing, np.isnan(values) & ~missing)


def _plain(value: object) -> object:
    """Leave what pandas can look at; a list or the like is no number."""
    return value if isinstance(value, str | int | float) else str(value)


def names(column: pd.Series[Any]) -> tuple[pd.Series[Any], Mask]:
    """Read a column as names of categories, and tell which are missing."""
    missing = column.isna().to_numpy(dtype=bool)
    if types.infer_dtype(column, skipna=True) != "string":
        column = column.astype(object).map(str, na_action="ignore")
    return column, missing
