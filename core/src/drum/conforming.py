"""Hold payloads to the recorded input schema: declared types win, and what breaks them is said by column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from drum.errors import MalformedInputError
from drum.formats.frames import is_sparse
from drum.types import Column, ColumnKind, InputSchema

if TYPE_CHECKING:
    import pandas as pd

NOUNS = {
    ColumnKind.INTEGER: "whole numbers",
    ColumnKind.NUMBER: "numbers",
    ColumnKind.BOOLEAN: "true or false",
    ColumnKind.TEXT: "text",
}


def conform(frame: pd.DataFrame, schema: InputSchema, *, first_row: int = 0) -> pd.DataFrame:
    """Return the columns of the schema, in its order and with its types; others are left out.

    :param first_row: number of the frame's first row in the whole input, from 0, for messages.
    :raises MalformedInputError: naming the column, and the row, that breaks the schema.
    """
    names = list(schema.names)
    if frame.columns.tolist() != names:
        lacking = [name for name in names if name not in frame.columns]
        if lacking:
            raise MalformedInputError(f"The input lacks the column '{lacking[0]}', which {schema.source} declares.")
        frame = frame[names]
    changed = {}
    for column in schema.columns:
        given = frame[column.name]
        typed = _Checked(column, given, schema.source, first_row).values()
        if typed is not given:
            changed[column.name] = typed
    return frame.assign(**changed) if changed else frame


class _Checked:
    """One column of a frame, held to what is declared of it."""

    def __init__(self, column: Column, given: pd.Series[Any], source: str, first_row: int) -> None:
        self._column = column
        self._given = given
        self._source = source
        self._first_row = first_row

    def values(self) -> pd.Series[Any]:
        """Return the values in their declared type."""
        missing = self._given.isna()
        if not self._column.missing and missing.any():
            self._refuse(missing, "has no missing values")
        if self._column.kind is ColumnKind.ANY or is_sparse(self._given.dtype):
            return self._given
        if self._given.dtype == object:
            self._refuse_any(self._given.map(_is_nested))
        typed = self._typed(missing)
        self._check_rules(typed)
        return typed

    def _typed(self, missing: pd.Series[bool]) -> pd.Series[Any]:
        match self._column.kind:
            case ColumnKind.TEXT:
                return self._texts(missing)
            case ColumnKind.BOOLEAN:
                return self._truths(missing)
            case _:
                return self._numbers(missing)

    def _numbers(self, missing: pd.Series[bool]) -> pd.Series[Any]:
        import pandas as pd

        given = self._given
        if pd.api.types.is_bool_dtype(given.dtype):
            self._refuse(~missing, f"holds {NOUNS[self._column.kind]}")
        numbers: pd.Series[Any] = given
        if given.dtype.kind not in "iuf":
            numbers = pd.to_numeric(given, errors="coerce")
            self._refuse_any(numbers.isna() & ~missing)
        if self._column.kind is ColumnKind.INTEGER and numbers.dtype.kind == "f":
            self._refuse_any((numbers % 1 != 0) & ~missing)
        whole = self._column.kind is ColumnKind.INTEGER and not self._column.missing
        typed: pd.Series[Any] = _cast(numbers, "int64" if whole else "float64")
        return typed

    def _texts(self, missing: pd.Series[bool]) -> pd.Series[Any]:
        if self._given.dtype == "str":
            return self._given
        return self._given.astype(object).map(str).where(~missing, None).astype("str")

    def _truths(self, missing: pd.Series[bool]) -> pd.Series[Any]:
        self._refuse_any(~self._given.isin([True, False]) & ~missing)
        typed: pd.Series[Any] = _cast(self._given, "object" if self._column.missing else "bool")
        return typed

    def _check_rules(self, values: pd.Series[Any]) -> None:
        column = self._column
        if column.minimum is not None:
            self._refuse_any(values < column.minimum, f"is at least {column.minimum:g}")
        if column.maximum is not None:
            self._refuse_any(values > column.maximum, f"is at most {column.maximum:g}")
        if column.categories:
            self._refuse_any(
                ~values.isin(column.categories) & values.notna(), f"is one of {', '.join(column.categories)}"
            )

    def _refuse_any(self, wrong: pd.Series[bool], rule: str = "") -> None:
        if wrong.any():
            self._refuse(wrong, rule or f"holds {NOUNS[self._column.kind]}")

    def _refuse(self, wrong: pd.Series[bool], rule: str) -> NoReturn:
        place = int(wrong.to_numpy().argmax())
        raise MalformedInputError(
            f"Column '{self._column.name}' {rule}, says {self._source}; row {self._first_row + place} (the first row "
            f"is 0) is {_shown(self._given.iloc[place])}."
        )


def _cast(values: Any, dtype: str) -> Any:
    return values if values.dtype == dtype else values.astype(dtype)


def _is_nested(value: Any) -> bool:
    """Tell whether a value holds others, as JSON's lists and Arrow's arrays do."""
    return hasattr(value, "__len__") and not isinstance(value, str | bytes)


def _shown(value: Any) -> str:
    import pandas as pd

    if not _is_nested(value):
        value = value.item() if hasattr(value, "item") else value
        text = "missing" if pd.isna(value) else repr(value)
    else:
        text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
