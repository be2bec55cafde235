"""The ``typeSchema`` of the metadata: what the model takes and gives, checked against real frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drum.errors import DrumError, MalformedInputError, MetadataError, ModelContractError
from drum.formats.frames import is_sparse
from drum.metadata import FILE_NAME, check_keys

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_KEYS = ("input_requirements", "output_requirements")
REQUIREMENT_KEYS = frozenset({"field", "condition", "value"})
FIELDS = ("data_types", "sparse", "number_of_columns", "contains_missing")
DATA_TYPES = frozenset({"NUM", "TXT", "CAT", "IMG", "DATE", "DATE_DURATION", "COUNT_DICT", "GEO"})
_TEXT_TYPES = DATA_TYPES - {"NUM", "DATE"}
"""Types that arrive as text: a frame cannot tell them apart, so any of them is believed."""

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "EQUALS": lambda have, want: have == want,
    "NOT_EQUALS": lambda have, want: have != want,
    "GREATER_THAN": lambda have, want: have > want,
    "NOT_GREATER_THAN": lambda have, want: have <= want,
    "GREATER_THAN_OR_EQUAL": lambda have, want: have >= want,
    "LESS_THAN": lambda have, want: have < want,
    "NOT_LESS_THAN": lambda have, want: have >= want,
    "LESS_THAN_OR_EQUAL": lambda have, want: have <= want,
}
CONDITIONS = frozenset({*_COMPARISONS, "IN", "NOT_IN"})
SET_CONDITIONS = frozenset({"EQUALS", "NOT_EQUALS", "IN", "NOT_IN"})
"""The conditions for fields whose values have no order."""
_ALLOWING = frozenset({"SUPPORTED", "DYNAMIC", "IDENTITY", "TRUE"})
_FORBIDDING = frozenset({"FORBIDDEN", "NEVER", "FALSE"})
_REQUIRING = frozenset({"REQUIRED", "ALWAYS"})


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line of a schema: ``field condition value``."""

    field: str
    condition: str
    values: tuple[Any, ...]

    def __str__(self) -> str:
        return f"{self.field} {self.condition} {', '.join(map(str, self.values))}"

    def broken_by(self, frame: pd.DataFrame) -> str | None:
        """Return what in ``frame`` breaks the requirement, or ``None``."""
        if self.field == "number_of_columns":
            return self._count(len(frame.columns))
        if self.field == "data_types":
            return self._data_types(frame)
        if self.field == "sparse":
            return self._presence(
                lambda: any(is_sparse(dtype) for dtype in frame.dtypes), "the data is sparse", "the data is dense"
            )
        return self._presence(
            lambda: any(column.isna().any() for _, column in frame.items()),
            "there are missing values",
            "there are no missing values",
        )

    def _count(self, have: int) -> str | None:
        if self.condition in _COMPARISONS:
            holds = all(_COMPARISONS[self.condition](have, want) for want in self.values)
        else:
            holds = (have in self.values) == (self.condition == "IN")
        return None if holds else f"there are {have} columns"

    def _data_types(self, frame: pd.DataFrame) -> str | None:
        wanted = {str(value).upper() for value in self.values}
        negated = self.condition.startswith("NOT_")
        for name, column in frame.items():
            possible = _possible_types(column)
            broken = possible <= wanted if negated else not possible & wanted
            if broken:
                return f"column '{name}' is {' or '.join(sorted(possible))}"
        return None

    def _presence(self, present: Callable[[], bool], yes: str, no: str) -> str | None:
        word = str(self.values[0]).upper()
        if self.condition.startswith("NOT_"):
            word = "SUPPORTED" if word in _REQUIRING else ("REQUIRED" if word in _FORBIDDING else "FORBIDDEN")
        if word in _FORBIDDING and present():
            return yes
        if word in _REQUIRING and not present():
            return no
        return None


def _possible_types(column: pd.Series[Any]) -> frozenset[str]:
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column):
        return frozenset({"DATE"})
    if pd.api.types.is_bool_dtype(column):
        return frozenset({"NUM", "CAT"})
    if pd.api.types.is_numeric_dtype(column):
        return frozenset({"NUM", "CAT"}) if column.isna().all() else frozenset({"NUM"})
    return frozenset(_TEXT_TYPES | {"DATE"})


@dataclass(frozen=True, slots=True)
class TypeSchema:
    """The parsed schema of a model; empty where the metadata say nothing."""

    inputs: tuple[Requirement, ...] = ()
    outputs: tuple[Requirement, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.inputs or self.outputs)

    def check_input(self, frame: pd.DataFrame) -> None:
        """Check a batch.

        :raises MalformedInputError: if it breaks a requirement.
        """
        _check(frame, self.inputs, "The input", MalformedInputError)

    def check_output(self, frame: pd.DataFrame) -> None:
        """Check transformed features.

        :raises ModelContractError: if they break a requirement.
        """
        _check(frame, self.outputs, "The transformed output", ModelContractError)


def _check(frame: pd.DataFrame, requirements: tuple[Requirement, ...], what: str, error: type[DrumError]) -> None:
    for requirement in requirements:
        broken = requirement.broken_by(frame)
        if broken:
            raise error(f"{what} breaks the typeSchema of {FILE_NAME}: it asks for {requirement}, but {broken}.")


def read_type_schema(metadata: Mapping[str, Any]) -> TypeSchema:
    """Return the schema that the metadata state.

    :raises MetadataError: if a field, a condition or a value is unknown.
    """
    schema = metadata.get("typeSchema") or {}
    where = f"{FILE_NAME}: typeSchema"
    check_keys(schema, frozenset(SCHEMA_KEYS), where)
    inputs, outputs = (_requirements(schema.get(key) or [], f"{where}.{key}") for key in SCHEMA_KEYS)
    return TypeSchema(inputs, outputs)


def _requirements(lines: Any, where: str) -> tuple[Requirement, ...]:
    if not isinstance(lines, list):
        raise MetadataError(f"{where} must be a list of requirements, not {type(lines).__name__}.")
    return tuple(_requirement(line, where) for line in lines)


def _requirement(line: Any, where: str) -> Requirement:
    check_keys(line, REQUIREMENT_KEYS, where)
    field, condition = line.get("field"), str(line.get("condition", "")).upper()
    if field not in FIELDS:
        raise MetadataError(f"{where}: field '{field}' is unknown; known are {', '.join(FIELDS)}.")
    known = CONDITIONS if field == "number_of_columns" else SET_CONDITIONS
    if condition not in known:
        raise MetadataError(f"{where}: {field} takes no condition '{condition}'; it takes {', '.join(sorted(known))}.")
    value = line.get("value")
    values = tuple(value) if isinstance(value, list) else (value,)
    _check_values(field, values, where)
    return Requirement(field, condition, values)


def _check_values(field: str, values: tuple[Any, ...], where: str) -> None:
    words = {str(value).upper() for value in values}
    if field == "number_of_columns":
        wrong = [value for value in values if not isinstance(value, int) or isinstance(value, bool)]
    elif field == "data_types":
        wrong = sorted(words - DATA_TYPES)
    else:
        wrong = sorted(words - (_ALLOWING | _FORBIDDING | _REQUIRING))
    if wrong or not values:
        raise MetadataError(f"{where}: {field} does not take the value {wrong[0] if wrong else 'nothing'!r}.")
