"""Read training data as scoring reads it, and take target and row weights out of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum import media_types
from drum.columns import is_numeric, listed
from drum.errors import ConfigError, MalformedInputError, UnsupportedMediaTypeError
from drum.types import TrainingData

if TYPE_CHECKING:
    import pandas as pd

    from drum.cli.commands import Context
    from drum.types import ModelSpec

SEED = 0
"""Of the rows that ``--num-rows`` draws."""


def read_data(context: Context, spec: ModelSpec, custom: Any = None) -> TrainingData:
    """Read what the options of a command name. Rows are counted from 0; there are no hyperparameters yet.

    :param custom: the user's custom code, whose ``read_input_data`` goes first.
    :raises ConfigError: if an option names no column.
    :raises InputError: if a file cannot be read, or its rows do not match the input's.
    """
    given = context.arguments
    frame = _read(context, spec, Path(given.input).expanduser(), custom)
    if not len(frame):
        raise MalformedInputError(f"'{given.input}' has no rows.")
    target, target_names = _beside(context, spec, frame, "target")
    weights, weight_names = _beside(context, spec, frame, "row_weights")
    data = TrainingData(
        features=_conformed(frame.drop(columns=[*target_names, *weight_names]), spec),
        target=target if target is None or target.shape[1] > 1 else target.iloc[:, 0],
        row_weights=None if weights is None else _checked_weights(weights),
    )
    if not len(data.features.columns):
        raise MalformedInputError(f"'{given.input}' has no column beside target and row weights.")
    return data if given.num_rows is None else _drawn(data, given.num_rows)


def _conformed(features: pd.DataFrame, spec: ModelSpec) -> pd.DataFrame:
    """Hold the features to the recorded input schema, if there is one, as scoring does."""
    from drum.conforming import conform

    return features if spec.schema is None else conform(features, spec.schema, first_row=0)


def _read(context: Context, spec: ModelSpec, path: Path, custom: Any = None) -> pd.DataFrame:
    """Read a file with the readers that score it, but for those of runtimes, which have no model to read it for."""
    payload = media_types.payload_of_file(path)
    frame = None if custom is None else custom.drum_read_input(payload)
    if frame is None:
        read = context.manager.subset_hook_caller("drum_read_input", context.manager.runtimes())
        frame = read(payload=payload, spec=spec, model=None)
    if frame is None:
        raise UnsupportedMediaTypeError(f"No plugin reads '{path.name}'. Save the data as CSV or Parquet.")
    if not hasattr(frame, "columns"):
        raise MalformedInputError(f"'{path.name}' was read into a {type(frame).__name__}; training takes a DataFrame.")
    return frame  # type: ignore[no-any-return]


def _beside(context: Context, spec: ModelSpec, frame: pd.DataFrame, name: str) -> tuple[pd.DataFrame | None, list[Any]]:
    """Return the columns that an option pair names, and which of the frame's columns they are."""
    flag = "--" + name.replace("_", "-")
    column, file = getattr(context.arguments, name), getattr(context.arguments, f"{name}_csv")
    if column is not None and file is not None:
        raise ConfigError(f"Give {flag} or {flag}-csv, not both.")
    if column is not None:
        names = [own for own in frame.columns if str(own) == column]
        if not names:
            raise ConfigError(
                f"{flag} is '{column}', which is no column of the input. It has {listed(list(frame.columns))}."
            )
        return frame[names], names
    if file is None:
        return None, []
    read = _read(context, spec, Path(file).expanduser())
    if len(read) != len(frame):
        raise MalformedInputError(f"'{file}' has {len(read)} rows, but the input has {len(frame)}.")
    return read, []


def _checked_weights(weights: pd.DataFrame) -> pd.Series[Any]:
    import numpy as np

    if weights.shape[1] != 1:
        raise MalformedInputError(f"Row weights take one column; there are {weights.shape[1]}.")
    column = weights.iloc[:, 0]
    if not is_numeric(column):
        raise MalformedInputError(f"Row weights must be numbers, but {listed([column.name])} holds text.")
    values = column.astype(float)
    wrong = ~(np.isfinite(values) & (values >= 0))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise MalformedInputError(
            f"The row weight of row {row} (the first row is 0) is {values.iloc[row]}; it must be 0 or more."
        )
    if not values.any():
        raise MalformedInputError("All row weights are 0, so no row counts.")
    return values


def _drawn(data: TrainingData, rows: int) -> TrainingData:
    """Keep some of the rows, in their order."""
    import numpy as np

    if rows >= len(data.features):
        return data
    chosen = np.sort(np.random.default_rng(SEED).choice(len(data.features), rows, replace=False))

    def of(part: Any) -> Any:
        return None if part is None else part.iloc[chosen].reset_index(drop=True)

    return TrainingData(features=of(data.features), target=of(data.target), row_weights=of(data.row_weights))
