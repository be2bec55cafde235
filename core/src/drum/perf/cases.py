"""The requests that are sent: rows of the input, as many as make the size that is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from drum import media_types
from drum.errors import MalformedInputError, UnsupportedMediaTypeError
from drum.trial.features import Features
from drum.trial.http_client import as_body
from drum.types import Payload

if TYPE_CHECKING:
    import pandas as pd

MEGABYTE = 10**6
SINGLE_ROWS = 100
"""Different rows that requests of one row send in turn."""

SIZES = ((MEGABYTE // 10, 50), (10 * MEGABYTE, 5), (50 * MEGABYTE, 1))
"""Bytes of a request, and how many of them are sent, besides the requests of one row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Requests of one size.

    ``bodies`` are sent in turn until there were ``requests`` of them; each has ``rows`` rows (``None`` if they cannot
    be counted) and goes with ``content_type``; ``query`` is the request's.
    """

    name: str
    bodies: tuple[bytes, ...]
    content_type: str
    requests: int
    rows: int | None
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """The bytes of the largest body."""
        return max(map(len, self.bodies))


class Rows(Protocol):
    """The rows of the input, repeated without end."""

    content_type: str

    def body(self, rows: int, first: int = 0) -> bytes:
        """Return a request of so many rows, from row ``first`` on."""

    def fitting(self, size: int) -> int:
        """Tell how many rows make a request of about ``size`` bytes."""


class CsvRows:
    """The rows of a CSV, as they stand in the file.

    :param text: the file, in UTF-8.
    :raises MalformedInputError: if it has no rows.
    """

    content_type = media_types.CSV

    def __init__(self, text: bytes) -> None:
        from drum.formats.csv_parsing import read_header
        from drum.formats.csv_records import check_quotes_closed, find_records

        header = read_header(text, at_end=True)
        assert header is not None, "all there is cannot be too little"
        records = find_records(text[header.size :], at_end=True, blank_lines_count=header.is_one_column)
        check_quotes_closed(records, header.lines + 1)
        if not len(records):
            raise MalformedInputError("The CSV input has a header but no rows. Give at least one.")
        self._header = text[: header.size]
        self._text = records.text if records.text.endswith(b"\n") else records.text + b"\n"
        self._ends = [0, *records.ends.tolist()]
        self._ends[-1] = len(self._text)

    def body(self, rows: int, first: int = 0) -> bytes:
        """Return the header and so many rows."""
        count = len(self._ends) - 1
        first %= count
        whole, rest = divmod(first + rows, count)
        if not whole:
            return self._header + self._text[self._ends[first] : self._ends[rest]]
        ends = self._text[self._ends[first] :], self._text * (whole - 1), self._text[: self._ends[rest]]
        return b"".join((self._header, *ends))

    def fitting(self, size: int) -> int:
        """Tell how many rows make a request of about ``size`` bytes."""
        return max(1, round((size - len(self._header)) * (len(self._ends) - 1) / len(self._text)))


class FrameRows:
    """The rows of an input in another format, written again in it.

    :param frame: the input.
    :param payload: what it was read from.
    :raises UnsupportedMediaTypeError: if rows cannot be written in this format.
    """

    SAMPLE = 1000

    def __init__(self, frame: pd.DataFrame, payload: Payload, features: Features) -> None:
        self._frame = frame
        self._payload = payload
        self._features = features
        self.content_type = payload.media_type
        self._bytes_per_row = self._measure_row()

    def _measure_row(self) -> float:
        """Measure text as it is sent; of columns, which shrink when rows are repeated, what they take in memory."""
        if self.content_type in (media_types.JSON, media_types.JSON_LINES):
            return len(self.body(self.SAMPLE)) / self.SAMPLE
        return float(self._frame.memory_usage(index=False, deep=True).sum()) / len(self._frame)

    def body(self, rows: int, first: int = 0) -> bytes:
        """Return so many rows."""
        import numpy as np

        places = (first + np.arange(rows)) % len(self._frame)
        return self._features.write(self._frame.iloc[places].reset_index(drop=True), self._payload.media_type)

    def fitting(self, size: int) -> int:
        """Tell how many rows make a request of about ``size`` bytes."""
        return max(1, round(size / self._bytes_per_row))


def rows_of(payload: Payload, features: Features) -> Rows:
    """Read the input, without the model, into rows that can be sent.

    :raises MalformedInputError: if it is not what its media type says.
    :raises UnsupportedMediaTypeError: if nobody but the model reads it, or if its rows cannot be cut and joined.
    """
    if payload.media_type == media_types.CSV:
        return CsvRows(payload.body)
    frame = None if payload.media_type == media_types.MTX else features.read(payload)
    if frame is None:
        raise UnsupportedMediaTypeError(
            f"Rows of media type '{payload.media_type}' cannot be repeated. Save the data as .csv."
        )
    return FrameRows(frame, payload, features)


def default_cases(rows: Rows, requests: int | None) -> list[Case]:
    """Return a case of one row, and one for each of the :data:`SIZES`.

    :param requests: how many to send, instead of the number that belongs to each size.
    """
    cases = [_case("1 row", rows, 1, requests or SINGLE_ROWS)]
    for size, number in SIZES:
        cases.append(_case(f"{size / MEGABYTE:g} MB", rows, rows.fitting(size), requests or number))
    return cases


def case_of_rows(rows: Rows, count: int, requests: int) -> Case:
    """Return the case of requests with so many rows."""
    return _case(f"{count:,} row{'s' * (count != 1)}", rows, count, requests)


def case_as_it_is(payload: Payload, requests: int) -> Case:
    """Return the case of an input that is sent as it is: of a model for anything, nobody knows what its rows are."""
    body, content_type = as_body(payload)
    return Case(
        name="the input", bodies=(body,), content_type=content_type, requests=requests, rows=None, query=payload.query
    )


def _case(name: str, rows: Rows, count: int, requests: int) -> Case:
    different: Sequence[int] = range(min(requests, SINGLE_ROWS)) if count == 1 else (0,)
    bodies = tuple(rows.body(count, first) for first in different)
    return Case(name=name, bodies=bodies, content_type=rows.content_type, requests=requests, rows=count)
