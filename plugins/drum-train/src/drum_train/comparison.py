"""Compare two frames of predictions, and say in numbers how far apart they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

ROUNDING = 1e-6
"""How far single precision may move a prediction when it is computed in other company."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How far predictions are apart.

    ``largest`` is the largest absolute difference, divided by the size of the expected value where that is above 1;
    infinite where text, or columns, differ. ``rows`` counts the rows that differ by more than the tolerance.
    """

    largest: float
    rows: int
    where: str

    def __str__(self) -> str:
        return f"{self.rows} rows differ, {self.where}"


def difference(expected: pd.DataFrame, got: pd.DataFrame, tolerance: float = ROUNDING) -> Difference:
    """Compare predictions for the same rows.

    :param expected: a row for each row of ``got``, with the same columns.
    """
    if list(expected.columns) != list(got.columns) or len(expected) != len(got):
        return Difference(
            largest=float("inf"), rows=max(len(expected), len(got)),
            where=f"columns {list(expected.columns)} against {list(got.columns)}",
        )  # fmt: skip
    import numpy as np

    apart = np.column_stack([_apart(expected.iloc[:, place], got.iloc[:, place]) for place in range(expected.shape[1])])
    if not apart.size:
        return Difference(largest=0.0, rows=0, where="")
    row, column = divmod(int(np.argmax(apart)), apart.shape[1])
    return Difference(
        largest=float(apart[row, column]),
        rows=int((apart > tolerance).any(axis=1).sum()),
        where=f"most in row {row} (the first row is 0), column '{expected.columns[column]}': "
        f"{_shown(expected.iloc[row, column])} against {_shown(got.iloc[row, column])}",
    )


def _shown(value: Any) -> str:
    """Return a value as Python writes it, without the type that NumPy puts around it."""
    return repr(value.item() if hasattr(value, "item") else value)


def _apart(expected: pd.Series[Any], got: pd.Series[Any]) -> Any:
    import numpy as np

    from drum.columns import is_numeric

    if not (is_numeric(expected) and is_numeric(got)):
        same = (expected == got).to_numpy() | (expected.isna() & got.isna()).to_numpy()
        return np.where(same, 0.0, np.inf)
    one, other = expected.to_numpy(float), got.to_numpy(float)
    with np.errstate(invalid="ignore"):
        apart = np.abs(one - other) / np.maximum(1.0, np.abs(one))
    both = (np.isnan(one) & np.isnan(other)) | (one == other)
    return np.where(both, 0.0, np.where(np.isnan(apart), np.inf, apart))
