"""The column types of a whole file: guessed from its first block, or known from a scan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drum.batch.column_types import ColumnType, is_plain_text, type_of
from drum.formats.csv_parsing import read_records

if TYPE_CHECKING:
    import pandas as pd

    from drum.batch.csv_blocks import CsvFile

INT64_LIMIT = 2.0**63
AGREEING = {
    ColumnType.MISSING: {ColumnType.MISSING, ColumnType.INTEGER, ColumnType.DOUBLE},
    ColumnType.DOUBLE: {ColumnType.MISSING, ColumnType.INTEGER, ColumnType.DOUBLE},
    ColumnType.INTEGER: {ColumnType.INTEGER},
    ColumnType.UNSIGNED: {ColumnType.INTEGER, ColumnType.UNSIGNED},
    ColumnType.TRUTH: {ColumnType.TRUTH},
    ColumnType.TRUTH_OR_MISSING: {ColumnType.MISSING, ColumnType.TRUTH, ColumnType.TRUTH_OR_MISSING},
    ColumnType.TEXT: set(ColumnType),
}
"""For each type that can be guessed: what a later block may look like without overturning the guess."""


class TypesChangedError(Exception):
    """A block shows that the types guessed from the first one are not those of the file."""


@dataclass(frozen=True, slots=True)
class FileTypes:
    """The type that each column has in the file as a whole.

    ``settled`` tells of a guessed column of doubles whether a value has been seen that is no integer;
    an integer that overflows matters no more then. ``guessed`` is false after a scan: nothing can overturn it.
    """

    columns: tuple[ColumnType, ...]
    settled: tuple[bool, ...]
    guessed: bool

    @classmethod
    def scanned(cls, columns: tuple[ColumnType, ...]) -> FileTypes:
        """Make types that are certain."""
        return cls(columns, (True,) * len(columns), guessed=False)

    def check_agreement(self, frame: pd.DataFrame, found: list[ColumnType]) -> None:
        """Compare guesses with another block.

        :raises TypesChangedError: if a guess does not hold, or no longer for certain.
        """
        if self.guessed:
            for place, (guess, other) in enumerate(zip(self.columns, found, strict=True)):
                if other not in AGREEING[guess] or self._is_in_doubt(place, guess, other, frame):
                    raise TypesChangedError(f"column {frame.columns[place]!r}")

    def _is_in_doubt(self, place: int, guess: ColumnType, other: ColumnType, frame: pd.DataFrame) -> bool:
        if guess is ColumnType.UNSIGNED:
            return other is ColumnType.INTEGER and bool((frame.iloc[:, place] < 0).any())
        if other is ColumnType.DOUBLE and not self.settled[place]:
            return overflows(frame.iloc[:, place])
        return False


def guess_types(file: CsvFile) -> FileTypes:
    """Guess the types of a file from its first block.

    :raises TypesChangedError: if a column of it could become anything.
    """
    block = next(file.blocks())
    first = read_records(file.header, block.records, first_line=block.start.line)
    columns = [first.iloc[:, place] for place in range(first.shape[1])]
    types = tuple(type_of(column) for column in columns)
    for column, found in zip(columns, types, strict=True):
        if found is ColumnType.LARGE_INTEGER or (found is ColumnType.TEXT and not is_plain_text(column)):
            raise TypesChangedError(f"column {column.name!r}")
    settled = tuple(
        found is not ColumnType.MISSING and (found is not ColumnType.DOUBLE or _has_other_than_integers(column))
        for column, found in zip(columns, types, strict=True)
    )
    return FileTypes(types, settled, guessed=True)


def _has_other_than_integers(column: pd.Series) -> bool:
    """Tell whether a column of doubles holds a word that is no integer; huge ones would have made it no doubles."""
    return overflows(column) or bool((column.dropna() % 1 != 0).any())


def overflows(column: pd.Series) -> bool:
    """Tell whether a column of doubles may hold an integer that does not fit into 64 signed bits."""
    return bool((column.abs() >= INT64_LIMIT).any())
