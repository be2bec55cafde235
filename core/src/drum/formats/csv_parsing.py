"""Read records of a CSV into a frame: what ``pandas.read_csv`` makes of them, and not a field out of place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import IO, TYPE_CHECKING, NoReturn, cast

from drum.errors import MalformedInputError
from drum.formats.csv_hints import hint, separator_hint
from drum.formats.csv_records import Records, check_field_counts, check_quotes_closed, find_records
from drum.formats.room import check_room

if TYPE_CHECKING:
    import pandas as pd

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
BLANK_LINES = re.compile(rb"\A(?:[ \t]*[\r\n])+")


@dataclass(frozen=True, slots=True)
class Header:
    """The first record of a CSV: ``text`` ends with a line end, ``names`` are the columns as pandas calls them.

    The records after it begin at byte ``size`` of the file, in line ``lines`` + 1.
    """

    text: bytes
    names: tuple[str, ...]
    size: int
    lines: int

    @property
    def is_one_column(self) -> bool:
        """Tell whether a blank line is a row, its only value missing."""
        return len(self.names) == 1


def read_header(text: bytes, *, at_end: bool, room: int | None = None) -> Header | None:
    """Read the header from the first bytes of a CSV; ``None`` says that more bytes are needed.

    :param at_end: whether these bytes are all there is.
    :param room: bytes that the columns may take in memory; ``None`` for as many as they need.
    :raises MalformedInputError: if there is none, or two columns have one name.
    :raises PayloadTooLargeError: if there are more columns than there is room for.
    """
    mark = len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0
    records = find_records(text[mark:], at_end=at_end)
    if not len(records):
        if not at_end:
            return None
        check_quotes_closed(records, first_line=1)
        raise MalformedInputError(
            "The CSV input is empty. Its first line must hold the column names, the others the rows."
        )
    first = records.first(1)
    line = BLANK_LINES.sub(b"", first.text).rstrip(b"\r\n")
    check_room(room, columns=line.count(b",") + 1)
    try:
        names = _column_names(line)
    except UnicodeDecodeError:
        refuse_encoding(first.text, first_line=1)
    return Header(
        text=line + b"\n",
        names=names,
        size=mark + len(first.text),
        lines=first.count_lines(),
    )


def read_records(header: Header, records: Records, *, first_line: int, texts: Set[str] = frozenset()) -> pd.DataFrame:
    """Read records with the types that pandas infers from them.

    :param first_line: the number of the line, in the file, with which the records begin.
    :param texts: columns that are text, whatever their values look like.
    :raises MalformedInputError: naming the line, if a row has too many or too few fields or is not UTF-8.
    """
    import pandas as pd

    _check_commas(header, records, first_line)
    try:
        frame = _read(header, records, dtypes={name: "str" for name in header.names if name in texts} or None)
    except UnicodeDecodeError:
        refuse_encoding(records.text, first_line)
    except pd.errors.ParserError as error:
        _check_fields(header, records, first_line)
        raise MalformedInputError(f"The CSV input cannot be read: {error}") from error
    if not isinstance(frame.index, pd.RangeIndex):
        _check_fields(header, records, first_line)
    return frame


def _check_commas(header: Header, records: Records, first_line: int) -> None:
    """Prove that all rows are as long as the header, for pandas refuses those that are longer than the first one.

    Of a first row that is longer than the header, pandas would make an index of many levels, in quadratic time.
    """
    commas = len(header.names) - 1
    if records.count_commas() != len(records) * commas or records.first(1).count_commas() != commas:
        _check_fields(header, records, first_line)


def _check_fields(header: Header, records: Records, first_line: int) -> None:
    try:
        check_field_counts(records, len(header.names), first_line)
    except MalformedInputError as error:
        raise MalformedInputError(f"{error}{separator_hint(header.text)}") from None


def read_column(header: Header, records: Records, column: int, dtype: str, *, missing: bool = True) -> pd.Series:
    """Read one column of records that :func:`read_records` has accepted, with a type of the caller's choice.

    :param missing: whether missing-value words are missing values rather than text.
    """
    frame = _read(header, records, columns=[column], dtypes={header.names[column]: dtype}, missing=missing)
    return frame.iloc[:, 0]


def refuse_encoding(text: bytes, first_line: int) -> NoReturn:
    """Say in which line bytes stop to be UTF-8.

    :raises MalformedInputError: always.
    """
    try:
        text.decode()
    except UnicodeDecodeError as error:
        line = first_line + text.count(b"\n", 0, error.start)
        raise MalformedInputError(
            f"Supplied CSV input file encoding must be UTF-8. Line {line} is not. Save the file as UTF-8, or state its "
            f"charset.{hint(text)}"
        ) from error
    raise MalformedInputError("Supplied CSV input file encoding must be UTF-8. Save the file as UTF-8.")


def _read(
    header: Header,
    records: Records,
    *,
    columns: list[int] | None = None,
    dtypes: Mapping[str, str] | None = None,
    missing: bool = True,
) -> pd.DataFrame:
    return read_text(
        header.text,
        records.text,
        columns=columns,
        dtypes=dtypes,
        missing=missing,
        blank_lines_count=header.is_one_column,
    )


def read_text(
    *parts: bytes,
    columns: list[int] | None = None,
    dtypes: Mapping[str, str] | None = None,
    missing: bool = True,
    blank_lines_count: bool = False,
) -> pd.DataFrame:
    """Have pandas read a CSV that is given in parts."""
    import pandas as pd

    return pd.read_csv(
        cast(IO[bytes], _Bytes(*parts)),
        low_memory=False,
        skip_blank_lines=not blank_lines_count,
        usecols=columns,
        dtype=dtypes,
        na_filter=missing,
    )


class _Bytes:
    """Some bytes as a file; pandas would put a decoder in front of a ``BytesIO``, and then encode again."""

    def __init__(self, *parts: bytes) -> None:
        self._parts = iter(parts)
        self._current = BytesIO()

    def read(self, size: int = -1) -> bytes:
        """Read some bytes, perhaps fewer; none, when all are read."""
        while not (data := self._current.read(size)):
            part = next(self._parts, None)
            if part is None:
                break
            self._current = BytesIO(part)
        return data

    def __iter__(self) -> Iterator[bytes]:
        """Look like a file; pandas does not read line by line."""
        return iter(partial(self.read, 2**20), b"")


def _column_names(line: bytes) -> tuple[str, ...]:
    """Name the columns as pandas does, but refuse to rename two that have one name."""
    names = {}
    fields = line.decode().split(",") if b'"' not in line else _quoted_fields(line)
    for place, field in enumerate(fields):
        name = field or f"Unnamed: {place}"
        if name in names:
            raise MalformedInputError(
                f"The CSV input has the column '{name}' twice. Give every column a name of its own."
            )
        names[name] = place
    return tuple(names)


def _quoted_fields(line: bytes) -> list[str]:
    import pandas as pd

    fields: list[str] = pd.read_csv(BytesIO(line), header=None, dtype=str, na_filter=False).iloc[0].tolist()
    return fields
