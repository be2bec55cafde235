"""Read Parquet and Arrow files piece by piece, with the types that pandas would give them as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from drum.batch.columnar_files import ColumnarFile, open_columnar
from drum.batch.columnar_types import ColumnarTypes, types_of
from drum.batch.csv_blocks import NoRowsError
from drum.batch.portions import Portion, Portions, rows_of_some_megabytes

BYTES_OF_A_TEXT = 32


def columnar_portions(
    file: BinaryIO, media_type: str, rows: int | None, types: ColumnarTypes | None = None
) -> Portions:
    """Read a file of columns in portions of ``rows``, of all rows for 0, or of some megabytes.

    :param types: those of the whole input, if the file is a part of it; otherwise the file tells.
    :raises MalformedInputError: if it is not what its media type says.
    :raises NoRowsError: if it has no rows.
    """
    with open_columnar(file, media_type) as columnar:
        yield from _portions(columnar, types or types_of(columnar), rows)


def _portions(file: ColumnarFile, types: ColumnarTypes, rows: int | None) -> Portions:
    total = file.rows
    if not total:
        raise NoRowsError("The input has no rows. Give at least one.")
    at_once = total if types.categories or rows == 0 else rows or _rows_of_some_megabytes(types.schema)
    first = 0
    for table in _tables(file, at_once):
        frame = types.frame(table)
        yield Portion(frame, first, (first + len(frame)) / total)
        first += len(frame)


def _tables(file: ColumnarFile, rows: int) -> Iterator[Any]:
    """Cut record batches, however long they are, into tables of ``rows`` rows; the last one may be shorter."""
    import pyarrow as pa

    pieces: list[Any] = []
    lacking = rows
    for batch in file.batches(file.schema.names):
        start = 0
        while start < batch.num_rows:
            piece = batch.slice(start, lacking)
            pieces.append(piece)
            start += piece.num_rows
            lacking -= piece.num_rows
            if not lacking:
                yield pa.Table.from_batches(pieces)
                pieces, lacking = [], rows
    if pieces:
        yield pa.Table.from_batches(pieces)


def _rows_of_some_megabytes(schema: Any) -> int:
    import pyarrow as pa

    widths = (field.type.bit_width / 8 if pa.types.is_primitive(field.type) else BYTES_OF_A_TEXT for field in schema)
    return rows_of_some_megabytes(sum(widths))
