"""CSVs of nothing but numbers, of which many are parsed at once: a parser's start costs as much as a hundred rows.

Each is known to be read alone as it is read among others: every column becomes doubles in the matrix, whatever its
neighbours hold.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_BYTES = 2**20
"""Bytes beyond which a parser of one's own is worth its start."""

_ALPHABET = b"0123456789+-.eE,\n"
_NEGATIVE_ZERO = re.compile(rb"-0+(?:,|\n|\Z)")
"""What is 0 as a whole number and -0.0 as a double."""
EXACT_WHOLES = 2.0**63


@dataclass(frozen=True, slots=True)
class NumericText:
    """The lines of one CSV below its header; a number that is none is found when they are parsed."""

    names: tuple[str, ...]
    lines: bytes
    rows: int

    def __len__(self) -> int:
        return self.rows


def read_numeric(text: bytes, names: tuple[str, ...]) -> NumericText | None:
    """Read a CSV, or return ``None`` if it is more than plain lines of numbers below a header with these names."""
    if len(text) > MOST_BYTES or len(names) < 2:
        return None
    head, _, lines = text.replace(b"\r\n", b"\n").partition(b"\n")
    if head != ",".join(names).encode() or not lines:
        return None
    lines = lines if lines.endswith(b"\n") else lines + b"\n"
    rows = lines.count(b"\n")
    is_plain = not lines.translate(None, _ALPHABET) and lines.count(b",") == rows * (len(names) - 1)
    has_doubles = b"." in lines  # a request of whole numbers alone is scored as such
    if not is_plain or not has_doubles or b"\n\n" in lines or lines[:1] == b"\n" or _NEGATIVE_ZERO.search(lines):
        return None
    return NumericText(names, lines, rows)


def parse_together(parts: Sequence[NumericText]) -> NDArray[Any]:
    """Return the rows of all parts as one matrix of doubles, laid out like the values of a frame.

    :raises ValueError: if there is something in a part that is no number, or a row is too long or too short.
    """
    import numpy as np
    import pandas as pd

    text = b"".join(part.lines for part in parts)
    width = len(parts[0].names)
    _check_widths(text, width)
    names = list(range(width))
    frame = pd.read_csv(BytesIO(text), header=None, names=names, dtype=np.float64, low_memory=False)
    values = frame.to_numpy()
    if len(values) != sum(map(len, parts)) or not np.nanmax(np.abs(values), initial=0.0) < EXACT_WHOLES:
        raise ValueError("not what each of them would be alone")
    return values


def _check_widths(text: bytes, width: int) -> None:
    import numpy as np

    characters = np.frombuffer(text, np.uint8)
    commas, ends = np.flatnonzero(characters == ord(",")), np.flatnonzero(characters == ord("\n"))
    if not np.array_equal(np.searchsorted(commas, ends), np.arange(1, len(ends) + 1) * (width - 1)):
        raise ValueError("a row is too long or too short")
