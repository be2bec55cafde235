"""The types that pandas gives to the columns of JSON lines, where one input lies in several files.

Pandas looks at a column's values in their order, and remembers nothing of them but which kinds it has met. So a
*witness* of every kind is kept, in that order: a frame of the witnesses and then of some of the records has the types
that a frame of all records has, and the same columns in the same order.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from drum.batch.csv_blocks import NoRowsError
from drum.formats.frames import checked
from drum.formats.json_reading import frame_of_records, parse_json_lines

if TYPE_CHECKING:
    import pandas as pd

    Record = Mapping[str, Any]

ABSENT = math.nan
"""What pandas puts where a record lacks a column."""
MOST_SIGNED, MOST_UNSIGNED = 2**63 - 1, 2**64 - 1


class RecordTypes:
    """A value of every kind that each column holds, in the order in which they come."""

    def __init__(self) -> None:
        self.rows = 0
        self._kinds: dict[str, dict[str, Any]] = {}

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, in the order in which records name them first."""
        return tuple(self._kinds)

    def add(self, records: Iterable[Record]) -> None:
        """Take note of the next records."""
        for record in records:
            for name, value in record.items():
                self._of(name).setdefault(_kind(value), value)
            if len(record) < len(self._kinds):
                self._miss(record)
            self.rows += 1

    def join(self, later: RecordTypes) -> None:
        """Take note of what the records behind these have shown."""
        for name, kinds in later._kinds.items():
            own = self._of(name)
            for kind, value in kinds.items():
                own.setdefault(kind, value)
        if later.rows:
            self._miss(later._kinds)
        self.rows += later.rows

    def _of(self, name: str) -> dict[str, Any]:
        if name not in self._kinds:
            self._kinds[name] = {_kind(ABSENT): ABSENT} if self.rows else {}
        return self._kinds[name]

    def _miss(self, present: Iterable[str]) -> None:
        for name in self._kinds.keys() - set(present):
            self._kinds[name].setdefault(_kind(ABSENT), ABSENT)

    def describe(self) -> str:
        """Return a text that is the same wherever and whenever the types are the same."""
        return repr([(name, list(kinds)) for name, kinds in self._kinds.items()])

    def frame(self, records: Sequence[Record]) -> pd.DataFrame:
        """Return some of the records as they look among all."""
        witnesses = self._witnesses()
        frame = frame_of_records([*witnesses, *records], None)
        return checked(frame.iloc[len(witnesses) :])

    def _witnesses(self) -> list[Record]:
        """Return the fewest records that hold all witnesses; columns with fewer of them repeat the last one."""
        most = max(map(len, self._kinds.values()), default=0)
        values = {name: list(kinds.values()) for name, kinds in self._kinds.items()}
        return [
            {name: column[min(number, len(column) - 1)] for name, column in values.items()} for number in range(most)
        ]


def types_of_records(body: bytes) -> RecordTypes:
    """Look through JSON lines.

    :raises MalformedInputError: if they are none, or hold what no model can take.
    """
    types = RecordTypes()
    records = parse_json_lines(body, None)
    frame_of_records(records, None)  # refuses what is no record
    types.add(records)
    return types


def read_among_all(body: bytes, types: RecordTypes) -> pd.DataFrame:
    """Read JSON lines that are a part of the input which has these types.

    :raises MalformedInputError: if they are none, or hold what no model can take.
    :raises NoRowsError: if there are none.
    """
    records = parse_json_lines(body, None)
    if not records:
        raise NoRowsError("The input has no rows. Give at least one.")
    return types.frame(records)


def _kind(value: Any) -> str:
    """Name the kind of a value: values of one kind are the same to pandas, whatever has come before."""
    if isinstance(value, bool) or value is None:
        return type(value).__name__
    if isinstance(value, int):
        return _kind_of_integer(value)
    if isinstance(value, float):
        return "missing" if math.isnan(value) else "number"
    return "text" if isinstance(value, str) else "nested"


def _kind_of_integer(value: int) -> str:
    if value < -MOST_SIGNED - 1:
        return "too small"
    if value < 0:
        return "negative"
    if value <= MOST_SIGNED:
        return "positive"
    return "unsigned" if value <= MOST_UNSIGNED else "too large"
