"""Rows that were scored and wait to be sent: features beside scores, as matrices where all of them are numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray
    from typing_extensions import TypeIs

    Names = pd.Index[Any] | Sequence[str]
    Rows = pd.DataFrame | NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Rows that were scored: features and scores, row for row."""

    features: Rows
    scores: Rows
    feature_names: Names
    score_names: Names

    def __len__(self) -> int:
        return len(self.scores)


@dataclass(slots=True, eq=False)
class Block:
    """Rows that wait together; in a block of numbers there may be room for more.

    :param rows: how many there are.
    :param size: the bytes that it takes, room included, by an estimate.
    :param since: when the first row came, in seconds of the monotonic clock.
    """

    features: Rows
    scores: Rows
    feature_names: Names
    score_names: Names
    rows: int
    size: float
    since: float

    def content(self) -> Scored:
        """Return the rows without the room."""
        return Scored(self.features[: self.rows], self.scores[: self.rows], self.feature_names, self.score_names)


def is_matrix(rows: Rows) -> TypeIs[NDArray[Any]]:
    """Tell whether rows are a matrix, which holds numbers alone here; a frame may hold anything."""
    return type(rows).__name__ == "ndarray"


def is_same(one: Names, other: Names) -> bool:
    """Tell whether names are the same object, or two views of it; to compare texts takes longer than all else."""
    if one is other:
        return True
    is_view: Any = getattr(one, "is_", None)
    return is_view is not None and bool(is_view(other))
