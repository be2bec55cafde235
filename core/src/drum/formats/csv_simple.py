"""Read a CSV in which every line is a record, as most are, without a search for where its records end."""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING

from drum.formats.csv_parsing import Header, read_text

if TYPE_CHECKING:
    import pandas as pd

LINE_END, COMMA = b"\n"[0], b","[0]


def read_simple(text: bytes, header: Header, texts: Set[str] = frozenset()) -> pd.DataFrame | None:
    """Read a whole CSV, or return ``None`` where it takes a closer look: to read it, or to say what is wrong.

    :param texts: columns that are text, whatever their values look like.
    """
    import pandas as pd

    rows = _count_rows(text, header)
    if rows is None:
        return None
    try:
        frame = read_text(text, dtypes={name: "str" for name in header.names if name in texts} or None)
    except (UnicodeDecodeError, pd.errors.ParserError):
        return None
    return frame if len(frame) == rows and isinstance(frame.index, pd.RangeIndex) else None


def _count_rows(text: bytes, header: Header) -> int | None:
    """Count the lines below the header if each is a row as wide as it is.

    Pandas refuses a row longer than the first, so that equal sums prove that all rows are of equal length.
    """
    import numpy as np

    width = len(header.names)
    plain_header = header.lines == 1 and header.size == len(header.text)
    if not plain_header or width == 1 or b'"' in text or b"\r" in text:
        return None
    letters = np.frombuffer(text, np.uint8, offset=header.size)
    ends = np.flatnonzero(letters == LINE_END)
    rows = len(ends) + (not text.endswith(b"\n"))
    if not rows or (np.diff(ends, prepend=-1) == 1).any():  # a blank line
        return None
    first = text[header.size : text.find(b"\n", header.size) + 1 or len(text)]
    is_even = first.count(b",") == width - 1 and np.count_nonzero(letters == COMMA) == rows * (width - 1)
    return rows if is_even else None
