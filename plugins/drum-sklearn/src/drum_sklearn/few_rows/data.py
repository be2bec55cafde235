"""What a step is given, and the matrix or the lists that it computes with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

Step = Callable[[Any], Any]
"""What a fitted transformer's ``transform`` does to few rows: to :class:`Columns`, or to what a step returned."""


class NotCoveredError(Exception):
    """The data are such that scikit-learn itself must be asked: it may refuse them, warn, or treat them apart."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Some columns of a frame, which nobody has taken out of it yet."""

    source: pd.DataFrame
    places: dict[Any, int]
    """Where each of them is in the frame, by its name."""

    @classmethod
    def of(cls, data: Any) -> Any:
        """Return a frame as its columns; all else as it is."""
        if not hasattr(data, "columns") or len(data.shape) != 2:
            return data
        return cls(data, {name: place for place, name in enumerate(data.columns.tolist())})

    @property
    def shape(self) -> tuple[int, int]:
        """The number of rows and of columns."""
        return len(self.source), len(self.places)

    @property
    def dtypes(self) -> list[Any]:
        """The type of each column."""
        every = self.source.dtypes.tolist()
        return [every[place] for place in self.places.values()]

    def __getitem__(self, names: str | list[str]) -> Any:
        """Return one of the columns as a series, or some as columns.

        :raises KeyError: if one is not there.
        """
        if isinstance(names, str):
            return self.source[names]
        return Columns(self.source, {name: self.places[name] for name in names})

    def frame(self) -> pd.DataFrame:
        """Return the columns as a frame."""
        return self.source.take(list(self.places.values()), axis=1)


def frame_of(data: Any) -> Any:
    """Return columns as the frame that scikit-learn would hand on; all else as it is."""
    return data.frame() if isinstance(data, Columns) else data


def numbers(data: Any, width: int) -> NDArray[Any]:
    """Return a new matrix of doubles, or of whole numbers if there is nothing else, laid out as scikit-learn's copy.

    :raises NotCoveredError: if there are other types, other than ``width`` columns, or infinite numbers.
    """
    import numpy as np

    _check_width(data, width)
    if not set(data.dtypes if isinstance(data, Columns) else [data.dtype]) <= number_types():
        raise NotCoveredError
    matrix = np.array(data.frame().to_numpy() if isinstance(data, Columns) else data)
    if np.isinf(matrix).any():
        raise NotCoveredError
    return matrix


@lru_cache(maxsize=1)
def number_types() -> frozenset[Any]:
    """Return the types of columns of which scikit-learn makes a matrix as NumPy does."""
    import numpy as np

    return frozenset({np.dtype(np.int64), np.dtype(np.float64)})


def doubles(data: Any, width: int) -> NDArray[Any]:
    """Return a new matrix of doubles, laid out as scikit-learn's copy.

    :raises NotCoveredError: as :func:`numbers`.
    """
    import numpy as np

    return numbers(data, width).astype(np.float64, copy=False)


def values(data: Any, kinds: Sequence[str]) -> list[list[Any]]:
    """Return the values of each column, as Python's own.

    :param kinds: for each column the types that it may have, as NumPy abbreviates them; text is an object here.
    :raises NotCoveredError: if there are others, infinite numbers, or another number of columns.
    """
    _check_width(data, len(kinds))
    if isinstance(data, Columns):
        return [_values_of(data.source[name], known) for name, known in zip(data.places, kinds, strict=True)]
    if any(data.dtype.kind not in known for known in kinds):
        raise NotCoveredError
    return _listed(data.T)


def _check_width(data: Any, width: int) -> None:
    if len(data.shape) != 2 or data.shape[1] != width:
        raise NotCoveredError


def _values_of(column: pd.Series[Any], kinds: str) -> list[Any]:
    import numpy as np
    import pandas as pd

    dtype = column.dtype
    is_plain = isinstance(dtype, np.dtype) or (isinstance(dtype, pd.StringDtype) and dtype.na_value is np.nan)
    if dtype.kind not in kinds or not is_plain:
        raise NotCoveredError
    return _listed(column.to_numpy())


def _listed(values: NDArray[Any]) -> list[Any]:
    import numpy as np

    if values.dtype.kind == "f" and np.isinf(values).any():
        raise NotCoveredError
    listed: list[Any] = values.tolist()
    return listed
