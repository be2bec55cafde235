"""What Julia answers, copied into objects of Python's."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from drum.contract import framed
from drum_julia.frames import YEAR_0_MS
from drum_julia.wire import Answer, Column, Form, Kind

if TYPE_CHECKING:
    import pandas as pd

NUMPY_TYPES = {Kind.NUMBER: "float64", Kind.INTEGER: "int64", Kind.TRUTH: "bool", Kind.TIME: "int64"}


def frames_of(answer: Answer) -> pd.DataFrame | tuple[pd.DataFrame, pd.DataFrame]:
    """Return the table of an answer, or a pair of features and target."""
    columns = list(answer.columns[: answer.count])
    if not answer.targets:
        return _frame(columns, int(answer.rows), labelled=answer.form == Form.TABLE)
    features, target = columns[: -answer.targets], columns[-answer.targets :]
    return _frame(features, int(answer.rows)), _frame(target, target[0].rows)


def _frame(columns: Sequence[Column], rows: int, labelled: bool = True) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    names: Any = [_name(column) for column in columns] if labelled else pd.RangeIndex(len(columns))
    values = [_values(column) for column in columns]
    if columns and all(column.kind == Kind.NUMBER for column in columns):
        matrix = np.column_stack(values)
        return framed(matrix, names) if labelled else pd.DataFrame(matrix, copy=False)
    frame = pd.DataFrame(dict(enumerate(values)), index=pd.RangeIndex(rows))
    frame.columns = names if not labelled else pd.Index(names)
    return frame


def values_of(answer: Answer) -> dict[str, str | bytes]:
    """Return the named texts and bytes of an answer."""
    return {_name(column): _single(column) for column in answer.columns[: answer.count]}


def _name(column: Column) -> str:
    return bytes(column.name).decode("utf-8", "replace")


def _single(column: Column) -> str | bytes:
    size = _copied(column.offsets, "int64", 2)[1]
    content = ctypes.string_at(column.pool, int(size)) if size else b""
    return content if column.kind == Kind.BYTES else content.decode("utf-8", "replace")


def _values(column: Column) -> Any:
    """Return the values as an array of their own; missing ones as pandas has them when it reads a file."""
    import numpy as np

    rows, kind = int(column.rows), Kind(column.kind)
    valid = _copied(column.valid, "bool", rows) if column.valid else None
    if kind is Kind.TEXT:
        return _texts(column, rows, valid)
    values = _copied(column.values, NUMPY_TYPES[kind], rows)
    if kind is Kind.TIME:
        values = (values - YEAR_0_MS).view("datetime64[ms]")
        return values if valid is None else np.where(valid, values, np.datetime64("NaT", "ms"))
    if valid is None:
        return values
    return np.where(valid, values, np.nan) if kind is Kind.INTEGER else np.where(valid, values.astype(object), None)


def _texts(column: Column, rows: int, valid: Any) -> Any:
    import numpy as np
    import pyarrow as pa

    offsets = _copied(column.offsets, "int64", rows + 1)
    units = pa.py_buffer(ctypes.string_at(column.pool, int(offsets[-1])) if offsets[-1] else b"")
    bits = None if valid is None else pa.py_buffer(np.packbits(valid, bitorder="little"))
    array = pa.LargeStringArray.from_buffers(rows, pa.py_buffer(offsets), units, bits)
    return array.to_pandas()


def _copied(address: int, dtype: str, count: int) -> Any:
    import numpy as np

    values = np.empty(count, dtype=dtype)
    if count:
        ctypes.memmove(values.ctypes.data, address, values.nbytes)
    return values
