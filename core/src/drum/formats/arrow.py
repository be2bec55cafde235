"""Apache Arrow, stream and file format (Feather version 2 is the same)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drum import media_types
from drum.errors import MalformedInputError
from drum.formats.frames import arrow_table, checked, import_extra
from drum.hookspecs import hookimpl
from drum.types import Payload, Predictions

if TYPE_CHECKING:
    import pandas as pd

FILE_MAGIC = b"ARROW1"
MEDIA_TYPES = (media_types.ARROW_STREAM, media_types.ARROW_FILE)


@hookimpl(trylast=True)
def drum_read_input(payload: Payload) -> pd.DataFrame | None:
    """Read an Arrow table; which of the two formats it is, its first bytes tell."""
    if payload.media_type not in MEDIA_TYPES:
        return None
    pa: Any = import_extra("pyarrow", "arrow", "Arrow input")
    source = pa.BufferReader(payload.body)
    try:
        is_file = payload.body.startswith(FILE_MAGIC)
        reader = pa.ipc.open_file(source) if is_file else pa.ipc.open_stream(source)
        table = reader.read_all()
        table.validate(full=True)
        return checked(table.to_pandas())
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise MalformedInputError(f"The input is no valid Arrow table: {error}") from error


@hookimpl(trylast=True)
def drum_write_output(predictions: Predictions, media_type: str) -> bytes | None:
    """Write an Arrow table."""
    if media_type not in MEDIA_TYPES:
        return None
    pa: Any = import_extra("pyarrow", "arrow", "Arrow output")
    table = arrow_table(predictions)
    sink = pa.BufferOutputStream()
    create = pa.ipc.new_file if media_type == media_types.ARROW_FILE else pa.ipc.new_stream
    with create(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())
