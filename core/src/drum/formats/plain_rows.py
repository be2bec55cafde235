"""Read a small CSV of plain fields by hand, to the very values and types that ``pandas.read_csv`` finds in it.

Pandas takes half a millisecond to read one row, more than most models take to score it. Here a field is looked at,
and converted when it is known whether a frame or a matrix is wanted; what is not plainly a number, a text or nothing
is left to pandas. Rows that came in several requests are joined before anything is converted.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from drum.formats.csv_parsing import BYTE_ORDER_MARK
from drum.formats.plain_kinds import REAL, TEXT, WHOLE, declared_kinds, inferred_kinds

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from drum.types import InputSchema

MOST_BYTES = 2**15
MOST_FIELDS = 1500
"""Fields beyond which pandas is faster."""


@dataclass(frozen=True, slots=True)
class PlainRows:
    """Rows whose fields are still text: ``fields`` row by row, and a letter for each column in ``kinds``."""

    names: tuple[str, ...]
    kinds: str
    fields: list[str]

    def __len__(self) -> int:
        return len(self.fields) // len(self.names)

    @property
    def is_numeric(self) -> bool:
        """Tell whether there is nothing but numbers, and perhaps missing ones."""
        return TEXT not in self.kinds

    @property
    def is_whole(self) -> bool:
        """Tell whether every field is a whole number, so that a matrix of them is one of integers."""
        return self.kinds.count(WHOLE) == len(self.kinds)

    def matrix(self) -> NDArray[Any]:
        """Return numeric rows as the matrix that NumPy makes of the frame: its values, type and memory layout."""
        import numpy as np

        values = _wholes(self.fields) if self.is_whole else _reals(self.fields)
        return np.asfortranarray(values.reshape(len(self), len(self.names)))

    def frame(self) -> pd.DataFrame:
        """Return the frame that pandas reads."""
        import pandas as pd
        import pandas.api as api

        rows = len(self)
        internals: Any = getattr(api, "internals")  # noqa: B009  # public, but unknown to pandas' type stubs
        frame: pd.DataFrame = internals.create_dataframe_from_blocks(
            self._blocks(rows), index=pd.RangeIndex(rows), columns=_columns(self.names, _text_type()).view()
        )
        return frame

    def _blocks(self, rows: int) -> list[tuple[Any, NDArray[np.intp]]]:
        """Return the numbers of one type as one block; texts are a block a column."""
        import numpy as np

        width = len(self.names)
        blocks: list[tuple[Any, NDArray[np.intp]]] = []
        for kind, convert in ((WHOLE, _wholes), (REAL, _reals)):
            places = [place for place in range(width) if self.kinds[place] == kind]
            if places:
                fields = [field for place in places for field in self.fields[place::width]]
                blocks.append((convert(fields).reshape(len(places), rows), np.array(places)))
        places = [place for place in range(width) if self.kinds[place] == TEXT]
        texts = _texts([self.fields[place::width] for place in places], rows)
        return blocks + [(column, np.array([place])) for place, column in zip(places, texts, strict=True)]


def kinds_of(frame: pd.DataFrame) -> str | tuple[Any, ...]:
    """Return the kinds of a frame's columns, as of :class:`PlainRows`, or their types if there are others."""
    import numpy as np

    letters = {np.dtype(np.int64): WHOLE, np.dtype(np.float64): REAL, _text_type(): TEXT}
    kinds = [letters.get(dtype) for dtype in frame.dtypes]
    return tuple(frame.dtypes) if None in kinds else "".join(map(str, kinds))


@lru_cache(maxsize=1)
def _text_type() -> Any:
    import pandas as pd

    return pd.StringDtype(na_value=float("nan"))


@lru_cache(maxsize=64)
def _columns(names: tuple[str, ...], dtype: Any) -> pd.Index[str]:
    """Return names as the columns of frames: what pandas builds to look them up serves every view."""
    import pandas as pd

    columns: pd.Index[str] = pd.Index(names, dtype=dtype)
    return columns


def _wholes(fields: Sequence[str]) -> NDArray[np.int64]:
    import numpy as np

    return np.array(list(map(int, fields)), np.int64)


def _reals(fields: Sequence[str]) -> NDArray[np.float64]:
    """Read them as JSON does: to the same doubles as ``float``, in a third of its time."""
    import msgspec
    import numpy as np

    text = ",".join([field or "null" for field in fields])
    try:
        values = msgspec.json.decode(f"[{text}]", type=list[float | None])
    except msgspec.DecodeError:  # some are written as JSON does not write them: 007, 1.
        values = [float(field or "nan") for field in fields]
    return np.array(values, np.float64)


def _texts(columns: Sequence[Sequence[str]], rows: int) -> list[Any]:
    """Return columns of text; where Arrow holds them, they are slices of one array, whose making costs most."""
    import pandas as pd

    dtype = _text_type()
    if dtype.storage != "pyarrow":
        return [pd.array([field or None for field in fields], dtype=dtype) for fields in columns]
    import pyarrow as pa

    made: Any = pd.arrays.ArrowStringArray  # pandas' type stubs know nothing of its dtype
    fields = pa.array([field or None for fields in columns for field in fields], pa.large_string())
    return [made(fields.slice(place * rows, rows), dtype=dtype) for place in range(len(columns))]


def join(parts: Sequence[PlainRows]) -> PlainRows:
    """Put rows of the same columns and kinds together."""
    return PlainRows(parts[0].names, parts[0].kinds, [field for part in parts for field in part.fields])


def read_plain(text: bytes, schema: InputSchema | None = None) -> PlainRows | None:
    """Read a CSV, or return ``None`` if it is not small and plain; then pandas must read it.

    :param schema: the recorded schema that the columns must fit, if there is one.
    """
    if len(text) > MOST_BYTES:
        return None
    text = text.replace(b"\r\n", b"\n")
    if b"\r" in text or b"\0" in text or b"\n\n" in text or text.startswith(BYTE_ORDER_MARK):
        return None
    head, _, body = text.partition(b"\n")
    names = _names(head)
    if names is None or not body:
        return None
    try:
        lines = body.decode().removesuffix("\n").split("\n")
    except UnicodeDecodeError:
        return None
    apart = _unquoted(lines) if b'"' in body else (lines, ",".join(lines).split(","))
    if apart is None:
        return None
    lines, fields = apart
    width = len(names)
    if len(lines) * width > MOST_FIELDS or any(line.count(",") != width - 1 for line in lines):
        return None
    kinds = inferred_kinds(lines, fields, width) if schema is None else declared_kinds(lines, fields, names, schema)
    return None if kinds is None else PlainRows(names, kinds, fields)


def _unquoted(lines: list[str]) -> tuple[list[str], list[str]] | None:
    """Return lines without quotes, whose commas all part fields, and the fields; ``None`` if quotes are amiss."""
    if any(line.count('"') % 2 for line in lines):  # a line end within quotes
        return None
    try:
        rows = list(csv.reader(lines, strict=True))
    except csv.Error:
        return None
    return [",".join([field.replace(",", ";") for field in row]) for row in rows], list(chain.from_iterable(rows))


@lru_cache(maxsize=64)
def _names(head: bytes) -> tuple[str, ...] | None:
    """Return the column names, or ``None`` where pandas or :mod:`drum.formats.csv_parsing` has something to say."""
    try:
        names = tuple(head.decode().split(","))
    except UnicodeDecodeError:
        return None
    proper = b'"' not in head and all(names) and len(set(names)) == len(names) and head.strip()
    return names if proper else None
