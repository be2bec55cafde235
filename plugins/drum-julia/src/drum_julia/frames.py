"""Frames, and what hooks are told beside them, as columns for Julia."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from drum.columns import in_groups
from drum.errors import MalformedInputError
from drum_julia.wire import Column, Encoded, Kind

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

YEAR_0_MS = 62_135_683_200_000
"""Milliseconds from where Julia counts time, the end of the year before year 1, to 1970; day 1 is the first."""

SAMPLE_ROWS = 1000
FEW_ROWS = 64
"""Up to so many rows, all columns of a type are encoded at once."""
PLAIN = {"f": (Kind.NUMBER, "float64"), "i": (Kind.INTEGER, "int64"), "b": (Kind.TRUTH, "uint8")}
"""What columns of NumPy's types become, by the letter of their kind."""


def encoded_frame(frame: pd.DataFrame) -> Encoded:
    """Return the columns of a frame; their memory is the frame's own wherever that is laid out as Julia takes it.

    :raises MalformedInputError: naming a column whose values have no one type.
    """
    groups = in_groups(frame) if 0 < len(frame) <= FEW_ROWS else None
    encoded = Encoded(len(frame.columns))
    if groups is not None:
        for letter, places, table in groups:
            _encode_group(encoded, places, [str(frame.columns[place]) for place in places], letter, table.T)
        return encoded
    for place, (name, values) in enumerate(frame.items()):
        _encode(encoded, place, str(name), values)
    return encoded


def _encode_group(encoded: Encoded, places: Sequence[int], names: Sequence[str], letter: str, table: Any) -> None:
    """Encode few rows of the columns of one type, each a row of ``table``: their memory is one."""
    import numpy as np

    if letter == "s":
        _encode_few_texts(encoded, places, names, table)
        return
    kind, dtype = PLAIN[letter]
    memory = encoded.keep(np.ascontiguousarray(table, dtype=dtype))
    for row, (place, name) in enumerate(zip(places, names, strict=True)):
        column = encoded.named(place, name, kind, memory.shape[1])
        column.values = memory.ctypes.data + row * memory.strides[0]


def _encode_few_texts(encoded: Encoded, places: Sequence[int], names: Sequence[str], table: Any) -> None:
    """Encode texts that share a pool; each column knows the part of it that is its own."""
    import numpy as np

    count, rows = table.shape
    texts = [text if isinstance(text, str) else None for text in table.ravel()]
    units = [b"" if text is None else text.encode("utf-8", "surrogatepass") for text in texts]
    ends = encoded.keep(np.cumsum([0, *map(len, units)], dtype=np.int64))
    pool = encoded.keep(np.frombuffer(b"".join(units) + b"\0", dtype=np.uint8))
    absent = np.array([text is None for text in texts]).reshape(count, rows)
    own = encoded.keep(np.where(absent, -1, np.arange(rows)).astype(np.int32))
    for row, (place, name) in enumerate(zip(places, names, strict=True)):
        column = encoded.named(place, name, Kind.TEXT, rows)
        column.values = own.ctypes.data + row * own.strides[0]
        column.texts = rows
        column.offsets = ends.ctypes.data + row * rows * ends.itemsize
        column.pool = pool.ctypes.data


def _encode(encoded: Encoded, place: int, name: str, values: pd.Series[Any]) -> None:
    import numpy as np
    import pandas as pd

    dtype: Any = values.dtype
    if isinstance(dtype, pd.SparseDtype):
        values = pd.Series(np.asarray(values))
        dtype = values.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "biuf":
        _encode_plain(encoded, place, name, values.to_numpy())
    else:
        _encode_arrow(encoded, place, name, _as_arrow(name, values))


def _encode_plain(encoded: Encoded, place: int, name: str, values: Any) -> None:
    import numpy as np

    kind, dtype = PLAIN.get(values.dtype.kind, PLAIN["i"])
    if values.dtype == np.uint64 and len(values) and values.max() > np.iinfo(np.int64).max:
        kind, dtype = Kind.NUMBER, "float64"
    column = encoded.named(place, name, kind, len(values))
    column.values = encoded.keep(np.ascontiguousarray(values, dtype=dtype)).ctypes.data


def _as_arrow(name: str, values: pd.Series[Any]) -> Any:
    import pyarrow as pa

    try:
        array = pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise _no_one_type(name, "different types") from error
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    if pa.types.is_dictionary(array.type) and not _is_text(array.type.value_type):
        return array.dictionary_decode()
    return array


