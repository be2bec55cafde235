"""Read Parquet and Arrow files piece by piece, with the types that pandas would give them as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from drum import media_types
from drum.batch.portions import Portion, Portions, rows_of_some_megabytes
from drum.errors import MalformedInputError
from drum.formats.frames import checked, import_extra

if TYPE_CHECKING:
    import numpy as np
    from pandas.api.extensions import ExtensionDtype

    DTypes = dict[int, "np.dtype[Any] | ExtensionDtype"]

MEDIA_TYPES = (media_types.PARQUET, media_types.ARROW_FILE, media_types.ARROW_STREAM)
ARROW_FILE_MAGIC = b"ARROW1"
BYTES_OF_A_TEXT = 32


def columnar_portions(file: BinaryIO, media_type: str, rows: int | None) -> Portions:
    """Read a file of columns in portions of ``rows``, or of some megabytes.

    :raises MalformedInputError: if it is not what its media type says, or has no rows.
    """
    pa: Any = import_extra("pyarrow", "arrow", f"Input of type {media_type}")
    try:
        yield from _portions(_ParquetFile(file) if media_type == media_types.PARQUET else _ArrowFile(file), rows)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise MalformedInputError(f"The input is no valid file of type {media_type}: {error}") from error


class _ColumnarFile(Protocol):
    """What Parquet and Arrow files have in common; schemas and record batches are PyArrow's."""

    @property
    def schema(self) -> Any:
        """The names and types of the columns."""

    def batches(self, columns: Sequence[str]) -> Iterator[Any]:
        """Read the file from its beginning; columns beyond those that are named may be left out."""


class _ParquetFile:
    def __init__(self, file: BinaryIO) -> None:
        import pyarrow.parquet as pq

        self._file = pq.ParquetFile(file)
        self.schema: Any = self._file.schema_arrow

    def batches(self, columns: Sequence[str]) -> Iterator[Any]:
        """Read only the named columns, which saves much time."""
        yield from self._file.iter_batches(columns=list(columns))


class _ArrowFile:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.schema: Any = self._open().schema

    def batches(self, columns: Sequence[str]) -> Iterator[Any]:
        """Read all columns, which are read without a copy."""
        reader = self._open()
        if hasattr(reader, "num_record_batches"):
            yield from (reader.get_batch(number) for number in range(reader.num_record_batches))
        else:
            yield from reader

    def _open(self) -> Any:
        import pyarrow as pa

        self._file.seek(0)
        is_file = self._file.read(len(ARROW_FILE_MAGIC)) == ARROW_FILE_MAGIC
        self._file.seek(0)
        name = self._file.name
        source = pa.memory_map(name) if isinstance(name, str) else self._file
        return pa.ipc.open_file(source) if is_file else pa.ipc.open_stream(source)


def _portions(file: _ColumnarFile, rows: int | None) -> Portions:
    total, types = _survey(file)
    if not total:
        checked(file.schema.empty_table().to_pandas())
    first = 0
    for table in _tables(file, total if _has_categories(file.schema) else rows or _rows_of_some_megabytes(file.schema)):
        frame = checked(table.to_pandas())
        for place, dtype in types.items():
            if frame.dtypes.iloc[place] != dtype:
                frame.isetitem(place, frame.iloc[:, place].astype(dtype).array)
        yield Portion(frame, first, (first + len(frame)) / total)
        first += len(frame)


def _survey(file: _ColumnarFile) -> tuple[int, DTypes]:
    """Count the rows; find the types of the columns that pandas reads otherwise where a value is missing.

    A column of integers with one missing value is doubles, one of truth values is objects, in every portion.
    """
    import pyarrow as pa

    one_row_missing = pa.table([pa.nulls(1, field.type) for field in file.schema], schema=file.schema)
    dtypes = checked(one_row_missing.to_pandas()).dtypes
    names = [field.name for field in file.schema if pa.types.is_integer(field.type) or pa.types.is_boolean(field.type)]
    rows = 0
    with_missing: set[str] = set()
    for batch in file.batches(names):
        rows += batch.num_rows
        with_missing.update(name for name in names if batch.column(name).null_count)
    return rows, {place: dtypes.iloc[place] for place, name in enumerate(dtypes.index) if str(name) in with_missing}


def _tables(file: _ColumnarFile, rows: int) -> Iterator[Any]:
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


def _has_categories(schema: Any) -> bool:
    """Tell whether a column has categories: only the whole file tells which."""
    import pyarrow as pa

    return any(pa.types.is_dictionary(field.type) for field in schema)


def _rows_of_some_megabytes(schema: Any) -> int:
    import pyarrow as pa

    widths = (field.type.bit_width / 8 if pa.types.is_primitive(field.type) else BYTES_OF_A_TEXT for field in schema)
    return rows_of_some_megabytes(sum(widths))
