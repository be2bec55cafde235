"""Find the exact column types of a whole CSV without holding more than a block of it.

Most columns are decided by the types of their blocks. For the others a *witness* of every kind of word is kept, in
the order in which they come in the file: pandas remembers nothing of a column but which kinds of words it has met,
so what it makes of the witnesses is what it would make of the column.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from typing import TYPE_CHECKING

from drum.batch.column_types import ColumnType, is_ordinary, is_plain_text, type_of
from drum.batch.file_types import NUMBERS, TRUTHS, FileTypes
from drum.formats.csv_parsing import read_column, read_records

if TYPE_CHECKING:
    import pandas as pd

    from drum.batch.csv_blocks import CsvFile

Witnesses = dict[str, str]
"""A word of every kind that a column holds, by kind, in the order in which the kinds come."""

SIMPLE_INTEGER = re.compile(r"-?\d{1,18}", re.ASCII)
SIMPLE_DOUBLE = re.compile(r"-?\d{1,15}\.\d{1,15}", re.ASCII)


def scan_types(file: CsvFile) -> FileTypes:
    """Read a file once to learn its types, and once more for the columns that this leaves open."""
    columns, _ = collect_evidence(file)
    verdicts = [column.verdict() for column in columns]
    return decide(verdicts, find_witnesses(file, undecided(verdicts)))


def undecided(verdicts: Sequence[ColumnType | None]) -> list[int]:
    """Return the places of the columns whose words must be looked at."""
    return [place for place, verdict in enumerate(verdicts) if verdict is None]


def decide(verdicts: Sequence[ColumnType | None], witnesses: Mapping[int, Witnesses]) -> FileTypes:
    """Return the types that the blocks of columns leave no doubt of, and for the others those of their words."""
    return FileTypes(tuple(verdict or _type_of_words(witnesses[place]) for place, verdict in enumerate(verdicts)))


class ColumnEvidence:
    """What the blocks of one column say about its type; that of several files may be joined in their order."""

    def __init__(self) -> None:
        self._types: set[ColumnType] = set()
        self._begins_as_plain_text = False

    def add(self, column: pd.Series) -> None:
        """Take note of the next block."""
        found = type_of(column)
        if found is ColumnType.TEXT and not self._types:
            self._begins_as_plain_text = is_plain_text(column)
        self._types.add(found)

    def join(self, later: ColumnEvidence) -> None:
        """Take note of what the blocks behind these have said."""
        if not self._types:
            self._begins_as_plain_text = later._begins_as_plain_text
        self._types |= later._types

    def verdict(self) -> ColumnType | None:
        """Return the type, if the types of the blocks leave no doubt."""
        if self._begins_as_plain_text:
            return ColumnType.TEXT
        if len(self._types) == 1 and self._types <= NUMBERS | TRUTHS:
            return next(iter(self._types))
        if self._types <= NUMBERS:
            return ColumnType.DOUBLE
        return ColumnType.TRUTH_OR_MISSING if self._types <= TRUTHS else None


def collect_evidence(file: CsvFile) -> tuple[tuple[ColumnEvidence, ...], int]:
    """Read a file once to see what its blocks say about each column, and how many rows there are."""
    columns = tuple(ColumnEvidence() for _ in file.header.names)
    rows = 0
    for block in file.blocks():
        frame = read_records(file.header, block.records, first_line=block.start.line)
        for place, evidence in enumerate(columns):
            evidence.add(frame.iloc[:, place])
        rows += len(frame)
    return columns, rows


def find_witnesses(file: CsvFile, places: Sequence[int]) -> dict[int, Witnesses]:
    """Keep the first word of every kind in some columns, in the order of the file."""
    witnesses: dict[int, Witnesses] = {place: {} for place in places}
    for block in file.blocks() if places else ():
        for place, words in witnesses.items():
            for word in read_column(file.header, block.records, place, "str", missing=False).unique():
                words.setdefault(_kind(word), word)
    return witnesses


def joined_witnesses(parts: Iterable[Mapping[int, Witnesses]]) -> dict[int, Witnesses]:
    """Join what was kept of several files, in their order."""
    joined: dict[int, Witnesses] = {}
    for part in parts:
        for place, words in part.items():
            kept = joined.setdefault(place, {})
            for kind, word in words.items():
                kept.setdefault(kind, word)
    return joined


def _kind(word: str) -> str:
    """Name the kind of a word: words of one kind are the same to every attempt of pandas at reading them.

    The sign matters, even of text: the attempt at unsigned integers takes whatever begins with a minus for one.
    """
    sign = "-" if word.lstrip().startswith("-") else ""
    if SIMPLE_INTEGER.fullmatch(word):
        return f"{sign}integer"
    if SIMPLE_DOUBLE.fullmatch(word):
        return f"{sign}double"
    return f"{sign}text" if is_ordinary(word) else f"word {word}"


def _type_of_words(words: Witnesses) -> ColumnType:
    """Ask pandas what it makes of a column of these words."""
    import pandas as pd

    lines = StringIO()
    csv.writer(lines, quoting=csv.QUOTE_ALL).writerows([["words"], *([word] for word in words.values())])
    inferred = pd.read_csv(StringIO(lines.getvalue()), low_memory=False)["words"]
    found = type_of(inferred)
    if found is ColumnType.TEXT and not inferred.isna().any():
        as_text = pd.read_csv(StringIO(lines.getvalue()), dtype="str")["words"]
        return ColumnType.VERBATIM if as_text.isna().any() else found
    return found
