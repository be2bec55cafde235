"""What the formats share: checks on the frames they read, the one frame they write, and optional libraries."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

from drum.errors import MalformedInputError, ModelContractError, PayloadTooLargeError, PluginDependencyError
from drum.formats.room import check_room
from drum.types import Predictions

if TYPE_CHECKING:
    import pandas as pd


def checked(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame that was read, with its rows numbered from 0.

    :raises MalformedInputError: if it has no rows, or two columns of one name.
    """
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise MalformedInputError(f"The input has the column '{twice[0]}' twice. Give every column a name of its own.")
    if frame.empty:
        raise MalformedInputError("The input has no rows. Give at least one.")
    return frame.reset_index(drop=True)


def objects(frame: pd.DataFrame) -> Iterator[tuple[str, Any]]:
    """Yield the values that have no type in common with their column, and where each of them is."""
    for name, column in frame.items():
        if column.dtype == object:
            for row, value in enumerate(column):
                yield f"row {row} of column '{name}' (the first row is 0)", value


def check_number(value: Any, where: str) -> None:
    """Refuse a whole number that is larger than any column of numbers can hold.

    :raises MalformedInputError: saying where it is.
    """
    try:
        if isinstance(value, int):
            float(value)
    except OverflowError:
        raise MalformedInputError(f"The number in {where} is too large.") from None


def framed(table: Any, room: int | None) -> pd.DataFrame:
    """Return an Arrow table that was read as a frame.

    :param room: bytes that the frame may take; ``None`` for as many as it needs.
    :raises PayloadTooLargeError: if it would take more.
    """
    from drum.formats.arrow_weights import weight

    table.validate()  # what stands in the buffers is looked at when it is known how much that is
    if room is not None:
        check_room(room, rows=table.num_rows, columns=table.num_columns, further=weight(table))
    table.validate(full=True)
    return checked(table.to_pandas())


@contextmanager
def refusing_what_is_no(kind: str) -> Iterator[None]:
    """Turn what PyArrow, or pandas where a file describes its own columns, raises into the caller's fault."""
    import pyarrow as pa

    broken = (
        *(ArithmeticError, AssertionError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError),
        SyntaxError,  # names of columns in pandas' own description are read as Python's literals
    )
    try:
        yield
    except MemoryError as error:
        raise PayloadTooLargeError(f"The input claims more than there is memory for: {error}") from error
    except (pa.ArrowException, *broken) as error:
        raise MalformedInputError(f"The input is no valid {kind}: {error}") from error


def joined(predictions: Predictions) -> pd.DataFrame:
    """Return predictions and extra output side by side."""
    if predictions.extra is None:
        return predictions.frame
    import pandas as pd

    return pd.concat([predictions.frame, predictions.extra], axis=1)


def arrow_table(predictions: Predictions) -> Any:
    """Return predictions and extra output as an Arrow table; sparse columns become dense ones.

    :raises ModelContractError: if a column mixes types that Arrow cannot hold in one.
    """
    pa: Any = import_extra("pyarrow", "arrow", "Output as a table")
    frame: Any = joined(predictions)
    for name, dtype in frame.dtypes.items():
        if is_sparse(dtype):
            frame = frame.assign(**{name: frame[name].sparse.to_dense()})
    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except pa.ArrowException as error:
        raise ModelContractError(
            f"The output cannot be written as a table: {' '.join(map(str, error.args))}"
        ) from error


def is_sparse(dtype: object) -> bool:
    """Tell whether a column of this type is sparse."""
    return str(dtype).startswith("Sparse")


def import_extra(module: str, extra: str, purpose: str) -> ModuleType:
    """Import a library that comes with an extra of ``drum-core``.

    :raises PluginDependencyError: with the line that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise PluginDependencyError(
            f"{purpose} needs {package}, which is not installed. Run: pip install 'drum-core[{extra}]'"
        ) from error
