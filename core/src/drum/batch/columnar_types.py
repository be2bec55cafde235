"""What decides the types that pandas gives to the columns of Parquet and Arrow files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from drum.formats.frames import checked

if TYPE_CHECKING:
    import pandas as pd

    from drum.batch.columnar_files import ColumnarFile


@dataclass(frozen=True)
class ColumnarTypes:
    """What a file, or several that make up one input, say about their columns.

    ``schema`` is PyArrow's. ``with_missing`` names the columns of integers and of truth values in which a value is
    missing; ``categories`` holds the categories of the columns that have such, in order.
    """

    schema: Any
    with_missing: frozenset[str]
    categories: Mapping[str, tuple[Any, ...]]

    @cached_property
    def _dtypes(self) -> Mapping[int, Any]:
        """What pandas makes of the columns that it reads otherwise where a value is missing, by place.

        A column of integers with one missing value is doubles, one of truth values is objects, in every portion.
        """
        dtypes = _one_row_missing(self.schema).dtypes
        return {place: dtypes.iloc[place] for place, name in enumerate(dtypes.index) if str(name) in self.with_missing}

    def describe(self) -> str:
        """Return a text that is the same wherever and whenever the types are the same."""
        columns = [f"{field.name}: {field.type}" for field in self.schema]
        return repr((columns, sorted(self.with_missing), sorted(self.categories.items())))

    def frame(self, table: Any) -> pd.DataFrame:
        """Return some rows as pandas would read them among all others.

        :param table: an Arrow table of these columns; those that are missing altogether may be of no type.
        """
        frame = checked(self._typed(table).to_pandas())
        for place, dtype in self._dtypes.items():
            if frame.dtypes.iloc[place] != dtype:
                frame.isetitem(place, frame.iloc[:, place].astype(dtype).array)
        for name, values in self.categories.items():
            if list(frame[name].cat.categories) != list(values):
                frame[name] = frame[name].cat.set_categories(self._index(name, values))
        return frame

    def _typed(self, table: Any) -> Any:
        if table.schema.equals(self.schema):
            return table
        return table.cast(self.schema.with_metadata(table.schema.metadata))

    def _index(self, name: str, values: Sequence[Any]) -> Any:
        import pandas as pd
        import pyarrow as pa

        return pd.Index(pa.array(values, self.schema.field(name).type.value_type).to_pandas())


def types_of(file: ColumnarFile) -> ColumnarTypes:
    """Look through a file.

    :raises MalformedInputError: if two columns have one name.
    """
    _one_row_missing(file.schema)
    return ColumnarTypes(
        schema=file.schema,
        with_missing=frozenset(file.with_missing(_integers_and_truths(file.schema))),
        categories=_categories(file),
    )


def joined_types(parts: Sequence[ColumnarTypes]) -> ColumnarTypes:
    """Join what several files of the same columns say; where a column is of no type in one, others tell."""
    import pyarrow as pa

    first = parts[0].schema
    fields = [next((field for field in _fields(parts, name) if not pa.types.is_null(field.type)), first.field(name))
              for name in first.names]  # fmt: skip
    schema = pa.schema(fields, first.metadata)
    lacking = {
        name
        for part in parts
        for name in schema.names
        if name in part.with_missing or pa.types.is_null(part.schema.field(name).type)
    }
    return ColumnarTypes(
        schema=schema,
        with_missing=frozenset(lacking.intersection(_integers_and_truths(schema))),
        categories={
            name: tuple(dict.fromkeys(value for part in parts for value in part.categories.get(name, ())))
            for name in _columns_of_categories(schema)
        },
    )


def _fields(parts: Sequence[ColumnarTypes], name: str) -> Iterable[Any]:
    return (part.schema.field(name) for part in parts)


def _one_row_missing(schema: Any) -> pd.DataFrame:
    import pyarrow as pa

    return checked(pa.table([pa.nulls(1, field.type) for field in schema], schema=schema).to_pandas())


def _integers_and_truths(fields: Iterable[Any]) -> list[str]:
    import pyarrow as pa

    return [field.name for field in fields if pa.types.is_integer(field.type) or pa.types.is_boolean(field.type)]


def _categories(file: ColumnarFile) -> Mapping[str, tuple[Any, ...]]:
    """Collect categories as PyArrow joins those of batches: in the order in which they are listed first."""
    names = _columns_of_categories(file.schema)
    found: dict[str, dict[Any, None]] = {name: {} for name in names}
    for batch in file.batches(names) if names else ():
        for name in names:
            found[name].update(dict.fromkeys(batch.column(name).dictionary.to_pylist()))
    return {name: tuple(values) for name, values in found.items()}


def _columns_of_categories(schema: Any) -> list[str]:
    import pyarrow as pa

    return [field.name for field in schema if pa.types.is_dictionary(field.type)]
