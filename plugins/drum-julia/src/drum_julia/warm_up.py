"""Have Julia compile the hooks before the first request: it compiles a function when it is first called."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from drum.errors import DrumError
from drum.types import Column, ColumnKind, InputSchema

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger("drum.julia")

ROWS = 2


def warm_up(schema: InputSchema, score: Callable[[pd.DataFrame], object]) -> None:
    """Score rows that the recorded schema allows: with all values there, and without those that may be missing.

    Functions are compiled for the types of the columns, and a column with missing values is of another type. Nobody
    sees the predictions; what fails would fail with real rows too, or does not matter.
    """
    for gaps in (False, True):
        if gaps and not any(column.missing for column in schema.columns):
            continue
        try:
            score(made_up_rows(schema, gaps=gaps))
        except DrumError as error:
            log.info("Scoring made-up rows, to have the hooks compiled, ended with: %s", error.message)


def made_up_rows(schema: InputSchema, *, gaps: bool) -> pd.DataFrame:
    """Return two equal rows that keep the schema, of the types that real rows have.

    :param gaps: whether values are missing wherever they may be, in the second row.
    """
    import pandas as pd

    return pd.DataFrame({column.name: _values(column, gaps and column.missing) for column in schema.columns})


def _values(column: Column, gap: bool) -> pd.Series[Any]:
    import pandas as pd

    value, dtype = _example(column)
    return pd.Series([value] * (ROWS - gap) + [None] * gap, dtype=dtype)


def _example(column: Column) -> tuple[Any, str]:
    """Return a value that the column may have, and the type that the engine gives the column."""
    categories = column.categories or column.seen.get("categories") or ("text",)
    lowest = column.minimum if column.minimum is not None else column.seen.get("minimum", 0)
    match column.kind:
        case ColumnKind.TEXT:
            return categories[0], "str"
        case ColumnKind.BOOLEAN:
            return True, "object" if column.missing else "bool"
        case ColumnKind.INTEGER if not column.missing:
            return int(lowest), "int64"
        case _:
            return float(lowest), "float64"
