"""Find where the records of a CSV begin and end, as pandas reads it.

``LF``, ``CR LF`` and a lone ``CR`` end a line, unless they stand within quotes. A line of blanks is no record,
except in a file of one column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drum.errors import MalformedInputError
from drum.formats.csv_quotes import COMMA, CR, LF, QUOTE, Quoted, find_quoted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]
    Flags = NDArray[np.bool_]
    Offsets = NDArray[np.intp]

BLANKS = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class Records:
    """A stretch of a CSV that begins at a record's border.

    ``ends`` holds the offset behind each complete record. In ``text``, lone CRs outside quotes are turned into LFs.
    """

    text: bytes
    ends: Offsets
    quoted: Quoted | None

    def __len__(self) -> int:
        return len(self.ends)

    def first(self, count: int) -> Records:
        """Cut off what follows the first ``count`` records."""
        return Records(self.text[: int(self.ends[count - 1])], self.ends[:count], self.quoted)

    def count_commas(self) -> int:
        """Count the commas that part fields."""
        import numpy as np

        commas = np.frombuffer(self.text, np.uint8) == COMMA
        return self.quoted.count_outside(commas) if self.quoted else int(np.count_nonzero(commas))

    def count_lines(self, end: int | None = None) -> int:
        """Count the line ends in front of an offset, those within quotes included."""
        import numpy as np

        return int(np.count_nonzero(np.frombuffer(self.text, np.uint8)[:end] == LF))


def find_records(text: bytes, *, at_end: bool, blank_lines_count: bool = False) -> Records:
    """Find the records in bytes that begin at a record's border.

    :param at_end: whether the file ends with these bytes, so that the last line needs no line end.
    :param blank_lines_count: whether a blank line is a record: it is in a file of one column.
    """
    import numpy as np

    quoted = find_quoted(text) if QUOTE in text else None
    if CR in text:
        text = _with_lines_ended_by_newline(text, quoted, at_end)
    ends = _offsets_of(LF, text, quoted) + 1
    if at_end and (quoted is None or quoted.open_quote is None) and len(text) > (ends[-1] if len(ends) else 0):
        ends = np.append(ends, len(text))
    if not blank_lines_count:
        ends = ends[~_blank_lines(text, ends)]
    return Records(text, ends, quoted)


def check_quotes_closed(records: Records, first_line: int) -> None:
    """Refuse a quote that is still open at the end of the file.

    :raises MalformedInputError: naming the line in which it opens.
    """
    if records.quoted is not None and records.quoted.open_quote is not None:
        line = first_line + records.count_lines(records.quoted.open_quote)
        raise MalformedInputError(
            f'A quoted value that begins in line {line} of the CSV input is never closed. Put a quote (") at its end, '
            "and write a quote within a quoted value twice."
        )


def check_field_counts(records: Records, columns: int, first_line: int) -> None:
    """Refuse the first record that has not exactly ``columns`` fields.

    :param first_line: the number, in its file, of the line with which the records begin.
    :raises MalformedInputError: naming the record's line and both counts.
    """
    import numpy as np

    commas = _offsets_of(COMMA, records.text, records.quoted)
    fields = np.diff(np.searchsorted(commas, records.ends), prepend=0) + 1
    wrong = np.flatnonzero(fields != columns)
    if len(wrong):
        record = int(wrong[0])
        raise MalformedInputError(
            f"Line {first_line + _lines_before(records, record)} of the CSV input has "
            f"{_counted(int(fields[record]), 'field')}, but its header has {columns}. Give every row as many fields "
            "as the header has column names, and quote the values that contain a comma."
        )


def _with_lines_ended_by_newline(text: bytes, quoted: Quoted | None, at_end: bool) -> bytes:
    """Turn each lone CR into LF: after one, pandas drops an empty first field."""
    import numpy as np

    raw, last = np.frombuffer(text, np.uint8), len(text) - 1
    returns = _offsets_of(CR, text, quoted)
    lone = returns[raw[np.minimum(returns + 1, last)] != LF]
    if not at_end:
        lone = lone[lone < last]  # an LF may follow the last one
    if not len(lone):
        return text
    mended = raw.copy()
    mended[lone] = LF
    return mended.tobytes()


def _offsets_of(byte: int, text: bytes, quoted: Quoted | None) -> Offsets:
    """Find a byte outside quotes."""
    import numpy as np

    offsets = np.flatnonzero(np.frombuffer(text, np.uint8) == byte)
    return offsets if quoted is None else offsets[~quoted.holds(offsets)]


def _blank_lines(text: bytes, ends: Offsets) -> Flags:
    """Tell which lines hold nothing but spaces and tabs."""
    import numpy as np

    raw = np.frombuffer(text, np.uint8)
    starts = np.concatenate(([0], ends[:-1]))[: len(ends)]
    blank: Flags = np.isin(raw[starts], list(BLANKS))
    lines = np.flatnonzero(blank)
    if len(lines):
        blank[lines] = ~_have_letters(raw, starts[lines], ends[lines])
    return blank


def _have_letters(raw: Bytes, starts: Offsets, ends: Offsets) -> Flags:
    """Tell which stretches hold anything but spaces, tabs and line ends; all at once, for there may be millions."""
    import numpy as np

    is_letter = np.ones(256, np.bool_)
    is_letter[list(BLANKS)] = False
    letters = np.append(is_letter[raw], False)  # so that the last stretch may end behind the last byte
    borders = np.column_stack((starts, ends)).ravel()
    found: Flags = np.logical_or.reduceat(letters, borders)[::2]
    return found


def _lines_before(records: Records, record: int) -> int:
    """Count the lines in front of a record, blank ones and those within quotes included."""
    start = int(records.ends[record - 1]) if record else 0
    span = records.text[start : int(records.ends[record])]
    return records.count_lines(start + len(span) - len(span.lstrip(BLANKS)))


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
