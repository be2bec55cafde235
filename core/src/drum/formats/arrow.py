"""Apache Arrow, stream and file format (Feather version 2 is the same)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drum import media_types
from drum.formats.arrow_messages import claims_of_file, claims_of_stream
from drum.formats.frames import arrow_table, framed, import_extra, refusing_what_is_no
from drum.formats.room import check_room
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
    is_file = payload.body.startswith(FILE_MAGIC)
    with refusing_what_is_no("Arrow table"):
        source = pa.BufferReader(payload.body)
        reader = pa.ipc.open_file(source) if is_file else pa.ipc.open_stream(source)
        if payload.room is not None:
            claims = claims_of_file(payload.body) if is_file else claims_of_stream(payload.body)
            check_room(payload.room, rows=claims.rows, columns=len(reader.schema), further=claims.size)
        return framed(reader.read_all(), payload.room)


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
