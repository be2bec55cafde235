"""What crosses the border. The same structures stand in ``bridge/wire.jl``; every field has eight bytes."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char_p, c_int64, c_void_p
from enum import IntEnum
from typing import Any


class Kind(IntEnum):
    """What a column holds; from ``STRING`` on, what a single value is."""

    NUMBER = 0
    INTEGER = 1
    TRUTH = 2
    TIME = 3
    TEXT = 4
    STRING = 5
    STRINGS = 6
    MAPPING = 7
    BYTES = 8


class Form(IntEnum):
    """What an answer is."""

    NOTHING = 0
    TABLE = 1
    UNLABELLED = 2
    VALUE = 3
    REPLY = 4
    FAILED = 5


NO_TARGET = -2
"""How many columns the target has, where the target type takes none."""


class Column(ctypes.Structure):
    """A column of a table, or a named value: see ``bridge/wire.jl``."""

    _fields_ = (
        ("name", c_char_p),
        ("kind", c_int64),
        ("rows", c_int64),
        ("values", c_void_p),
        ("valid", c_void_p),
        ("pool", c_void_p),
        ("offsets", c_void_p),
        ("texts", c_int64),
    )


class Call(ctypes.Structure):
    """What Julia is asked for."""

    _fields_ = (
        ("what", c_char_p),
        ("model", c_int64),
        ("batch", c_int64),
        ("data", c_void_p),
        ("columns", c_int64),
        ("target", c_void_p),
        ("targets", c_int64),
        ("keywords", c_void_p),
        ("words", c_int64),
    )


class Answer(ctypes.Structure):
    """What Julia gives; its memory is good until the handle is released."""

    _fields_ = (
        ("form", c_int64),
        ("handle", c_int64),
        ("rows", c_int64),
        ("columns", POINTER(Column)),
        ("count", c_int64),
        ("targets", c_int64),
    )


class Encoded:
    """Columns for Julia, and the objects whose memory they point into."""

    def __init__(self, count: int) -> None:
        self.columns: Any = (Column * count)()
        self.count = count
        self._kept: list[Any] = []

    def keep(self, value: Any) -> Any:
        """Keep an object alive as long as this one, and return it."""
        self._kept.append(value)
        return value

    @property
    def address(self) -> int:
        """Where the columns begin."""
        return ctypes.addressof(self.columns)

    def named(self, place: int, name: str, kind: Kind, rows: int = 0) -> Column:
        """Return the column at a place, with its name and kind filled in."""
        column: Column = self.columns[place]
        column.name = name.encode("utf-8", "replace")
        column.kind = kind
        column.rows = rows
        return column