def _encode_arrow(encoded: Encoded, place: int, name: str, array: Any) -> None:
    import pyarrow as pa

    types = pa.types
    if types.is_dictionary(array.type) or _is_text(array.type):
        _encode_texts(encoded, place, name, array)
    elif types.is_boolean(array.type):
        _encode_gapped(encoded.named(place, name, Kind.TRUTH), encoded, array, array.fill_null(False).cast("uint8"))
    elif types.is_integer(array.type):
        _encode_gapped(encoded.named(place, name, Kind.INTEGER), encoded, array, array.fill_null(0).cast("int64"))
    elif types.is_timestamp(array.type) or types.is_date(array.type):
        since_1970 = array.cast(pa.timestamp("ms"), safe=False).cast("int64").fill_null(0)
        times = pa.compute.add(since_1970, YEAR_0_MS)
        _encode_gapped(encoded.named(place, name, Kind.TIME), encoded, array, times)
    elif types.is_floating(array.type) or types.is_decimal(array.type) or types.is_null(array.type):
        numbers = array.cast("float64").fill_null(float("nan"))
        _encode_gapped(encoded.named(place, name, Kind.NUMBER), encoded, None, numbers)
    else:
        raise _no_one_type(name, f"type {array.type}")


def _is_text(arrow_type: Any) -> bool:
    import pyarrow as pa

    return any(
        is_kind(arrow_type) for is_kind in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    )


def _encode_gapped(column: Column, encoded: Encoded, array: pa.Array | None, filled: pa.Array) -> None:
    column.rows = len(filled)
    column.values = encoded.keep(filled.to_numpy(zero_copy_only=False)).ctypes.data
    if array is not None and array.null_count:
        column.valid = encoded.keep(array.is_valid().to_numpy(zero_copy_only=False)).ctypes.data


def _encode_texts(encoded: Encoded, place: int, name: str, array: Any) -> None:
    """Send texts, and the place of each row's: where texts repeat themselves, Julia makes a string of each once."""
    import pyarrow as pa

    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode() if _repeats(array) else _each_for_itself(array)
    places = encoded.keep(array.indices.cast("int32").fill_null(-1).to_numpy(zero_copy_only=False))
    column = encoded.named(place, name, Kind.TEXT, len(places))
    column.values = places.ctypes.data
    _point_at_pool(column, encoded, array.dictionary)


def _repeats(texts: Any) -> bool:
    """Tell by the first of them whether there are fewer texts than rows."""
    sample = texts[:SAMPLE_ROWS]
    return len(sample) == SAMPLE_ROWS and len(sample.unique()) < SAMPLE_ROWS / 2


def _each_for_itself(texts: Any) -> Any:
    import numpy as np
    import pyarrow as pa

    absent = texts.is_null().to_numpy(zero_copy_only=False) if texts.null_count else None
    places = pa.array(np.arange(len(texts), dtype=np.int32), mask=absent)
    return pa.DictionaryArray.from_arrays(places, texts.fill_null(""))


def _point_at_pool(column: Column, encoded: Encoded, texts: Any) -> None:
    import pyarrow as pa

    pool = encoded.keep(pa.concat_arrays([texts.cast(pa.large_string()), pa.array([""], pa.large_string())]))
    _, offsets, units = pool.buffers()
    column.texts = len(texts)
    column.offsets = offsets.address
    column.pool = units.address if units is not None else offsets.address


def _no_one_type(name: str, what: str) -> MalformedInputError:
    return MalformedInputError(
        f"Column '{name}' holds values of {what}. Julia models take columns of numbers, truth values, times or text."
    )


def encoded_words(words: Mapping[str, Any]) -> Encoded:
    """Return named values: text, bytes, lists of text, mappings from text to text, and columns."""
    import pandas as pd

    encoded = Encoded(len(words))
    for place, (name, value) in enumerate(words.items()):
        match value:
            case pd.Series():
                _encode(encoded, place, name, value)
            case bytes():
                _encode_pool(encoded, place, name, Kind.BYTES, [value])
            case str():
                _encode_pool(encoded, place, name, Kind.STRING, [value])
            case Mapping():
                flat = [text for entry in value.items() for text in entry]
                _encode_pool(encoded, place, name, Kind.MAPPING, flat)
            case _:
                _encode_pool(encoded, place, name, Kind.STRINGS, list(value))
    return encoded


def _encode_pool(encoded: Encoded, place: int, name: str, kind: Kind, values: Sequence[str | bytes]) -> None:
    import numpy as np

    units = [value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape") for value in values]
    ends = np.cumsum([0, *map(len, units)], dtype=np.int64)
    column = encoded.named(place, name, kind)
    column.texts = len(units)
    column.offsets = encoded.keep(ends).ctypes.data
    column.pool = encoded.keep(np.frombuffer(b"".join(units) + b"\0", dtype=np.uint8)).ctypes.data
