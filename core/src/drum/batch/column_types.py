"""The types that pandas gives to the columns of a CSV, told apart as far as they need other treatment.

Pandas reads a column's words in their order: as integers until one is none, else as doubles, else as truth values,
else as text. Where an integer overflows before the first other word, it turns to unsigned integers, then to
Python's own, and both have rules of their own. So ``1.5`` and then ``99999999999999999999`` are doubles, the
reverse is text, and no type is sure before the whole column is read, save where a word has ended the first attempt.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


class ColumnType(Enum):
    """What ``pandas.read_csv`` makes of the words of a column."""

    MISSING = "nothing but missing values: doubles, if the file ends so"
    INTEGER = "signed 64-bit integers"
    UNSIGNED = "integers of which one needs the unsigned 64 bits"
    LARGE_INTEGER = "integers of any size: Python objects, some of which may be missing"
    DOUBLE = "doubles, some of which may be missing"
    TRUTH = "True and False"
    TRUTH_OR_MISSING = "True, False and missing values: Python objects"
    TEXT = "text, some of which may be missing"
    VERBATIM = "text in which missing-value words are left as they stand: integers of awkward sizes and signs"


NUMBER_LIKE = re.compile(r"(?=\D*\d)\s*[+-]?[\d_]*\.?[\d_]*(?:e[+-]?[\d_]*)?\s*", re.ASCII | re.IGNORECASE)
MEANINGFUL = re.compile(
    r"|\s*(?:[+-]?(?:nan|inf|infinity|1\.\#ind|1\.\#qnan)|\#?n/?a|\#n/a\ n/a|<na>|null|none|true|false)\s*",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
HUGE_INTEGER = re.compile(r"\s*[+-]?[\d_]{19,}\s*", re.ASCII)


def is_ordinary(word: str) -> bool:
    """Tell whether a word is sure to be text: no number, truth value or missing value to anybody."""
    return not NUMBER_LIKE.fullmatch(word) and not MEANINGFUL.fullmatch(word)


def is_plain_text(column: pd.Series) -> bool:
    """Tell whether a column read as text stays text whatever follows, its missing values recognised.

    It does once an ordinary word has come before any integer that overflows.
    """
    for word in column:
        if isinstance(word, str):
            if HUGE_INTEGER.fullmatch(word):
                return False
            if is_ordinary(word):
                return True
    return False


def type_of(column: pd.Series) -> ColumnType:
    """Tell which type pandas has inferred; it never says :attr:`ColumnType.VERBATIM`, which looks like text."""
    kind = column.dtype.kind
    if kind == "f":
        return ColumnType.MISSING if column.first_valid_index() is None else ColumnType.DOUBLE
    if kind == "O":
        return _type_of_objects(column)
    return {"i": ColumnType.INTEGER, "u": ColumnType.UNSIGNED, "b": ColumnType.TRUTH}[kind]


def _type_of_objects(column: pd.Series) -> ColumnType:
    first = column.first_valid_index()
    value = None if first is None else column.loc[first]
    if isinstance(value, bool):
        return ColumnType.TRUTH_OR_MISSING
    return ColumnType.LARGE_INTEGER if isinstance(value, int) else ColumnType.TEXT
