"""CSVs of nothing but numbers, read as JSON: to the same doubles as pandas, whose parser's start costs as much as them.

Each is read alone as it is read among others: every column becomes doubles in the matrix, whatever its neighbours hold.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import msgspec
    from numpy.typing import NDArray

MOST_BYTES = 2**18
"""Bytes beyond which pandas is as fast."""

_ALPHABET = b"0123456789+-.eE,\n"
_NEGATIVE_ZERO = re.compile(rb"-0+(?:,|\n|\Z)")
"""What is 0 as a whole number and -0.0 as a double."""
EXACT_WHOLES = 2.0**63


@dataclass(frozen=True, slots=True, eq=False)
class NumericRows:
    """The rows of one CSV as a matrix of doubles."""

    names: tuple[str, ...]
    values: NDArray[Any]

    def __len__(self) -> int:
        return len(self.values)


def read_numeric(text: bytes, names: tuple[str, ...]) -> NumericRows | None:
    """Read a CSV, or return ``None`` if it is more than plain lines of numbers below a header with these names."""
    if len(text) > MOST_BYTES or len(names) < 2:
        return None
    text = text.replace(b"\r\n", b"\n") if b"\r" in text else text
    head, _, lines = text.partition(b"\n")
    if head != _head(names) or b"." not in lines or lines.translate(None, _ALPHABET):
        return None  # a request of whole numbers alone is scored as such
    values = _values(lines.removesuffix(b"\n"), len(names))
    return None if values is None else NumericRows(names, values)


def _values(lines: bytes, width: int) -> NDArray[Any] | None:
    import msgspec
    import numpy as np

    try:
        rows = _decoder().decode(b"[[" + _without_gaps(lines).replace(b"\n", b"],[") + b"]]")
    except msgspec.DecodeError:  # a number that JSON does not write so: 007, 1.
        return None
    if set(map(len, rows)) != {width}:
        return None
    values = np.array(rows, np.float64)
    is_exact = not np.nanmax(np.abs(values), initial=0.0) >= EXACT_WHOLES
    return values if is_exact and (values.all() or not _NEGATIVE_ZERO.search(lines)) else None


def _without_gaps(lines: bytes) -> bytes:
    """Write ``null`` where there is nothing between two separators; ``bytes.replace`` takes ten times as long."""
    import numpy as np

    letters = np.frombuffer(b"\n" + lines + b"\n", np.uint8)
    separates = (letters == ord(",")) | (letters == ord("\n"))
    gaps = np.flatnonzero(separates[1:] & separates[:-1]).tolist()
    return b"null".join([lines[start:end] for start, end in pairwise([0, *gaps, len(lines)])])


@lru_cache(maxsize=1)
def _decoder() -> msgspec.json.Decoder[list[list[float | None]]]:
    import msgspec

    return msgspec.json.Decoder(list[list[float | None]])


@lru_cache(maxsize=4)
def _head(names: tuple[str, ...]) -> bytes:
    return ",".join(names).encode()


def joined(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Return the rows of all parts as one matrix, laid out like the values of a frame."""
    import numpy as np

    return np.asfortranarray(parts[0] if len(parts) == 1 else np.concatenate(parts))
