"""What rows may take in memory once they are read: the same bound for every format, checked before they are read.

A few kilobytes can claim, and some formats can unfold to, more than any machine holds. So rows, columns and cells are
counted first, at what they cost at least, and payloads that would exceed their ``room`` are refused.
"""

from __future__ import annotations

from drum.errors import PayloadTooLargeError

BYTES_OF_A_COLUMN = 2**15
"""What a column costs, however short it is: a name, an array, a block, and above all time."""
BYTES_OF_A_ROW = 2**7
"""What a row costs besides its cells: its prediction, as a number, as an object and as text."""
BYTES_OF_A_CELL = 2**3
"""What a number costs; texts cost their length besides."""


def check_room(room: int | None, *, rows: int = 0, columns: int = 0, further: int = 0) -> None:
    """Refuse a table that would take more memory than it may.

    :param room: the bytes that it may take; ``None`` for as many as it needs.
    :param further: bytes that it takes besides its rows and columns, such as texts.
    :raises PayloadTooLargeError: saying how large it is.
    """
    if room is None:
        return
    needed = columns * BYTES_OF_A_COLUMN + rows * BYTES_OF_A_ROW + rows * columns * BYTES_OF_A_CELL + further
    if needed > room:
        size = f"{rows:,} rows of {columns:,} columns" if rows else f"{columns:,} columns" if columns else "its values"
        raise PayloadTooLargeError(
            f"The input is too large for one request once it is unfolded: {size} count as {needed:,} bytes, "
            f"{room:,} are allowed. Send fewer rows at once, or score a file of them with 'drum score'."
        )
