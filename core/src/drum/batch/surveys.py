"""What a part of an input tells about the types of the whole, for each format that may come in parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from drum import media_types
from drum.batch.columnar import columnar_portions
from drum.batch.columnar_types import ColumnarTypes, joined_types
from drum.batch.csv_blocks import CsvFile, NoRowsError
from drum.batch.file_types import FileTypes, declared_types
from drum.batch.json_records import RecordTypes, read_among_all
from drum.batch.portions import Portions, csv_portions, frame_portions, one_portion
from drum.batch.source import Source
from drum.batch.type_scan import ColumnEvidence, Witnesses, decide, joined_witnesses, undecided
from drum.types import InputSchema

if TYPE_CHECKING:
    from typing import Self


class WholeTypes(Protocol):
    """The types that the columns of an input have as a whole."""

    def portions(self, source: Source, batch_rows: int | None) -> Portions:
        """Read a part of the input with these types, in portions of ``batch_rows``; 0 is for all at once.

        :raises MalformedInputError: if it cannot be read.
        :raises NoRowsError: if it has no rows.
        """

    def describe(self) -> str:
        """Return a text that is the same wherever and whenever the types are the same."""


class Survey(Protocol):
    """What a part of the input tells about the types of the whole."""

    @property
    def rows(self) -> int:
        """The number of rows."""

    @property
    def columns(self) -> Mapping[str, str]:
        """The columns that every part must have, in order, with their types; an empty text fits all."""

    @property
    def fixes_columns(self) -> bool:
        """Whether every part must have the same columns: not where each row says which it has."""

    @classmethod
    def open_places(cls, parts: Sequence[Self]) -> Sequence[int]:
        """Return the places of columns whose words decide."""

    @classmethod
    def joined(cls, parts: Sequence[Self], words: Sequence[Mapping[int, Witnesses]]) -> WholeTypes:
        """Return the types of the whole; ``words`` were found in the parts, for the open places."""


# ------------------------------------------------------------------------------------- CSV


@dataclass(frozen=True, slots=True)
class CsvSurvey:
    """The column names of a CSV, and what its blocks say about each column."""

    names: tuple[str, ...]
    evidence: tuple[ColumnEvidence, ...]
    rows: int
    fixes_columns = True

    @property
    def columns(self) -> Mapping[str, str]:
        """The names: words have no type."""
        return dict.fromkeys(self.names, "")

    @classmethod
    def open_places(cls, parts: Sequence[Self]) -> Sequence[int]:
        """Return the places of columns of which the blocks leave some doubt."""
        return undecided([column.verdict() for column in cls._evidence_of(parts)])

    @classmethod
    def joined(cls, parts: Sequence[Self], words: Sequence[Mapping[int, Witnesses]]) -> WholeTypes:
        """Let the blocks decide, and where they do not, the words."""
        verdicts = [column.verdict() for column in cls._evidence_of(parts)]
        return _CsvTypes(decide(verdicts, joined_witnesses(words)))

    @classmethod
    def _evidence_of(cls, parts: Sequence[Self]) -> list[ColumnEvidence]:
        columns = [ColumnEvidence() for _ in parts[0].names]
        for part in parts:
            for column, found in zip(columns, part.evidence, strict=True):
                column.join(found)
        return columns


@dataclass(frozen=True, slots=True)
class _CsvTypes:
    types: FileTypes

    def portions(self, source: Source, batch_rows: int | None) -> Portions:
        return csv_portions(csv_file(source, batch_rows), self.types)

    def describe(self) -> str:
        return " ".join(kind.name if kind else "?" for kind in self.types.columns)


def csv_file(source: Source, batch_rows: int | None = None) -> CsvFile:
    """Open a CSV to be read in blocks of ``batch_rows``; 0 is for all at once.

    :raises NoRowsError: if it has no rows.
    """
    if not source.size:
        raise NoRowsError("The CSV input is empty.")
    if batch_rows == 0:
        return CsvFile(source.file, block_bytes=source.size)
    return CsvFile(source.file, block_rows=batch_rows)


# ------------------------------------------------------------------------------------- Parquet


@dataclass(frozen=True, slots=True)
class ColumnarSurvey:
    """What a file of columns says about them."""

    types: ColumnarTypes
    rows: int
    fixes_columns = True

    @property
    def columns(self) -> Mapping[str, str]:
        """The names and Arrow's types."""
        return {field.name: "" if str(field.type) == "null" else str(field.type) for field in self.types.schema}

    @classmethod
    def open_places(cls, parts: Sequence[Self]) -> Sequence[int]:
        """Return none: columns have types."""
        return ()

    @classmethod
    def joined(cls, parts: Sequence[Self], words: Sequence[Mapping[int, Witnesses]]) -> WholeTypes:
        """Join what the files say."""
        return _ColumnarTypes(joined_types([part.types for part in parts]))


@dataclass(frozen=True, slots=True)
class _ColumnarTypes:
    types: ColumnarTypes | None

    def portions(self, source: Source, batch_rows: int | None) -> Portions:
        return columnar_portions(source.file, source.media_type, batch_rows, self.types)

    def describe(self) -> str:
        return self.types.describe() if self.types else ""


# ------------------------------------------------------------------------------------- JSON lines


@dataclass(frozen=True, slots=True)
class JsonSurvey:
    """The kinds of values in each column of JSON lines."""

    types: RecordTypes
    fixes_columns = False

    @property
    def rows(self) -> int:
        """The number of records."""
        return self.types.rows

    @property
    def columns(self) -> Mapping[str, str]:
        """The names: a column may be of any type in any row."""
        return dict.fromkeys(self.types.columns, "")

    @classmethod
    def open_places(cls, parts: Sequence[Self]) -> Sequence[int]:
        """Return none: kinds of values decide."""
        return ()

    @classmethod
    def joined(cls, parts: Sequence[Self], words: Sequence[Mapping[int, Witnesses]]) -> WholeTypes:
        """Join the kinds of values."""
        whole = RecordTypes()
        for part in parts:
            whole.join(part.types)
        return _JsonTypes(whole)


@dataclass(frozen=True, slots=True)
class _JsonTypes:
    types: RecordTypes

    def portions(self, source: Source, batch_rows: int | None) -> Portions:
        source.file.seek(0)
        frame = read_among_all(source.file.read(), self.types)
        return one_portion(frame) if batch_rows == 0 else frame_portions(frame, batch_rows)

    def describe(self) -> str:
        return self.types.describe()


# ------------------------------------------------------------------------------------- declared


@dataclass(frozen=True, slots=True)
class DeclaredTypes:
    """The types of an input whose columns were recorded: a part tells as much as the whole."""

    schema: InputSchema

    def portions(self, source: Source, batch_rows: int | None) -> Portions:
        """Read text as text from the beginning; the rest is converted later, where the schema is applied."""
        if source.media_type != media_types.CSV:
            return _ColumnarTypes(None).portions(source, batch_rows)
        file = csv_file(source, batch_rows)
        return csv_portions(file, declared_types(file, self.schema))

    def describe(self) -> str:
        """Return nothing: the schema is a part of the model."""
        return ""
