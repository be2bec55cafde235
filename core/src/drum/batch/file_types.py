"""The column types of a whole file: guessed from its first block, or known from a scan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drum.batch.column_types import ColumnType, is_plain_text, type_of
from drum.formats.csv_parsing import read_records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drum.batch.csv_blocks import CsvFile
    from drum.types import InputSchema

NUMBERS = frozenset({ColumnType.MISSING, ColumnType.INTEGER, ColumnType.DOUBLE})
TRUTHS = frozenset({ColumnType.MISSING, ColumnType.TRUTH, ColumnType.TRUTH_OR_MISSING})
AGREEING = {
    ColumnType.MISSING: NUMBERS,
    ColumnType.INTEGER: {ColumnType.INTEGER},
    ColumnType.UNSIGNED: {ColumnType.UNSIGNED},
    ColumnType.DOUBLE: NUMBERS,
    ColumnType.TRUTH: {ColumnType.TRUTH},
    ColumnType.TRUTH_OR_MISSING: TRUTHS,
    ColumnType.TEXT: set(ColumnType),
}
"""For each type that can be guessed: what another block may look like without overturning the guess.

An integer that overflows overturns nothing in a block that comes out as doubles all the same: the block holds a
word that is no integer as well, which ends the attempts at integers in the file as it does in the block.
"""


class TypesChangedError(Exception):
    """A block shows that the types guessed from the first one are not those of the file."""


@dataclass(frozen=True, slots=True)
class FileTypes:
    """The type that each column has in the file as a whole; types that are only guessed may be overturned.

    ``None`` leaves a column as each block looks: somebody else gives it the type that was declared.
    """

    columns: tuple[ColumnType | None, ...]
    guessed: bool = False

    def check_agreement(self, found: Sequence[ColumnType]) -> None:
        """Compare guesses with what another block looks like.

        :raises TypesChangedError: if a guess does not hold.
        """
        if self.guessed:
            for place, (guess, other) in enumerate(zip(self.columns, found, strict=True)):
                if guess is not None and other not in AGREEING[guess]:
                    raise TypesChangedError(f"column {place}: not {guess.name}, but {other.name}")


def declared_types(file: CsvFile, schema: InputSchema) -> FileTypes:
    """Return the types of a file whose columns were recorded: only text must be read as such from the beginning."""
    return FileTypes(tuple(ColumnType.TEXT if name in schema.texts else None for name in file.header.names))


def guess_types(file: CsvFile) -> FileTypes:
    """Guess the types of a file from its first block.

    :raises TypesChangedError: if a column could still become anything.
    """
    block = next(file.blocks())
    frame = read_records(file.header, block.records, first_line=block.start.line)
    guesses = []
    for place in range(frame.shape[1]):
        column = frame.iloc[:, place]
        guess = type_of(column)
        if guess is ColumnType.LARGE_INTEGER or (guess is ColumnType.TEXT and not is_plain_text(column)):
            raise TypesChangedError(f"column {place}: {guess.name} so far")
        guesses.append(guess)
    return FileTypes(tuple(guesses), guessed=True)
