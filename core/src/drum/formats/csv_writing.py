"""Write a frame as CSV text whose numbers decode to the same bits."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def csv_text(frame: pd.DataFrame) -> bytes:
    """Write a header and a line for each row, in UTF-8.

    Doubles are as short as they can be and still exact, ``1.0`` keeps its point, a missing value is an
    empty field, and text is quoted only where it must be. PyArrow writes if it is there, at ten times the speed.
    """
    frame = _doubled(frame)
    text = _written_by_arrow(frame)
    return frame.to_csv(index=False, lineterminator="\n").encode() if text is None else text


def _doubled(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn single-precision columns into double precision, of which the shortest text is exact for a reader."""
    singles = {place: "float64" for place, dtype in enumerate(frame.dtypes) if dtype in ("float16", "float32")}
    if not singles:
        return frame
    return frame.set_axis(range(frame.shape[1]), axis=1).astype(singles).set_axis(frame.columns, axis=1)


def _written_by_arrow(frame: pd.DataFrame) -> bytes | None:
    """Write the frame with PyArrow, or return ``None`` where only pandas writes it as promised."""
    try:
        import pyarrow as pa
        from pyarrow.csv import WriteOptions, write_csv
    except ImportError:
        return None
    columns = [_texts(frame.iloc[:, place]) for place in range(frame.shape[1])]
    if any(column is None for column in columns) or (len(columns) == 1 and _has_empty(columns[0])):
        return None
    sink = BytesIO()
    sink.write(_header_line(frame))
    try:
        table = pa.table(columns, names=[str(place) for place in range(len(columns))])
        write_csv(table, sink, WriteOptions(include_header=False, quoting_style="none"))
    except pa.ArrowInvalid:  # a text needs quotes, and PyArrow would quote either none or all
        return None
    return sink.getvalue()


def _texts(column: pd.Series) -> Any:
    """Turn a column into an Arrow array of the texts to write, or return ``None`` for types left to pandas."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        values = pa.array(column, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError):  # objects of several kinds
        return None
    if pa.types.is_boolean(values.type):
        return pc.if_else(values, "True", "False")
    if pa.types.is_integer(values.type) or pa.types.is_null(values.type):
        return pc.cast(values, pa.string())
    if pa.types.is_floating(values.type):
        return _with_points(pc.cast(values, pa.string()), pa.array((column.round() == column).to_numpy()))
    return values if pa.types.is_string(values.type) or pa.types.is_large_string(values.type) else None


def _with_points(numbers: Any, whole: Any) -> Any:
    """Write a whole number that is a double as ``1.0``, not ``1``; one with an exponent stays as it is."""
    import pyarrow.compute as pc

    if not whole.true_count:
        return numbers
    chosen = numbers.filter(whole)
    pointed = pc.binary_join_element_wise(chosen, ".0", "")
    chosen = pc.if_else(pc.match_substring_regex(chosen, "^-?[0-9]+$"), pointed, chosen)
    return pc.replace_with_mask(numbers, whole, chosen)


def _has_empty(texts: Any) -> bool:
    """Tell whether a line of this column alone would be blank, and so no row for most readers."""
    import pyarrow.compute as pc

    return bool(texts.null_count or pc.any(pc.equal(texts, "")).as_py())


def _header_line(frame: pd.DataFrame) -> bytes:
    line = StringIO()
    csv.writer(line, lineterminator="\n").writerow(frame.columns)
    return line.getvalue().encode()
