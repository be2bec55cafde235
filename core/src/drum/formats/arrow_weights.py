"""What an Arrow table will take as a frame: its own memory may be a small part of that, for parts can be shared."""

from __future__ import annotations

from typing import Any

from drum.formats.room import BYTES_OF_A_CELL

BYTES_OF_AN_OBJECT = 2**7
"""What a list, a dictionary or another object costs besides what it holds."""


def weight(table: Any) -> int:
    """Return the bytes that the values of a table take when nothing is shared any more."""
    return sum(_weight(chunk) for column in table.columns for chunk in column.chunks)


def _weight(array: Any) -> int:
    import pyarrow as pa

    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        return _weight(array.storage)
    if pa.types.is_dictionary(kind):
        return _weight_of_dictionary(array)
    if pa.types.is_nested(kind):
        return len(array) * BYTES_OF_AN_OBJECT + sum(map(_weight, _children(array)))
    return len(array) * BYTES_OF_A_CELL + _length_of_texts(array)


def _weight_of_dictionary(array: Any) -> int:
    """Count each entry as often as it is used."""
    import pyarrow.compute as pc

    lengths = _lengths(array.dictionary)
    used = 0 if lengths is None else int(pc.sum(lengths.take(array.indices)).as_py() or 0)
    return len(array) * BYTES_OF_A_CELL + _weight(array.dictionary) + used


def _length_of_texts(array: Any) -> int:
    import pyarrow.compute as pc

    lengths = _lengths(array)
    return 0 if lengths is None else int(pc.sum(lengths).as_py() or 0)


def _lengths(array: Any) -> Any:
    """Return the lengths of texts, or ``None`` if it holds none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = array.type
    if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind):
        return _lengths_of_views(array)
    if not any(
        test(kind)
        for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    ):
        return None
    return pc.binary_length(array).cast("int64")


def _lengths_of_views(array: Any) -> Any:
    """Take the lengths from the views, 16 bytes each, for PyArrow cannot tell them; views may overlap."""
    import numpy as np
    import pyarrow as pa

    views = np.frombuffer(array.buffers()[1], "<i4").reshape(-1, 4)[array.offset : array.offset + len(array), 0]
    return pa.array(np.maximum(views, 0), pa.int64())


def _children(array: Any) -> list[Any]:
    import pyarrow as pa

    if pa.types.is_struct(array.type):
        return [array.field(place) for place in range(array.type.num_fields)]
    if pa.types.is_map(array.type):
        return [array.keys, array.items]
    return [array.values] if hasattr(array, "values") else []
