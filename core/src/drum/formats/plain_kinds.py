"""What the fields of a plain CSV are: inferred as pandas does where that is certain, or declared by a schema."""

from __future__ import annotations

import re
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
_LAYOUTS = {
    ColumnKind.NUMBER: (_NUMBER, REAL),
    ColumnKind.INTEGER: (r"(?!-0+(?:,|$))-?[0-9]{1,17}", WHOLE),
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


def inferred_kinds(lines: list[str], fields: list[str], width: int) -> str | None:
    """Return the kinds that pandas infers, a letter a column; ``None`` where only pandas knows.

    :param lines: the rows with a comma between two fields and nowhere else.
    """
    if len(lines) > 1:
        columns = [_kind_of_column(set(map(_kind, fields[place::width]))) for place in range(width)]
    elif not _NUMBERS.fullmatch(lines[0]):
        columns = list(map(_kind, fields))
    elif lines[0].count(".") == width:  # a number has one at the most
        return REAL * width
    else:
        columns = [REAL if "." in field else _kind_of_number(field) if field else REAL for field in fields]
    return None if None in columns else "".join(map(str, columns)).replace(_EMPTY, REAL)


def _kind(field: str) -> str | None:
    """Return what a field is, or ``None`` where only pandas knows."""
    if not field:
        return _EMPTY
    if _ONE_NUMBER.fullmatch(field):
        return _kind_of_number(field)
    return TEXT if _is_plain_text(field) else None


@lru_cache(maxsize=4096)
def _is_plain_text(field: str) -> bool:
    """Tell whether everybody takes a field for text; the same few categories come again and again."""
    return bool(_PLAIN_TEXT.match(field)) and field.strip().lower() not in _WORDS


def _kind_of_number(field: str) -> str:
    return WHOLE if field.isdecimal() or field.lstrip("-").isdecimal() else REAL


def _kind_of_column(found: set[str | None]) -> str | None:
    """Return what pandas makes of a column with fields of these kinds."""
    if None in found:
        return None
    if TEXT in found:
        return TEXT
    return found.pop() or None if len(found) == 1 else REAL


# ------------------------------------------------------------------------------------- declared


@dataclass(frozen=True, slots=True)
class _Layout:
    """What lines of a declared schema look like: ``texts`` are the places of the columns of text."""

    line: re.Pattern[str]
    kinds: str
    texts: tuple[int, ...]


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
    known = [(column, _LAYOUTS.get(column.kind)) for column in schema.columns]
    if any(found is None or _has_rules(column) for column, found in known):
        return None
    patterns, kinds = [], []
    for column, found in known:
        pattern, kind = found or ("", "")
        patterns.append(f"(?:{pattern})?" if column.missing else f"(?:{pattern})")
        kinds.append(REAL if kind == WHOLE and column.missing else kind)
    texts = tuple(place for place, kind in enumerate(kinds) if kind == TEXT)
    return _Layout(re.compile(",".join(patterns)), "".join(kinds), texts)


def _has_rules(column: Column) -> bool:
    return column.minimum is not None or column.maximum is not None or bool(column.categories)
