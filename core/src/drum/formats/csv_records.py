"""Find where the records of a CSV begin and end, by the rules of the tokenizer of pandas.

A quote opens a field only as the field's first byte; anywhere else it is a letter like any other.
Between the quotes, commas and line ends are text; a doubled quote is one quote. ``LF``, ``CR LF`` and a
lone ``CR`` end a line. A line of blanks is no record, except in a file of one column.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drum.errors import MalformedInputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Marks = NDArray[np.uint8]
    Offsets = NDArray[np.intp]

TAB, LF, CR, SPACE, QUOTE, COMMA, FILLER = b'\t\n\r ",x'
"""The bytes that matter to the tokenizer, and one that does not."""
QUOTED_FIELD = re.compile(rb'(?<![^,\n\r])"[^"]*(?:""[^"]*)*(?P<closed>"?)')


@dataclass(frozen=True, slots=True)
class Records:
    """A stretch of a CSV that begins at a record's border.

    ``text`` are its bytes, lone CRs outside quotes turned into LFs. ``marks`` are the same bytes with all
    quoted parts blotted out: the commas and line ends that are left are structure. ``ends`` holds the
    offset behind each complete record, ``open_quote`` the offset of a quote that is never closed.
    """

    text: bytes
    marks: Marks
    ends: Offsets
    open_quote: int | None

    def __len__(self) -> int:
        return len(self.ends)

    def first(self, count: int) -> Records:
        """Cut off what follows the first ``count`` records."""
        end = int(self.ends[count - 1])
        return Records(self.text[:end], self.marks[:end], self.ends[:count], None)


def find_records(text: bytes, *, at_end: bool, blank_lines_count: bool = False) -> Records:
    """Find the records in bytes that begin at a record's border.

    :param at_end: whether the file ends with these bytes, so that the last line needs no line end.
    :param blank_lines_count: whether a blank line is a record: it is in a file of one column.
    """
    import numpy as np

    marks, open_quote = np.frombuffer(text, np.uint8), None
    if QUOTE in text:
        marks, open_quote = _blot_out_quoted(text, marks)
    if CR in text:
        text, marks = _end_lines_by_newline(text, marks, at_end)
    ends = np.flatnonzero(marks == LF) + 1
    if at_end and open_quote is None and len(text) > (ends[-1] if len(ends) else 0):
        ends = np.append(ends, len(text))
    if not blank_lines_count:
        ends = ends[~_blank_lines(text, marks, ends)]
    return Records(text, marks, ends, open_quote)


def check_field_counts(records: Records, columns: int, first_line: int) -> None:
    """Refuse the first record that has not exactly ``columns`` fields.

    :param first_line: the number, in its file, of the line with which the records begin.
    :raises MalformedInputError: naming the record's line and both counts.
    """
    import numpy as np

    commas = np.flatnonzero(records.marks == COMMA)
    fields = np.diff(np.searchsorted(commas, records.ends), prepend=0) + 1
    wrong = np.flatnonzero(fields != columns)
    if len(wrong):
        line = first_line + _lines_before(records, int(wrong[0]))
        raise MalformedInputError(
            f"Line {line} of the CSV input has {_counted(int(fields[wrong[0]]), 'field')}, "
            f"but its header has {columns}. Give every row as many fields as the header has column names, "
            "and quote the values that contain a comma."
        )


def comma_count(records: Records) -> int:
    """Count the commas that part fields."""
    import numpy as np

    return int(np.count_nonzero(records.marks == COMMA))


def check_quotes_closed(records: Records, first_line: int) -> None:
    """Refuse a quote that is still open at the end of the file.

    :raises MalformedInputError: naming the line in which it opens.
    """
    if records.open_quote is not None:
        line = first_line + records.text.count(b"\n", 0, records.open_quote)
        raise MalformedInputError(
            f'A quoted value that begins in line {line} of the CSV input is never closed. Put a quote (") at its end, '
            "and write a quote within a quoted value twice."
        )


def _blot_out_quoted(text: bytes, raw: Marks) -> tuple[Marks, int | None]:
    """Replace quoted parts by a filler of the same length; tell where an unclosed one begins."""
    import numpy as np

    quotes = np.flatnonzero(raw == QUOTE)
    openings = quotes[::2]
    before = np.where(openings > 0, raw[openings - 1], LF)
    # Every second quote opens (or goes on after a doubled one), unless one stands amid a field:
    # then only reading from the left tells which.
    if not np.isin(before, (COMMA, LF, CR, QUOTE)).all():
        return _blot_out_from_the_left(text)
    inside = np.logical_xor.accumulate(raw == QUOTE)
    inside[quotes] = True
    marks = np.where(inside, np.uint8(FILLER), raw)
    return marks, _last_opening(quotes) if len(quotes) % 2 else None


def _last_opening(quotes: Offsets) -> int:
    """Step back over doubled quotes to the one that opened the field."""
    last = len(quotes) - 1
    while last > 0 and quotes[last - 1] == quotes[last] - 1:
        last -= 2
    return int(quotes[last])


def _blot_out_from_the_left(text: bytes) -> tuple[Marks, int | None]:
    """Do the same, exactly and slowly, where a quote stands amid a field."""
    import numpy as np

    unclosed: int | None = None

    def blot_out(field: re.Match[bytes]) -> bytes:
        nonlocal unclosed
        unclosed = None if field["closed"] else field.start()
        return b"x" * len(field[0])

    marks = np.frombuffer(QUOTED_FIELD.sub(blot_out, text), np.uint8)
    return marks, unclosed


def _end_lines_by_newline(text: bytes, marks: Marks, at_end: bool) -> tuple[bytes, Marks]:
    """Turn each lone CR into LF: after one, pandas drops an empty first field."""
    import numpy as np

    returns = np.flatnonzero(marks == CR)
    following = np.append(marks, LF if not at_end else FILLER)[returns + 1]
    lone = returns[following != LF]
    if not len(lone):
        return text, marks
    mended, marks = np.frombuffer(text, np.uint8).copy(), marks.copy()
    mended[lone] = marks[lone] = LF
    return mended.tobytes(), marks


def _blank_lines(text: bytes, marks: Marks, ends: Offsets) -> NDArray[np.bool_]:
    """Tell which lines hold nothing but spaces and tabs."""
    import numpy as np

    starts = np.concatenate(([0], ends[:-1]))[: len(ends)]
    blank = np.isin(marks[starts], (SPACE, TAB, CR, LF))
    for line in np.flatnonzero(blank):
        blank[line] = not text[starts[line] : ends[line]].strip(b" \t\r\n")
    return blank


def _lines_before(records: Records, record: int) -> int:
    """Count the lines in front of a record, blank ones and those within quotes included."""
    start = int(records.ends[record - 1]) if record else 0
    span = records.text[start : int(records.ends[record])]
    blank = len(span) - len(span.lstrip(b" \t\r\n"))
    return records.text.count(b"\n", 0, start + blank)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
