"""Read protocol buffers field by field, without the schema and without copies: the package ``onnx`` need not be there.

Format: https://protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy.typing as npt

VARINT, EIGHT_BYTES, BYTES, FOUR_BYTES = 0, 1, 2, 5
SIZES = {EIGHT_BYTES: 8, FOUR_BYTES: 4}


def fields(message: memoryview) -> Iterator[tuple[int, int, memoryview]]:
    """Yield the number of each field with its value: a number, or else 0 and the bytes.

    :raises ValueError: if it is no message.
    """
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        kind, number, content = key & 7, 0, message[:0]
        if kind == VARINT:
            number, place = _varint(message, place)
        else:
            if kind == BYTES:
                size, place = _varint(message, place)
            elif kind in SIZES:
                size = SIZES[kind]
            else:
                raise ValueError(f"There is no field of kind {kind}.")
            content, place = message[place : place + size], place + size
        yield key >> 3, number, content


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, the lowest first, and the place behind it."""
    number = 0
    for shift in range(0, 70, 7):
        if place >= len(message):
            break
        byte = message[place]
        number |= (byte & 0x7F) << shift
        place += 1
        if byte < 0x80:
            return number, place
    raise ValueError("A number is cut off.")


def numbers(packed: memoryview) -> npt.NDArray[Any]:
    """Return all the numbers of a field that is nothing but such numbers, as int64."""
    import numpy as np

    data = np.frombuffer(packed, np.uint8)
    ends = np.flatnonzero(data < 0x80) + 1
    starts = np.append(0, ends)[:-1]
    shifts = np.arange(ends[-1] if len(ends) else 0) - np.repeat(starts, ends - starts)
    bits = (data[: len(shifts)] & 0x7F).astype(np.uint64) << (7 * shifts).astype(np.uint64)
    return np.add.reduceat(bits, starts).view(np.int64) if len(ends) else bits.view(np.int64)
