"""Read a block of a CSV with the types that its columns have in the whole file."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from drum.batch.column_types import ColumnType, is_plain_text, type_of
from drum.formats.csv_parsing import read_column, read_records

if TYPE_CHECKING:
    import pandas as pd

    from drum.batch.csv_blocks import Block
    from drum.batch.file_types import FileTypes
    from drum.formats.csv_parsing import Header

EXACT_INTEGERS = 2**53
NEGATIVE_ZERO = re.compile(rb"-0+\s*(?:[,\"\r\n]|\Z)")


def read_block(header: Header, block: Block, types: FileTypes) -> pd.DataFrame:
    """Read a block; every value and every type is what ``pandas.read_csv`` of the whole file would give.

    :raises MalformedInputError: if a row does not fit, with its line in the file.
    :raises TypesChangedError: if the block contradicts types that were only guessed.
    """
    frame = read_records(header, block.records, first_line=block.start.line)
    found = [type_of(frame.iloc[:, place]) for place in range(frame.shape[1])]
    types.check_agreement(found)
    words = _Words(header, block)
    for place, (has, wanted) in enumerate(zip(found, types.columns, strict=True)):
        if wanted is not None and (has is not wanted or wanted in (ColumnType.TEXT, ColumnType.VERBATIM)):
            frame.isetitem(place, _retyped(frame.iloc[:, place], has, wanted, words, place).array)
    return frame


class _Words:
    """The words of a block, to be read again where values do not tell enough."""

    def __init__(self, header: Header, block: Block) -> None:
        self._header = header
        self._records = block.records

    def read(self, place: int, dtype: str, *, missing: bool = True) -> pd.Series:
        """Read one column as one type; missing-value words are missing unless told otherwise."""
        return read_column(self._header, self._records, place, dtype, missing=missing)

    @cached_property
    def have_negative_zero(self) -> bool:
        """Whether a word may be a ``-0``, which only a double can be."""
        return NEGATIVE_ZERO.search(self._records.text) is not None


def _retyped(column: pd.Series, has: ColumnType, wanted: ColumnType, words: _Words, place: int) -> pd.Series:
    """Give a column the wanted type, from its values where they are the same as its words, else from the words."""
    match wanted:
        case ColumnType.TEXT:
            return column if has is wanted and is_plain_text(column) else words.read(place, "str")
        case ColumnType.VERBATIM:
            return words.read(place, "str", missing=False)
        case ColumnType.LARGE_INTEGER:
            return _as_large_integers(words.read(place, "str"))
        case ColumnType.TRUTH_OR_MISSING:
            return column.astype(object)
        case ColumnType.UNSIGNED:
            return column.astype("uint64")
        case _:
            return _as_doubles(column, has, words, place)


def _as_large_integers(words: pd.Series) -> pd.Series:
    """Turn words into Python's own integers; assigning to objects keeps pandas from inferring other types."""
    integers = words.astype(object)
    integers[:] = [int(word) if isinstance(word, str) else word for word in words]
    return integers


def _as_doubles(column: pd.Series, has: ColumnType, words: _Words, place: int) -> pd.Series:
    """Turn integers into the doubles that their words are: the same up to 2**53, but for ``-0``."""
    if has in (ColumnType.DOUBLE, ColumnType.MISSING):
        return column
    is_exact = has is ColumnType.INTEGER and bool(column.between(-EXACT_INTEGERS, EXACT_INTEGERS).all())
    if is_exact and not (bool((column == 0).any()) and words.have_negative_zero):
        return column.astype("float64")
    return words.read(place, "float64")
