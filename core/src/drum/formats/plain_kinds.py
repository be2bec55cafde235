"""What the fields of a plain CSV are: inferred as pandas does where that is certain, or declared by a schema."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from drum.types import Column, ColumnKind, InputSchema

WHOLE, REAL, TEXT = "i", "f", "s"
"""What a column holds: whole numbers, numbers or nothing, text."""
_EMPTY = "e"
"""What a field without anything is, until it is known what else its column holds."""

_NUMBER = r"(?!-0+(?:,|$))-?[0-9]{1,17}+(?:\.[0-9]{0,20}+)?+(?:[eE][-+]?[0-9]{1,2})?+"
_NUMBERS = re.compile(rf"(?:{_NUMBER})?+(?:,(?:{_NUMBER})?+)*+")
_ONE_NUMBER = re.compile(_NUMBER)
_WHOLE_NUMBER = r"(?!-0+(?:,|$))-?[0-9]{1,17}"
_REAL_NUMBER = r"-?[0-9]{1,17}+(?:\.[0-9]{0,20}+(?:[eE][-+]?[0-9]{1,2})?+|[eE][-+]?[0-9]{1,2})"
_DECLARED = {
    ColumnKind.NUMBER: (_NUMBER, REAL),
    ColumnKind.INTEGER: (_WHOLE_NUMBER, WHOLE),
    ColumnKind.TEXT: ("[^,]+", TEXT),
}
MISSING_WORDS = frozenset({
    "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL",
    "NaN", "None", "n/a", "nan", "null",
})  # fmt: skip
"""What pandas reads as missing, besides nothing."""
_PLAIN_TEXT = re.compile(r"[^\s0-9.+\-]|[0-9]+[^0-9.eE\s]")
"""How a text begins that nobody takes for a number; words for truth, infinity and missing values are ``_WORDS``."""
_WORDS = frozenset({
    "true", "false", "inf", "infinity", "nan", "na", "n/a", "null", "none", "#n/a", "#n/a n/a", "#na", "<na>",
})  # fmt: skip

LONGEST_CATEGORY = 64
"""Letters of the longest text that is remembered."""


def inferred_kinds(lines: list[str], fields: list[str], width: int) -> str | None:
    """Return the kinds that pandas infers, a letter a column; ``None`` where only pandas knows.

    :param lines: the rows with a comma between two fields and nowhere else.
    """
    if len(lines) > 1:
        columns = [_kind_of_column(set(map(_kind, fields[place::width]))) for place in range(width)]
        return _joined(columns)
    familiar = _FAMILIAR.get(width)
    if familiar is not None and familiar.fits(lines[0], fields):
        return familiar.kinds
    kinds = _kinds_of_row(lines[0], fields)
    if kinds is not None and width <= MOST_FAMILIAR_FIELDS:
        _become_familiar(kinds)
    return kinds


def _kinds_of_row(line: str, fields: list[str]) -> str | None:
    if not _NUMBERS.fullmatch(line):
        return _joined(map(_kind, fields))
    if line.count(".") == len(fields):  # a number has one at the most
        return REAL * len(fields)
    return _joined(REAL if "." in field or not field else _kind_of_number(field) for field in fields)


def _joined(kinds: Iterable[str | None]) -> str | None:
    found = list(kinds)
    return None if None in found else "".join(map(str, found)).replace(_EMPTY, REAL)


def _kind(field: str) -> str | None:
    """Return what a field is, or ``None`` where only pandas knows."""
    if not field:
        return _EMPTY
    if _ONE_NUMBER.fullmatch(field):
        return _kind_of_number(field)
    return TEXT if _is_plain_text(field) else None


def _is_plain_text(field: str) -> bool:
    """Tell whether everybody takes a field for text; the same few categories come again and again."""
    return _is_plain_category(field) if len(field) <= LONGEST_CATEGORY else _is_no_number_nor_word(field)


def _is_no_number_nor_word(field: str) -> bool:
    return bool(_PLAIN_TEXT.match(field)) and field.strip().lower() not in _WORDS


_is_plain_category = lru_cache(maxsize=4096)(_is_no_number_nor_word)


def _kind_of_number(field: str) -> str:
    return WHOLE if field.isdecimal() or field.lstrip("-").isdecimal() else REAL


def _kind_of_column(found: set[str | None]) -> str | None:
    """Return what pandas makes of a column with fields of these kinds."""
    if None in found:
        return None
    if TEXT in found:
        return TEXT
    return found.pop() or None if len(found) == 1 else REAL


# ------------------------------------------------------------------------------------- layouts


@dataclass(frozen=True, slots=True)
class _Layout:
    """What lines with columns of these kinds look like: ``texts`` are the places of the columns of text."""

    line: re.Pattern[str]
    kinds: str
    texts: tuple[int, ...]

    @classmethod
    def of(cls, patterns: Iterable[str], kinds: str) -> _Layout:
        """Return a layout by the pattern and the kind of each column."""
        texts = tuple(place for place, kind in enumerate(kinds) if kind == TEXT)
        return cls(re.compile(",".join(patterns)), kinds, texts)

    def fits(self, line: str, fields: list[str]) -> bool:
        """Tell whether the fields of a row are of these kinds, as they are inferred."""
        return bool(self.line.fullmatch(line)) and all(_is_plain_text(fields[place]) for place in self.texts)


_INFERRED = {WHOLE: _WHOLE_NUMBER, REAL: f"(?:{_REAL_NUMBER})?", TEXT: "[^,]+"}
_FAMILIAR: dict[int, _Layout] = {}
"""For each number of columns a layout that has been seen: to see it again takes a third of looking at each field."""
_LATEST: dict[int, str] = {}
"""For each number of columns the kinds of the latest row that was looked at field by field."""
MOST_FAMILIAR_FIELDS = 64
"""Columns beyond which a pattern takes too long to be compiled: milliseconds."""
_compilations_left = itertools.repeat(None, 16)
"""There are no more of them, for rows that look different again and again."""


def _become_familiar(kinds: str) -> None:
    """Keep the layout of rows that look the same twice, one after the other."""
    width = len(kinds)
    if _LATEST.get(width) == kinds and next(_compilations_left, 1) is None:
        _FAMILIAR[width] = _Layout.of([_INFERRED[kind] for kind in kinds], kinds)
    _LATEST[width] = kinds


# ------------------------------------------------------------------------------------- declared


def declared_kinds(lines: list[str], fields: list[str], names: tuple[str, ...], schema: InputSchema) -> str | None:
    """Return the kinds that are declared, or ``None`` where the rows may break the schema."""
    layout = _layout(schema) if names == schema.names else None
    if layout is None or not all(map(layout.line.fullmatch, lines)):
        return None
    width = len(names)
    proper = all(MISSING_WORDS.isdisjoint(fields[place::width]) for place in layout.texts)
    return layout.kinds if proper else None


@lru_cache(maxsize=4)
def _layout(schema: InputSchema) -> _Layout | None:
    """Return what its lines look like, or ``None`` if there is more to check than that."""
    known = [(column, _DECLARED.get(column.kind)) for column in schema.columns]
    if any(found is None or _has_rules(column) for column, found in known):
        return None
    patterns, kinds = [], []
    for column, found in known:
        pattern, kind = found or ("", "")
        patterns.append(f"(?:{pattern})?" if column.missing else f"(?:{pattern})")
        kinds.append(REAL if kind == WHOLE and column.missing else kind)
    return _Layout.of(patterns, "".join(kinds))


def _has_rules(column: Column) -> bool:
    return column.minimum is not None or column.maximum is not None or bool(column.categories)
