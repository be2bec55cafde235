"""Comma-separated values, read as ``pandas.read_csv`` reads them and written so that doubles survive exactly."""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING

from drum import media_types
from drum.errors import MalformedInputError
from drum.formats.charsets import utf8_body
from drum.formats.csv_hints import hint
from drum.formats.csv_parsing import Header, read_header, read_records
from drum.formats.csv_records import check_quotes_closed, find_records
from drum.formats.csv_simple import read_simple
from drum.formats.csv_writing import csv_text
from drum.formats.frames import check_number, joined, objects
from drum.formats.plain_rows import read_plain
from drum.formats.room import check_room
from drum.hookspecs import hookimpl
from drum.types import ModelSpec, Payload, Predictions

if TYPE_CHECKING:
    import pandas as pd

BEGINNING = 2**16
"""Bytes in which the header is looked for first."""
READ_TYPES = ("", media_types.CSV, "text/plain", "application/csv")


@hookimpl(trylast=True)
def drum_read_input(payload: Payload, spec: ModelSpec) -> pd.DataFrame | None:
    """Read a CSV, which is also what a payload without a media type is taken for."""
    if payload.media_type not in READ_TYPES:
        return None
    text = utf8_body(payload)
    plain = read_plain(text, spec.schema)
    if plain is not None:
        return plain.frame()
    return read_csv(text, texts=spec.schema.texts if spec.schema else frozenset(), room=payload.room)


@hookimpl(trylast=True)
def drum_write_output(predictions: Predictions, media_type: str) -> bytes | None:
    """Write a CSV: a header, then a line for each row; missing values are empty fields."""
    return csv_text(joined(predictions)) if media_type == media_types.CSV else None


def read_csv(text: bytes, texts: Set[str] = frozenset(), room: int | None = None) -> pd.DataFrame:
    """Read a whole CSV.

    :param texts: columns that are text, whatever their values look like.
    :param room: bytes that it may take in memory; ``None`` for as many as it needs.
    :raises MalformedInputError: naming the line, if it has no rows, is not UTF-8, or has a row that does not fit.
    :raises PayloadTooLargeError: if it would take more room.
    """
    lines = _count_lines(text)
    check_room(room, rows=lines, columns=1)
    header = read_header(text[:BEGINNING], at_end=len(text) <= BEGINNING) or read_header(text, at_end=True, room=room)
    assert header is not None, "all there is cannot be too little"
    check_room(room, rows=lines, columns=len(header.names))
    frame = read_simple(text, header, texts)
    if frame is None:
        frame = _read_closely(text, header, texts)
    for where, value in objects(frame):
        check_number(value, where)
    return frame


def _count_lines(text: bytes) -> int:
    """Return how many lines there are at the most; NumPy counts what is frequent ten times as fast as ``bytes`` do."""
    import numpy as np

    letters = np.frombuffer(text, np.uint8)
    return max(int(np.count_nonzero(letters == end[0])) if end in text else 0 for end in (b"\n", b"\r"))


def _read_closely(text: bytes, header: Header, texts: Set[str]) -> pd.DataFrame:
    records = find_records(text[header.size :], at_end=True, blank_lines_count=header.is_one_column)
    check_quotes_closed(records, header.lines + 1)
    if not len(records):
        raise MalformedInputError("The CSV input has a header but no rows. Give at least one." + hint(text))
    return read_records(header, records, first_line=header.lines + 1, texts=texts)
