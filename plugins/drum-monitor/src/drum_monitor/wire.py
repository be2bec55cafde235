"""Rows between the scorer and the monitoring service: JSON, which others read too, or Arrow between our own ends.

JSON: ``{"data": [[…], …], "columns": […], "ids": […]}``, row by row. JSON has no word for infinity; Arrow keeps it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

JSON, ARROW = "application/json", "application/vnd.apache.arrow.stream"
ROW_ID = "drum:row_id"
"""The column of an Arrow message that holds the ids of rows."""


class WireError(ValueError):
    """A message is not what its media type says."""


@dataclass(frozen=True, slots=True, eq=False)
class Message:
    """Rows: features and scores; ``named`` tells whether the sender named the columns, ``ids`` are the rows' own."""

    table: pd.DataFrame
    named: bool = True
    ids: Sequence[str] | None = None


def to_json(table: pd.DataFrame, ids: Sequence[str] | None = None) -> bytes:
    """Write rows as JSON."""
    text = table.to_json(orient="split", index=False, double_precision=15, date_format="iso", default_handler=str)
    return (text if ids is None else f'{{"ids":{json.dumps(list(ids))},{text[1:]}').encode()


def to_arrow(table: pd.DataFrame, ids: Sequence[str] | None = None) -> bytes:
    """Write rows as an Arrow stream.

    :raises pyarrow.ArrowException: if a column mixes types, which JSON can hold.
    """
    import pyarrow as pa

    if ids is not None:
        table = table.assign(**{ROW_ID: list(ids)})
    content = pa.Table.from_pandas(table, preserve_index=False, nthreads=1).replace_schema_metadata(None)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, content.schema) as writer:
        writer.write_table(content)
    return bytes(sink.getvalue().to_pybytes())


def row_ids(values: Iterable[Any]) -> list[str]:
    """Return ids as text, the same whether a whole number comes as ``7`` or as ``7.0``."""
    return [str(int(one)) if isinstance(one, float) and one.is_integer() else str(one) for one in values]


def read(body: bytes, media_type: str) -> Message:
    """Read a message of either kind.

    :raises WireError: if it is none; the text says what is expected.
    """
    return _read_arrow(body) if media_type == ARROW else _read_json(body)


def _read_arrow(body: bytes) -> Message:
    import pyarrow as pa

    try:
        with pa.ipc.open_stream(body) as reader:
            table: pd.DataFrame = reader.read_all().to_pandas()
    except pa.ArrowException as error:
        raise WireError(f"The body is no Arrow stream: {error}") from error
    ids = None
    if ROW_ID in table:
        ids = row_ids(table.pop(ROW_ID))
    return Message(table, ids=ids)


def _read_json(body: bytes) -> Message:
    import pandas as pd

    content = read_object(body)
    data, columns, ids = content.get("data"), content.get("columns"), content.get("ids")
    if not isinstance(data, list) or not all(isinstance(row, list) for row in data):
        raise WireError('The body must be {"data": [[…], …], "columns": […]}: a list of rows, each a list of values.')
    width = len(data[0]) if data else 0
    odd = next((place for place, row in enumerate(data) if len(row) != width), None)
    if odd is not None:
        raise WireError(f"Row {odd} has {len(data[odd])} values, but row 0 has {width}.")
    if columns is not None and (
        not isinstance(columns, list) or len(columns) != width or len(set(map(str, columns))) != width
    ):
        raise WireError(f"'columns' must be a list of {width} different names, one for each value of a row.")
    if ids is not None and (not isinstance(ids, list) or len(ids) != len(data)):
        raise WireError(f"'ids' must be a list of {len(data)}, one for each row.")
    names = None if columns is None else [str(name) for name in columns]
    table = pd.DataFrame(data, columns=names)
    return Message(table, named=columns is not None, ids=None if ids is None else row_ids(ids))


def read_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object.

    :raises WireError: if it is none.
    """
    try:
        content = json.loads(body)
    except ValueError as error:
        raise WireError(f"The body is no JSON: {error}") from error
    if not isinstance(content, dict):
        raise WireError("The body must be a JSON object.")
    return content
