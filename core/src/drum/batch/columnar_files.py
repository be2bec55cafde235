"""Parquet and Arrow files, behind one interface."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, Protocol

from drum import media_types
from drum.errors import MalformedInputError
from drum.formats.frames import import_extra

MEDIA_TYPES = (media_types.PARQUET, media_types.ARROW_FILE, media_types.ARROW_STREAM)
ARROW_FILE_MAGIC = b"ARROW1"


class ColumnarFile(Protocol):
    """What Parquet and Arrow files have in common; schemas and record batches are PyArrow's."""

    @property
    def schema(self) -> Any:
        """The names and types of the columns."""

    @property
    def rows(self) -> int:
        """The number of rows."""

    def with_missing(self, columns: Sequence[str]) -> set[str]:
        """Tell in which of these columns values are missing."""

    def batches(self, columns: Sequence[str]) -> Iterator[Any]:
        """Read the file from its beginning; columns beyond those that are named may be left out."""


@contextmanager
def open_columnar(file: BinaryIO, media_type: str) -> Iterator[ColumnarFile]:
    """Open a file of columns; whatever PyArrow raises meanwhile is the caller's fault.

    :raises MalformedInputError: if it is not what its media type says.
    """
    pa: Any = import_extra("pyarrow", "arrow", f"Input of type {media_type}")
    try:
        yield _ParquetFile(file) if media_type == media_types.PARQUET else _ArrowFile(file)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise MalformedInputError(f"The input is no valid file of type {media_type}: {error}") from error


class _ParquetFile:
    def __init__(self, file: BinaryIO) -> None:
        import pyarrow.parquet as pq

        self._file = pq.ParquetFile(file)
        self.schema: Any = self._file.schema_arrow
        self.rows: int = self._file.metadata.num_rows

    def with_missing(self, columns: Sequence[str]) -> set[str]:
        """Look it up in the statistics; read the columns of which they do not tell."""
        nulls = self._counted_nulls()
        untold = [name for name in columns if name not in nulls]
        told = {name for name in columns if nulls.get(name)}
        return told | _with_missing(self.batches(untold), untold) if untold else told

    def _counted_nulls(self) -> Mapping[str, int]:
        """Return how many values each column lacks, as far as the statistics tell."""
        metadata = self._file.metadata
        counts: dict[str, list[int]] = defaultdict(list)
        for group in map(metadata.row_group, range(metadata.num_row_groups)):
            for chunk in map(group.column, range(group.num_columns)):
                statistics = chunk.statistics
                if statistics is not None and statistics.has_null_count:
                    counts[chunk.path_in_schema].append(statistics.null_count)
        return {path: sum(nulls) for path, nulls in counts.items() if len(nulls) == metadata.num_row_groups}

    def batches(self, columns: Sequence[str]) -> Iterator[Any]:
        """Read only the named columns, which saves much time."""
        yield from self._file.iter_batches(columns=list(columns))


class _ArrowFile:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.schema: Any = self._open().schema

    @property
    def rows(self) -> int:
        """Count the rows of all batches, which are hardly read for that."""
        return sum(batch.num_rows for batch in self.batches(()))

    def with_missing(self, columns: Sequence[str]) -> set[str]:
        """Ask the columns, which count what they lack."""
        return _with_missing(self.batches(columns), columns)

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


def _with_missing(batches: Iterable[Any], columns: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for batch in batches:
        found.update(name for name in columns if batch.column(name).null_count)
    return found
