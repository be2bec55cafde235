"""Tell whether two predictions for the same rows are the same, and where they differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from drum.types import Predictions

    Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whether two predictions are the same, within a tolerance, and how they compare in words."""

    is_same: bool
    text: str


@dataclass(frozen=True, slots=True)
class _Column:
    """How one column compares: which rows are off, and by how much the rows differ at most."""

    off: npt.NDArray[np.bool_]
    largest: float


def compare(expected: Predictions, got: Predictions, tolerance: float) -> Comparison:
    """Compare predictions, further columns included.

    :param tolerance: how far a number may be off, as a share of it; of numbers below 1 it is the distance itself.
    """
    one, other = _joined(expected), _joined(got)
    if list(one.columns) != list(other.columns):
        return Comparison(False, f"the columns are {list(other.columns)} instead of {list(one.columns)}")
    if len(one) != len(other):
        return Comparison(False, f"there are {len(other)} predictions instead of {len(one)}")
    columns = [_compare(one.iloc[:, place], other.iloc[:, place], tolerance) for place in range(one.shape[1])]
    worst = max((column.largest for column in columns), default=0.0)
    wrong = next((place for place, column in enumerate(columns) if column.off.any()), None)
    if wrong is None:
        return Comparison(True, f"the same within {worst:.1g}" if worst else "the same to the last bit")
    row = int(columns[wrong].off.argmax())
    count = int(sum(column.off for column in columns).astype(bool).sum())  # type: ignore[union-attr]
    return Comparison(
        False,
        f"row {row} (the first row is 0) has {_shown(other.iloc[row, wrong])} instead of "
        f"{_shown(one.iloc[row, wrong])} in '{one.columns[wrong]}'; {count:,} of {len(one):,} rows differ",
    )


def _joined(predictions: Predictions) -> pd.DataFrame:
    from drum.formats.frames import joined

    return joined(predictions)


def _compare(one: pd.Series[Any], other: pd.Series[Any], tolerance: float) -> _Column:
    import numpy as np

    if one.dtype.kind in "fiub" and other.dtype.kind in "fiub":
        return _compare_numbers(one.to_numpy(dtype=float), other.to_numpy(dtype=float), tolerance)
    off = np.array([_key(left) != _key(right) for left, right in zip(one, other, strict=True)], dtype=bool)
    return _Column(off, 0.0)


def _compare_numbers(one: Floats, other: Floats, tolerance: float) -> _Column:
    import numpy as np

    same = (one == other) | (np.isnan(one) & np.isnan(other))
    with np.errstate(invalid="ignore", over="ignore"):
        distance = np.where(same, 0.0, np.abs(one - other))
        near = distance <= tolerance * np.maximum(1.0, np.abs(one))
    finite = np.isfinite(distance)
    return _Column(~(same | (near & finite)), float(distance[finite].max(initial=0.0)))


def _key(value: Any) -> object:
    """Return what is equal for equal values of any kind: missing ones are equal, and lists are compared as text."""
    if isinstance(value, str):
        return value
    if value is None or (isinstance(value, float) and value != value):
        return None
    return float(value) if isinstance(value, int | float) else repr(value)


def _shown(value: Any) -> str:
    text = repr(value.item() if hasattr(value, "item") else value)
    return text if len(text) <= 60 else f"{text[:57]}..."
