"""Apache Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drum import media_types
from drum.errors import MalformedInputError
from drum.formats.frames import arrow_table, checked, import_extra
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
    try:
        return checked(pq.read_table(pa.BufferReader(payload.body)).to_pandas())
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise MalformedInputError(f"The input is no valid Parquet file: {error}") from error


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
