"""Read a Matrix Market file.

SciPy's own reader trusts what a file claims: a symmetric matrix that is not square, or entries where a line ends too
early, end the process. So the numbers are read as one list here, which must be exactly as long as the head says.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drum.formats.room import check_room

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[Any]

HEAD_BYTES = 2**16
"""Where the sizes must stand: behind one line and perhaps comments."""
FORMS = ("coordinate", "array")
KINDS = ("real", "double", "integer", "unsigned-integer", "pattern", "complex")
SYMMETRIES = {"general": 0, "symmetric": 1, "skew-symmetric": -1}
"""With which sign an entry stands on the other side of the diagonal too."""
LEAST_BYTES_OF_A_NUMBER = 2


@dataclass(frozen=True, slots=True)
class Head:
    """What a file says of itself; the numbers begin at byte ``size``."""

    form: str
    kind: str
    sign: int
    rows: int
    columns: int
    entries: int
    size: int

    @property
    def width(self) -> int:
        """The numbers of an entry: its place, where zeros are left out, and its value."""
        return (2 if self.form == "coordinate" else 0) + (self.kind != "pattern")

    @property
    def numbers(self) -> int:
        """The numbers that there must be."""
        return self.entries * self.width


def read_matrix(body: bytes, room: int | None) -> Any:
    """Return a dense matrix, or a sparse one where zeros are left out.

    :param room: bytes that it may take as a frame; ``None`` for as many as it needs.
    :raises ValueError: if the file is broken.
    :raises PayloadTooLargeError: if it would take more room.
    """
    head = _head(body)
    if head.numbers * LEAST_BYTES_OF_A_NUMBER > len(body) - head.size + 1:
        raise ValueError(f"it claims {head.entries:,} entries, but has only {len(body):,} bytes")
    check_room(room, rows=head.rows, columns=head.columns)
    numbers = _numbers(body[head.size :], head)
    return _sparse(numbers, head) if head.form == "coordinate" else _dense(numbers, head)


# ------------------------------------------------------------------------------------- the head


def _head(body: bytes) -> Head:
    beginning = body[:HEAD_BYTES]
    banner, *lines = beginning.splitlines(keepends=True) or [b""]
    form, kind, sign = _banner(banner.decode("ascii", "replace").lower().split())
    size = len(banner)
    for line in lines:
        size += len(line)
        if line.strip() and not line.startswith(b"%"):
            rows, columns, entries = _sizes(line.split(), form, sign)
            return Head(form, kind, sign, rows, columns, entries, size)
    raise ValueError("the line with its sizes is missing")


def _banner(words: list[str]) -> tuple[str, str, int]:
    if len(words) < 5 or words[0] != "%%matrixmarket" or words[1] != "matrix":
        raise ValueError("it must begin with '%%MatrixMarket matrix'")
    form, kind, symmetry = words[2:5]
    if form not in FORMS or kind not in KINDS or symmetry not in SYMMETRIES or (form, kind) == ("array", "pattern"):
        raise ValueError(f"matrices of the kind '{form} {kind} {symmetry}' cannot be read")
    if kind == "complex":
        raise ValueError("it holds complex numbers; real ones are needed")
    return form, kind, SYMMETRIES[symmetry]


def _sizes(words: list[bytes], form: str, sign: int) -> tuple[int, int, int]:
    sizes = [int(word[:20]) for word in words if word.isdigit()]
    if len(sizes) != len(words) or len(sizes) != (3 if form == "coordinate" else 2):
        raise ValueError("its sizes must be whole numbers: rows, columns and, for coordinates, entries")
    rows, columns = sizes[:2]
    if sign and rows != columns:
        raise ValueError(f"it is symmetric, but has {rows:,} rows and {columns:,} columns")
    stored = rows * (rows + sign) // 2 if sign else rows * columns
    return rows, columns, sizes[2] if form == "coordinate" else stored


# ------------------------------------------------------------------------------------- the numbers


def _numbers(text: bytes, head: Head) -> Numbers:
    import numpy as np

    kind = np.dtype("float64" if head.kind in ("real", "double") else "int64")
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)  # what NumPy says of text that is no number
        try:
            numbers = np.fromstring(text, kind, sep=" ") if text.strip() else np.empty(0, kind)
        except DeprecationWarning:
            raise ValueError("there is something in it that is no number") from None
    if len(numbers) != head.numbers:
        raise ValueError(f"it claims {head.numbers:,} numbers, but holds {len(numbers):,}")
    if kind == "int64" and len(numbers) and numbers.max() == np.iinfo(kind).max:
        raise ValueError("there are whole numbers in it that are too large")
    return numbers


def _dense(numbers: Numbers, head: Head) -> Numbers:
    """Put the numbers, which go column by column, in their places."""
    import numpy as np

    if not head.sign:
        return numbers.reshape((head.rows, head.columns), order="F")
    matrix = np.zeros((head.rows, head.columns), numbers.dtype)
    columns, rows = np.triu_indices(head.rows, 0 if head.sign > 0 else 1)
    matrix[columns, rows] = head.sign * numbers
    matrix[rows, columns] = numbers
    return matrix


def _sparse(numbers: Numbers, head: Head) -> Any:
    import numpy as np
    from scipy.sparse import coo_matrix

    table = numbers.reshape(head.entries, head.width)
    places = table[:, :2]
    proper = (places >= 1) & (places <= (head.rows, head.columns)) & (places == np.floor(places))
    if not proper.all():
        raise ValueError(f"entry {int(proper.all(axis=1).argmin()) + 1} is outside of the matrix")
    rows, columns = places.T.astype(np.int64) - 1
    values = table[:, 2] if head.kind != "pattern" else np.ones(len(rows))
    if head.sign:
        other = rows != columns
        rows, columns, values = (
            np.concatenate((rows, columns[other])),
            np.concatenate((columns, rows[other])),
            np.concatenate((values, head.sign * values[other])),
        )
    return coo_matrix((values, (rows, columns)), shape=(head.rows, head.columns))
