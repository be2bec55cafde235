"""The recorded input schema: its file, and how it is recorded from a sample.

Without one, types are what pandas infers from each payload, so that a code such as ``250.01`` is a number in one
request and a text, beside ``V57``, in another. With one, the declared types win; see :mod:`drum.conforming`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.errors import MetadataError
from drum.metadata import check_keys
from drum.types import Column, ColumnKind, InputSchema

if TYPE_CHECKING:
    import pandas as pd

FILE_NAME = "input-schema.yaml"
COLUMN_KEYS = frozenset({"name", "type", "missing", "minimum", "maximum", "categories", "seen"})
NUMERIC = (ColumnKind.INTEGER, ColumnKind.NUMBER)
MOST_CATEGORIES = 25
"""Different texts beyond which a column is taken for free text."""


# ------------------------------------------------------------------------------------- the file


def read_input_schema(code_dir: Path, metadata: Mapping[str, Any]) -> InputSchema | None:
    """Return the schema in the file that the metadata name as ``inputSchema``, else in ``input-schema.yaml``, if any.

    :raises MetadataError: if the file is missing or no schema.
    """
    named = metadata.get("inputSchema")
    path = code_dir / str(named or FILE_NAME)
    if named is None and not path.exists():
        return None
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise MetadataError(f"The input schema '{path}' cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise MetadataError(f"{path.name} is not valid YAML: {' '.join(str(error).split())}") from error
    check_keys(content, frozenset({"columns"}), path.name)
    columns = content.get("columns")
    if not isinstance(columns, list) or not columns:
        raise MetadataError(f"{path.name}: columns must be a list of columns, each with a name and a type.")
    schema = InputSchema(columns=tuple(_column(entry, path.name) for entry in columns), source=path.name)
    twice = next((name for name in schema.names if schema.names.count(name) > 1), None)
    if twice is not None:
        raise MetadataError(f"{path.name} has the column '{twice}' twice.")
    return schema


def _column(entry: Any, file: str) -> Column:
    check_keys(entry, COLUMN_KEYS, f"{file}: a column")
    name = entry.get("name")
    where = f"{file}: column '{name}'"
    if not isinstance(name, str):
        raise MetadataError(f"{where} must have a name that is text; put it in quotes.")
    try:
        kind = ColumnKind(entry.get("type"))
    except ValueError:
        known = ", ".join(member.value for member in ColumnKind)
        raise MetadataError(f"{where} is of type '{entry.get('type')}'; it must be one of {known}.") from None
    return Column(
        name=name,
        kind=kind,
        missing=_of_type(entry.get("missing", True), bool, f"{where}: missing"),
        minimum=_limit(entry, "minimum", where),
        maximum=_limit(entry, "maximum", where),
        categories=tuple(map(str, _of_type(entry.get("categories") or [], list, f"{where}: categories"))),
        seen=_of_type(entry.get("seen") or {}, dict, f"{where}: seen"),
    )


def _of_type(value: Any, wanted: type, where: str) -> Any:
    if not isinstance(value, wanted):
        raise MetadataError(f"{where} is {value!r}; it must be a {wanted.__name__}.")
    return value


def _limit(entry: Mapping[str, Any], key: str, where: str) -> float | None:
    value = entry.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise MetadataError(f"{where}: {key} is {value!r}; it must be a number.")
    return value


def schema_text(schema: InputSchema, origin: str) -> str:
    """Return the text of a schema file.

    :param origin: what it was recorded from, for the comment at its head.
    """
    import yaml

    head = (
        f"# Recorded from {origin} by 'drum schema'. Payloads are held to type and missing, and to minimum, maximum\n"
        "# and categories where a column has them. What stands under 'seen' is no rule; move it up to make it one.\n"
    )
    columns = [_entry(column) for column in schema.columns]
    return head + yaml.safe_dump({"columns": columns}, sort_keys=False, allow_unicode=True)


def _entry(column: Column) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": column.name, "type": column.kind.value, "missing": column.missing}
    rules = {"minimum": column.minimum, "maximum": column.maximum, "categories": list(column.categories) or None}
    entry |= {key: value for key, value in rules.items() if value is not None}
    return entry | ({"seen": dict(column.seen)} if column.seen else {})


# ------------------------------------------------------------------------------------- recording


def record(frame: pd.DataFrame, *, allow_missing: bool = False) -> InputSchema:
    """Return the schema that a sample shows.

    :param allow_missing: let values be missing in every column, not only where the sample lacks some.
    """
    columns = tuple(_recorded(str(name), column, allow_missing) for name, column in frame.items())
    return InputSchema(columns=columns, source=FILE_NAME)


def _recorded(name: str, column: pd.Series[Any], allow_missing: bool) -> Column:
    kind = _kind_of(column)
    known = column.dropna()
    seen: dict[str, Any] = {}
    if kind in NUMERIC and len(known):
        seen = {"minimum": known.min().item(), "maximum": known.max().item()}
    elif kind is ColumnKind.TEXT and 0 < known.nunique() <= MOST_CATEGORIES:
        seen = {"categories": sorted(map(str, known.unique()))}
    return Column(name=name, kind=kind, missing=allow_missing or len(known) < len(column), seen=seen)


def _kind_of(column: pd.Series[Any]) -> ColumnKind:
    import pandas as pd

    known = column.dropna()
    if pd.api.types.is_bool_dtype(column.dtype) or (len(known) and all(isinstance(value, bool) for value in known)):
        return ColumnKind.BOOLEAN
    if pd.api.types.is_integer_dtype(column.dtype):
        return ColumnKind.INTEGER
    if pd.api.types.is_float_dtype(column.dtype):
        return ColumnKind.NUMBER
    is_text = all(isinstance(value, str) for value in known)
    return ColumnKind.TEXT if is_text and not isinstance(column.dtype, pd.CategoricalDtype) else ColumnKind.ANY


# ------------------------------------------------------------------------------------- for others to read

JSON_TYPES = {
    ColumnKind.INTEGER: "integer",
    ColumnKind.NUMBER: "number",
    ColumnKind.BOOLEAN: "boolean",
    ColumnKind.TEXT: "string",
}


def json_schema(schema: InputSchema) -> dict[str, Any]:
    """Return what a row looks like, in the words of JSON Schema (draft 2020-12)."""
    return {
        "type": "object",
        "properties": {column.name: _property(column) for column in schema.columns},
        "required": list(schema.names),
    }


def _property(column: Column) -> dict[str, Any]:
    known = JSON_TYPES.get(column.kind)
    found: dict[str, Any] = {} if known is None else {"type": [known, "null"] if column.missing else known}
    rules = {"minimum": column.minimum, "maximum": column.maximum}
    found |= {key: value for key, value in rules.items() if value is not None}
    if column.categories:
        found["enum"] = [*column.categories, *([None] if column.missing else [])]
    if column.seen:
        found["description"] = "Seen: " + "; ".join(f"{key} {_listed(value)}" for key, value in column.seen.items())
        found["examples"] = _examples(column.seen)
    return found


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _examples(seen: Mapping[str, Any]) -> list[Any]:
    return list(seen["categories"]) if "categories" in seen else list(seen.values())
