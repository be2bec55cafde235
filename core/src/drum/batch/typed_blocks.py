"""Read a block of a CSV with the types that its columns have in the whole file."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Protocol

from drum.batch.column_types import ColumnType, is_plain_text, type_of
from drum.formats.csv_parsing import read_column, read_records

if TYPE_CHECKING:
    import pandas as pd

    from drum.batch.csv_blocks import Block
    from drum.batch.file_types import FileTypes
    from drum.formats.csv_parsing import Header

EXACT_INTEGERS = 2**53
NEGATIVE_ZERO = re.compile(rb"-0+\s*(?:[,\"\r\n]|\Z)")
DOUBLES = (ColumnType.DOUBLE, ColumnType.MISSING)


class Reread(Protocol):
    """Read the words of one column of a block again, as one type."""

    def __call__(self, *, dtype: str, missing: bool = True) -> pd.Series:
        """See :func:`read_column`."""


def read_block(header: Header, block: Block, types: FileTypes) -> pd.DataFrame:
    """Read a block; every value and every type is what ``pandas.read_csv`` of the whole file would give.

    :raises MalformedInputError: if a row does not fit, with its line in the file.
    :raises TypesChangedError: if the block contradicts types that were only guessed.
    """
    frame = read_records(header, block.records, first_line=block.start.line)
    found = [type_of(frame.iloc[:, place]) for place in range(frame.shape[1])]
    types.check_agreement(frame, found)
    for place, (has, wanted) in enumerate(zip(found, types.columns, strict=True)):
        if has is not wanted or wanted in (ColumnType.TEXT, ColumnType.VERBATIM):
            reread = partial(read_column, header, block.records, place)
            column = _retyped(frame.iloc[:, place], has, wanted, block.records.text, reread)
            frame.isetitem(place, column.array)
    return frame


def _retyped(column: pd.Series, has: ColumnType, wanted: ColumnType, text: bytes, reread: Reread) -> pd.Series:
    """Give a column the wanted type, from its values where they are the same as its words, else from the words."""
    if wanted is ColumnType.TEXT:
        return column if has is wanted and is_plain_text(column) else reread(dtype="str")
    if wanted is ColumnType.VERBATIM:
        return reread(dtype="str", missing=False)
    if wanted is ColumnType.LARGE_INTEGER:
        return _as_large_integers(reread(dtype="str"))
    if wanted is ColumnType.TRUTH_OR_MISSING:
        return column.astype(object)
    if wanted is ColumnType.UNSIGNED:
        return column.astype("uint64")
    if has in DOUBLES:
        return column
    return column.astype("float64") if _are_exact_doubles(column, has, text) else reread(dtype="float64")


def _as_large_integers(words: pd.Series) -> pd.Series:
    """Turn words into Python's own integers; assigning to objects keeps pandas from inferring other types."""
    integers = words.astype(object)
    integers[:] = [int(word) if isinstance(word, str) else word for word in words]
    return integers


def _are_exact_doubles(column: pd.Series, has: ColumnType, text: bytes) -> bool:
    """Tell whether integers are what their words are as doubles: not beyond 2**53, and not for ``-0``."""
    if has is not ColumnType.INTEGER or not bool(column.between(-EXACT_INTEGERS, EXACT_INTEGERS).all()):
        return False
    return not (bool((column == 0).any()) and NEGATIVE_ZERO.search(text))
