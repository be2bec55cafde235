"""What predictions must look like, per target type: the one choke point, after ``score`` and after ``post_process``."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from drum.columns import listed
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
    stage: str,
    output: pd.DataFrame,
    spec: ModelSpec,
    rows: int | None,
    *,
    allow_nan: bool = False,
    first_row: int = 0,
    features: Any = None,
) -> Predictions:
    """Check a scorer's output and bring it into its canonical form.

    :param stage: whose answer it is, for messages.
    :param output: a row for each row of the batch; labels in any order, or unlabelled.
    :param rows: rows of the batch.
    :param first_row: number of the batch's first row in the whole input, from 0, for messages.
    :param features: what was scored; where a prediction is missing, its gaps are told.
    :raises ModelContractError: if the output is not what the target type promises.
    """
    import pandas as pd

    check_rows(stage, output, rows)
    if not output.columns.is_unique:
        twice = output.columns[output.columns.duplicated()]
        raise ModelContractError(f"{stage} returned the column '{twice[0]}' twice.")
    index = output.index
    if not (type(index) is pd.RangeIndex and index.start == 0 and index.step == 1):
        output = output.reset_index(drop=True)
    if spec.target_type is TargetType.TRANSFORM:
        return Predictions(frame=output)
    check = _check_classes if spec.target_type.is_classification else _check_single
    try:
        return check(stage, output, spec, allow_nan, first_row)
    except _MissingPredictionError as error:
        raise ModelContractError(f"{error.message}{_told_gaps(features, error.row)}") from None


class _MissingPredictionError(ModelContractError):
    """A prediction is missing or infinite; ``row`` is its place in the batch."""

    def __init__(self, message: str, row: int) -> None:
        super().__init__(message)
        self.row = row


def _told_gaps(features: Any, row: int) -> str:
    """Say where the input has no value in a row, which may be why it has no prediction."""
    if not hasattr(features, "columns") or row >= len(features):
        return ""
    gaps = features.columns[features.iloc[row].isna()]
    return f" In that row, the input has no value in {listed(gaps)}." if len(gaps) else ""


# ------------------------------------------------------------------------------------- one column


def _check_single(stage: str, output: pd.DataFrame, spec: ModelSpec, allow_nan: bool, first_row: int) -> Predictions:
    import numpy as np

    names = [PREDICTIONS]
    if spec.target_type is TargetType.TEXT_GENERATION and spec.target_name:
        names.append(spec.target_name)
    chosen = output.columns[0] if len(output.columns) == 1 else next((n for n in names if n in output.columns), None)
    if chosen is None:
        raise _wrong_columns(names[-1:], output.columns)
    extra = output.drop(columns=[chosen]) if len(output.columns) > 1 else None
    column = output[[chosen]] if extra is not None else output
    if spec.target_type.is_numeric:
        values = _numbers(stage, column)
        column = framed(values, [PREDICTIONS])
        checked = allow_nan or bool(np.isfinite(values).all())
    else:
        column = column.set_axis([PREDICTIONS], axis=1)
        checked = allow_nan
    if not checked:
        _refuse_missing(stage, column, first_row)
    return Predictions(frame=column, extra=extra)


def _refuse_missing(stage: str, frame: pd.DataFrame, first_row: int) -> None:
    import numpy as np

    bad = np.asarray(frame.isna().any(axis=1))
    numbers = frame.select_dtypes("number").to_numpy()
    if numbers.size:
        bad = bad | np.isinf(numbers).any(axis=1)
    if bad.any():
        row = int(np.argmax(bad))
        raise _MissingPredictionError(
            f"{stage} returned {frame.iloc[row].tolist()} in row {first_row + row} (the first row is 0): missing and "
            "infinite predictions are refused unless --allow-nan is given.",
            row,
        )


# ------------------------------------------------------------------------------------- classes


def _check_classes(stage: str, output: pd.DataFrame, spec: ModelSpec, allow_nan: bool, first_row: int) -> Predictions:
    import numpy as np

    labels, places = _place_labels(output.columns, spec)
    others = [place for place in range(len(output.columns)) if place not in places]
    extra = output.iloc[:, others] if others else None
    given = output if places == list(range(len(output.columns))) else output.iloc[:, places]
    values = _numbers(stage, given)
    rounding = max(_rounding(dtype) for dtype in given.dtypes)
    _check_range(stage, values, rounding, allow_nan, first_row)
    if len(places) < len(labels):  # binary, the probability of the positive class alone
        values = np.column_stack((1.0 - values[:, 0], values[:, 0]))
    elif spec.target_type is not TargetType.MULTILABEL:
        off = _off_sum(values, rounding)
        if off.any():
            if extra is not None:  # more classes than labels: say that, not what follows from it
                raise _wrong_columns(labels, output.columns)
            raise _broken("do not add up to 1", values, off, first_row)
    return Predictions(frame=framed(values, labels), extra=extra)


def _place_labels(columns: pd.Index[Any], spec: ModelSpec) -> tuple[Sequence[str], list[int]]:
    """Return the labels in their order and the place of each one's column.

    There is one place alone if a binary model gives the probability of its positive class only.
    """
    import pandas as pd

    # pandas makes a RangeIndex of explicit integers as well: only 0, 1, … is what unlabelled columns are called
    unlabelled = isinstance(columns, pd.RangeIndex) and columns.equals(pd.RangeIndex(len(columns)))
    binary = spec.target_type is TargetType.BINARY
    if not spec.labels:
        if unlabelled or (binary and len(columns) != 2):
            raise ModelContractError(
                "The model's output has no class labels and none were declared: give --positive-class-label and "
                "--negative-class-label, or --class-labels, or name the columns."
            )
        return [str(column) for column in columns], list(range(len(columns)))
    if binary and unlabelled:
        if len(columns) > 2:
            raise _wrong_columns(spec.labels, columns)
        swapped = {spec.labels[0]: 1, spec.labels[1]: 0}
        if len(columns) == 2 and match_labels(list(columns), spec.labels) == swapped:
            raise ModelContractError(
                f"The output's columns 0 and 1 may be places or the labels {list(spec.labels)}: they are ambiguous. "
                "Name the columns by their labels, as text."
            )
        return spec.labels, list(range(len(columns)))
    matched = match_labels(list(columns), spec.labels)
    if binary and len(columns) == 1 and spec.labels[0] not in matched:
        return spec.labels, [0]
    if len(matched) < len(spec.labels):
        raise _wrong_columns(spec.labels, columns)
    places = {column: place for place, column in enumerate(columns)}
    return spec.labels, [places[matched[label]] for label in spec.labels]


def match_labels(columns: Sequence[Hashable], labels: Sequence[str]) -> Mapping[str, Hashable]:
    """Match labels to columns: as text, then as number or truth value, whatever the case.

    Labels without a column are left out.

    :raises ModelContractError: if a label could be several columns, or a column several labels.
    """
    matched: dict[str, Hashable] = {}
    for spelling in (str, _key):
        taken = set(matched.values())
        free = _by_spelling([column for column in columns if column not in taken], spelling)
        rest = _by_spelling([label for label in labels if label not in matched], spelling)
        for key, candidates in free.items():
            claimants = rest.get(key, [])
            if claimants and len(candidates) + len(claimants) > 2:
                raise ModelContractError(
                    f"Label '{claimants[0]}' is ambiguous: {[str(column) for column in candidates]} of the output's "
                    f"columns match {claimants} of the labels. Spell columns and labels alike."
                )
            matched.update({str(label): candidates[0] for label in claimants})
    return matched


def _by_spelling(names: Sequence[Hashable], spelling: Callable[[Hashable], object]) -> dict[object, list[Hashable]]:
    grouped: dict[object, list[Hashable]] = {}
    for name in names:
        grouped.setdefault(spelling(name), []).append(name)
    return grouped


def _key(label: Hashable) -> object:
    """Return what two spellings of one label share: ``1``, ``1.0``, ``"1"`` and ``True`` are one."""
    text = str(label).strip().casefold()
    if text in ("true", "false"):
        return float(text == "true")
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def _check_range(stage: str, values: Floats, rounding: float, allow_nan: bool, first_row: int) -> None:
    """Check that probabilities lie within 0 and 1; what is missing or infinite is another matter."""
    import numpy as np
    import pandas as pd

    finite = np.isfinite(values)
    if not allow_nan and not finite.all():
        _refuse_missing(stage, pd.DataFrame(values), first_row)
    for how, outside in (
        ("have negative values", values < -rounding),
        ("have values greater than 1", values > 1 + rounding),
    ):
        off = outside & finite
        if off.any():
            raise _broken(how, values, np.asarray(off.any(axis=1)), first_row)


def _off_sum(values: Floats, rounding: float) -> npt.NDArray[np.bool_]:
    """Return the rows that do not add up to 1, more than rounding explains."""
    import numpy as np

    tolerance = SUM_TOLERANCE + (rounding * values.shape[1] if rounding > SUM_TOLERANCE / 10 else 0)
    sums = values.sum(axis=1)
    return np.asarray(np.isfinite(sums) & (np.abs(sums - 1) > tolerance))


def _broken(how: str, values: Floats, off: npt.NDArray[np.bool_], first_row: int) -> ModelContractError:
    import numpy as np

    place = int(np.argmax(off))
    row = f"row {first_row + place} (the first row is 0)"
    return ModelContractError(f"Your prediction probabilities {how}: {row} is {values[place].tolist()}.")


# ------------------------------------------------------------------------------------- both


def _numbers(stage: str, frame: pd.DataFrame) -> Floats:
    """Return the values as doubles of one's own: what is done to predictions never touches the model's."""
    import numpy as np

    values = frame.to_numpy()
    if values.dtype.kind in "fiub":
        return np.array(values, dtype=np.float64)
    for name, dtype in frame.dtypes.items():
        if dtype.kind not in "fiub" and not _all_numbers(frame[name]):
            raise ModelContractError(f"{stage} returned the column '{name}' of type {dtype}; numbers are needed.")
    return np.array(frame.to_numpy(dtype=np.float64, na_value=np.nan))


def _all_numbers(column: pd.Series[Any]) -> bool:
    """Tell whether a column of no plain type holds nothing but real numbers and missing values."""
    import numbers

    import pandas as pd

    if column.dtype != object:
        return pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(column.dtype)
    known = column[column.notna()]
    return all(isinstance(value, numbers.Number) and not isinstance(value, complex) for value in known)


def _rounding(dtype: Any) -> float:
    return ROUNDING.get(getattr(dtype, "itemsize", 8), ROUNDING[8]) if dtype.kind == "f" else ROUNDING[8]


def framed_as_declared(values: Any, spec: ModelSpec) -> pd.DataFrame:
    """Return the outputs of a model that has no names for them as a frame for :func:`check_predictions`.

    The declared labels are the names of the outputs in order, unless the labels are the numbers of the outputs.

    :param values: a 2-D NumPy array with a row for each row of the batch.
    :raises ModelContractError: if there are not as many outputs as the target type and the labels ask for.
    """
    import pandas as pd

    width = values.shape[1]
    if not spec.target_type.is_classification:
        if width != 1:
            raise ModelContractError(f"The model gives {_counted(width)} a row; a single-column target takes one.")
        return framed(values, [PREDICTIONS])
    if not spec.labels or (width == 1 and spec.target_type is TargetType.BINARY):
        return pd.DataFrame(values)  # what that means without names is said where predictions are checked
    if width != len(spec.labels):
        declared = f"{len(spec.labels)} labels are declared"
        raise ModelContractError(f"The model gives {_counted(width)} a row, but {declared}.")
    numbers = [str(number) for number in range(width)]
    return framed(values, numbers if len(match_labels(numbers, spec.labels)) == width else spec.labels)


def framed(values: Any, names: Sequence[str]) -> pd.DataFrame:
    """Return a frame around a matrix, which it shares; the index of the names is made once and kept.

    :param values: a 2-D NumPy array with a column for each name.
    """
    import pandas as pd

    return pd.DataFrame(values, columns=_index(tuple(names)), copy=False)


@lru_cache(maxsize=16)
def _index(names: tuple[str, ...]) -> pd.Index[Any]:
    import pandas as pd

    return pd.Index(names)


def _counted(width: int) -> str:
    return "1 value" if width == 1 else f"{width} values"


def _wrong_columns(expected: Sequence[str], got: pd.Index[Any]) -> ModelContractError:
    return ModelContractError(
        f"Expected predictions to have columns {list(expected)}, but encountered {[str(name) for name in got]}."
    )
