"""What predictions must look like, per target type: the one choke point, after ``score`` and after ``post_process``."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from drum.errors import ModelContractError
from drum.types import PREDICTIONS, ModelSpec, Predictions, TargetType

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    Floats = npt.NDArray[np.float64]

SUM_TOLERANCE = 1e-6
ROUNDING = {8: 1e-9, 4: 1e-6, 2: 1e-2}
"""How far a probability may lie outside [0, 1] by rounding alone, by the bytes of its float type."""


def check_rows(stage: str, got: object, rows: int | None) -> None:
    """Check that a stage returned a row for each row it was given.

    :param stage: whose answer it is, for the message.
    :param rows: rows that went in; ``None`` if the batch cannot tell.
    :raises ModelContractError: if it is not a ``DataFrame``, or rows were added or dropped.
    """
    import pandas as pd

    if not isinstance(got, pd.DataFrame):
        raise ModelContractError(f"{stage} must return a pandas DataFrame, but returned {_named(got)}.")
    if rows is not None and len(got) != rows:
        raise ModelContractError(
            f"{stage} returned {len(got)} rows for {rows} rows of data. A prediction belongs to the row that was "
            "asked for: return exactly as many rows."
        )


def _named(value: object) -> str:
    return "None" if value is None else f"an object of type {type(value).__name__}"


def check_predictions(
    stage: str, output: pd.DataFrame, spec: ModelSpec, rows: int | None, *, allow_nan: bool = False, first_row: int = 0
) -> Predictions:
    """Check a scorer's output and bring it into its canonical form.

    :param stage: whose answer it is, for messages.
    :param output: a row for each row of the batch; labels in any order, or unlabelled.
    :param rows: rows of the batch.
    :param first_row: number of the batch's first row in the whole input, from 0, for messages.
    :raises ModelContractError: if the output is not what the target type promises.
    """
    check_rows(stage, output, rows)
    twice = output.columns[output.columns.duplicated()]
    if len(twice):
        raise ModelContractError(f"{stage} returned the column '{twice[0]}' twice.")
    output = output.reset_index(drop=True)
    if spec.target_type is TargetType.TRANSFORM:
        return Predictions(frame=output)
    if spec.target_type.is_classification:
        return _check_classes(stage, output, spec, allow_nan, first_row)
    return _check_single(stage, output, spec, allow_nan, first_row)


# ------------------------------------------------------------------------------------- one column


def _check_single(stage: str, output: pd.DataFrame, spec: ModelSpec, allow_nan: bool, first_row: int) -> Predictions:
    names = [PREDICTIONS]
    if spec.target_type is TargetType.TEXT_GENERATION and spec.target_name:
        names.append(spec.target_name)
    chosen = output.columns[0] if len(output.columns) == 1 else next((n for n in names if n in output.columns), None)
    if chosen is None:
        raise _wrong_columns(names[-1:], output.columns)
    extra = output.drop(columns=[chosen])
    column = output[[chosen]].set_axis([PREDICTIONS], axis=1)
    if spec.target_type.is_numeric:
        column = _frame(_numbers(stage, column), [PREDICTIONS])
    if not allow_nan:
        _refuse_missing(stage, column, first_row)
    return Predictions(frame=column, extra=extra if len(extra.columns) else None)


def _refuse_missing(stage: str, frame: pd.DataFrame, first_row: int) -> None:
    import numpy as np

    bad = np.asarray(frame.isna().any(axis=1))
    numbers = frame.select_dtypes("number").to_numpy()
    if numbers.size:
        bad = bad | np.isinf(numbers).any(axis=1)
    if bad.any():
        row = int(np.argmax(bad))
        raise ModelContractError(
            f"{stage} returned {frame.iloc[row].tolist()} in row {first_row + row} (the first row is 0): missing and "
            "infinite predictions are refused unless --allow-nan is given."
        )


# ------------------------------------------------------------------------------------- classes


def _check_classes(stage: str, output: pd.DataFrame, spec: ModelSpec, allow_nan: bool, first_row: int) -> Predictions:
    labels, columns = _place_labels(output.columns, spec)
    extra = output.drop(columns=[column for column in columns if column is not None])
    values = _numbers(stage, output[[column for column in columns if column is not None]])
    tolerance = ROUNDING.get(_float_size(output[columns[-1]]), 1e-9)
    if columns[0] is None:  # binary, the probability of the positive class alone
        import numpy as np

        values = np.column_stack((1.0 - values[:, 0], values[:, 0]))
    try:
        _check_probabilities(stage, values, spec.target_type, tolerance, allow_nan, first_row)
    except ModelContractError:
        if len(extra.columns):  # more classes than labels: say that, not what follows from it
            raise _wrong_columns(labels, output.columns) from None
        raise
    return Predictions(frame=_frame(values, labels), extra=extra if len(extra.columns) else None)


def _place_labels(columns: pd.Index[Any], spec: ModelSpec) -> tuple[Sequence[str], list[Hashable | None]]:
    """Return the labels in their order and the column of each; ``None`` for a negative class that is implied."""
    import pandas as pd

    unlabelled = isinstance(columns, pd.RangeIndex)
    binary = spec.target_type is TargetType.BINARY
    if not spec.labels:
        if unlabelled or (binary and len(columns) != 2):
            raise ModelContractError(
                "The model's output has no class labels and none were declared: give --positive-class-label and "
                "--negative-class-label, or --class-labels, or name the columns."
            )
        return [str(column) for column in columns], list(columns)
    if binary and unlabelled and len(columns) == 2:
        return spec.labels, list(columns)
    matched = match_labels(list(columns), spec.labels)
    if binary and len(columns) == 1 and spec.labels[0] not in matched:
        return spec.labels, [None, columns[0]]
    if len(matched) < len(spec.labels):
        raise _wrong_columns(spec.labels, columns)
    return spec.labels, [matched[label] for label in spec.labels]


def match_labels(columns: Sequence[Hashable], labels: Sequence[str]) -> Mapping[str, Hashable]:
    """Match labels to columns: as text, then as number or truth value, whatever the case.

    Labels without a column are left out.

    :raises ModelContractError: if a label could be several columns, or a column several labels.
    """
    by_text = {str(column): column for column in columns}
    matched = {label: by_text[label] for label in labels if label in by_text}
    taken = set(matched.values())
    rest = [label for label in labels if label not in matched]
    free: dict[object, list[Hashable]] = {}
    for column in columns:
        if column not in taken:
            free.setdefault(_key(column), []).append(column)
    keys = [_key(label) for label in rest]
    for label, key in zip(rest, keys, strict=True):
        candidates = free.get(key, [])
        if len(candidates) > 1 or (candidates and keys.count(key) > 1):
            raise ModelContractError(
                f"Label '{label}' is ambiguous: it matches the columns {[str(c) for c in candidates]} of the output, "
                f"and the labels are {list(labels)}. Spell columns and labels alike."
            )
        if candidates:
            matched[label] = candidates[0]
    return matched


def _key(label: Hashable) -> object:
    """Return what two spellings of one label share: ``1``, ``1.0``, ``"1"`` and ``True`` are one."""
    text = str(label).strip().casefold()
    if text in ("true", "false"):
        return float(text == "true")
    try:
        return float(text)
    except ValueError:
        return text


def _check_probabilities(
    stage: str, values: Floats, target_type: TargetType, tolerance: float, allow_nan: bool, first_row: int
) -> None:
    import numpy as np

    missing = np.asarray(~np.isfinite(values).all(axis=1))
    if missing.any():
        if not allow_nan:
            _refuse_missing(stage, _frame(values, range(values.shape[1])), first_row)
        values = values[~missing]
    if not values.size:
        return
    if values.min() < -tolerance:
        raise _broken("have negative values", values, values.min(axis=1) < -tolerance, missing, first_row)
    if values.max() > 1 + tolerance:
        raise _broken("have values greater than 1", values, values.max(axis=1) > 1 + tolerance, missing, first_row)
    if target_type is not TargetType.MULTILABEL:
        off = np.abs(values.sum(axis=1) - 1) > SUM_TOLERANCE + (tolerance * values.shape[1] if tolerance > 1e-9 else 0)
        if off.any():
            raise _broken("do not add up to 1", values, off, missing, first_row)


def _broken(how: str, values: Floats, where: Any, missing: npt.NDArray[np.bool_], first_row: int) -> ModelContractError:
    import numpy as np

    position = int(np.argmax(where))
    row = first_row + int(np.flatnonzero(~missing)[position])
    return ModelContractError(
        f"Your prediction probabilities {how}: row {row} (the first row is 0) is {values[position].tolist()}."
    )


# ------------------------------------------------------------------------------------- both


def _numbers(stage: str, frame: pd.DataFrame) -> Floats:
    import numpy as np

    for name, dtype in frame.dtypes.items():
        if dtype.kind not in "fiub" and not _all_numbers(frame[name]):
            raise ModelContractError(f"{stage} returned the column '{name}' of type {dtype}; numbers are needed.")
    return np.asarray(frame.to_numpy(dtype=np.float64, na_value=np.nan))


def _all_numbers(column: pd.Series[Any]) -> bool:
    """Tell whether an ``object`` column holds nothing but numbers and missing values."""
    import numbers

    import pandas as pd

    if column.dtype != object:
        return pd.api.types.is_numeric_dtype(column.dtype)
    return all(isinstance(value, numbers.Number) for value in column[column.notna()])


def _float_size(column: pd.Series[Any]) -> int:
    dtype: Any = column.dtype
    return int(dtype.itemsize) if dtype.kind == "f" else 8


def _frame(values: Floats, columns: Sequence[str] | range) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(values, columns=list(columns), copy=False)


def _wrong_columns(expected: Sequence[str], got: pd.Index[Any]) -> ModelContractError:
    return ModelContractError(
        f"Expected predictions to have columns {list(expected)}, but encountered {[str(name) for name in got]}."
    )
