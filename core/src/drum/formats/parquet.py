"""Apache Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drum import media_types
from drum.formats.arrow_weights import weight
from drum.formats.frames import arrow_table, framed, import_extra, refusing_what_is_no
from drum.formats.room import BYTES_OF_A_CELL, check_room
from drum.hookspecs import hookimpl
from drum.types import Payload, Predictions

if TYPE_CHECKING:
    import pandas as pd


@hookimpl(trylast=True)
def drum_read_input(payload: Payload) -> pd.DataFrame | None:
    """Read a Parquet file."""
    if payload.media_type != media_types.PARQUET:
        return None
    pa: Any = import_extra("pyarrow", "arrow", "Parquet input")
    pq: Any = import_extra("pyarrow.parquet", "arrow", "Parquet input")
    with refusing_what_is_no("Parquet file"):
        source = pa.BufferReader(payload.body)
        table = pq.read_table(source) if payload.room is None else _read_in_room(pq, source, payload.room)
        return framed(table, payload.room)


def _read_in_room(pq: Any, source: Any, room: int) -> Any:
    """Read a file that must not unfold to more than there is room for.

    Its metadata tell rows, values and the size of its pages. They do not tell how often a text is repeated, so texts
    are read as dictionaries, and are weighed before they are repeated.
    """
    file = pq.ParquetFile(source)
    _check_claims(file.metadata, room)
    paths = [file.schema.column(place).path for place in range(len(file.schema))]
    folded = pq.ParquetFile(source, read_dictionary=paths).read()
    check_room(room, further=weight(folded))
    return folded.cast(file.schema_arrow)


def _check_claims(metadata: Any, room: int) -> None:
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    chunks = [group.column(place) for group in groups for place in range(group.num_columns)]
    rows, columns = max(metadata.num_rows, sum(group.num_rows for group in groups)), metadata.num_columns
    values = sum(chunk.num_values for chunk in chunks)
    check_room(room, rows=rows, columns=columns, further=max(values - rows * columns, 0) * BYTES_OF_A_CELL)
    check_room(room, further=sum(chunk.total_uncompressed_size for chunk in chunks))


@hookimpl(trylast=True)
def drum_write_output(predictions: Predictions, media_type: str) -> bytes | None:
    """Write a Parquet file."""
    if media_type != media_types.PARQUET:
        return None
    pa: Any = import_extra("pyarrow", "arrow", "Parquet output")
    pq: Any = import_extra("pyarrow.parquet", "arrow", "Parquet output")
    sink = pa.BufferOutputStream()
    pq.write_table(arrow_table(predictions), sink)
    return bytes(sink.getvalue())
