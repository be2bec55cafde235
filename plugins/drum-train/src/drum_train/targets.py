"""Check the target against the target type, and infer class labels where none are declared."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

from drum.columns import is_numeric, listed
from drum.contract import match_labels
from drum.errors import ConfigError, MalformedInputError
from drum.types import TargetType

if TYPE_CHECKING:
    import pandas as pd

    from drum.types import ModelSpec

    Target = pd.Series[Any] | pd.DataFrame

MOST_CLASSES = 1000
"""A target with more values than this is no class."""
FEW_ROWS = 20
"""Below this, a class for every other row may well be meant."""
WITHOUT_TARGET = (TargetType.ANOMALY, TargetType.TRANSFORM, TargetType.UNSTRUCTURED)
CLASSES = (TargetType.BINARY, TargetType.MULTICLASS)
NUMBERS = (TargetType.REGRESSION, TargetType.ANOMALY)


def checked_target(target: Target | None, spec: ModelSpec) -> tuple[Target | None, tuple[str, ...]]:
    """Return the target as models are to learn it, and the labels, inferred where none are declared.

    Classes are the declared labels, as text, however the data spell them; numbers stay numbers.

    :raises ConfigError: if there is no target and the target type needs one.
    :raises MalformedInputError: if a value is missing, the target is constant, has too many classes, or does not fit
        the target type.
    """
    if target is None:
        if spec.target_type not in WITHOUT_TARGET:
            raise ConfigError(
                f"Target type '{spec.target_type.value}' needs the true answers: --target COLUMN, or --target-csv FILE."
            )
        return None, spec.labels
    _refuse_missing(target)
    if target.ndim == 1 and spec.target_type in (*CLASSES, *NUMBERS):
        _refuse_constant(target)
    if target.ndim == 1 and spec.target_type in CLASSES:
        _refuse_many_classes(target)
    return _as_declared(target, spec)


def true_answers(target: Target, spec: ModelSpec) -> tuple[Target, tuple[str, ...]]:
    """Return the target as predictions are to be compared with it, and the labels.

    One row will do, and rows of one class: what is tested has learnt already.

    :raises MalformedInputError: if a value is missing, or does not fit the target type and its labels.
    """
    _refuse_missing(target)
    return _as_declared(target, spec)


def _as_declared(target: Target, spec: ModelSpec) -> tuple[Target, tuple[str, ...]]:
    """Return the target with classes as the labels spell them; a value that does not fit is refused."""
    if spec.target_type is TargetType.MULTILABEL:
        return _indicators(target, spec)
    if target.ndim != 1:
        raise MalformedInputError(
            f"The target has {target.shape[1]} columns; target type '{spec.target_type.value}' takes one."
        )
    column: Any = target
    if spec.target_type in CLASSES:
        return _classes(column, spec)
    if spec.target_type in NUMBERS:
        return _numbers(column, spec), ()
    return column, ()


def _refuse_missing(target: Any) -> None:
    gaps = target.isna().to_numpy()
    rows = gaps if gaps.ndim == 1 else gaps.any(axis=1)
    if rows.any():
        first = int(rows.argmax())
        columns = [target.name] if gaps.ndim == 1 else list(target.columns[gaps.any(axis=0)])
        raise MalformedInputError(
            f"The target {listed(columns)} is missing in {int(rows.sum())} of {len(target)} rows, first in row {first} "
            "(the first row is 0). Leave those rows out, or fill them."
        )


def _numbers(target: pd.Series[Any], spec: ModelSpec) -> pd.Series[Any]:
    import numpy as np

    if not is_numeric(target):
        raise MalformedInputError(
            f"The target {listed([target.name])} holds text, such as '{target.iloc[0]}'; target type "
            f"'{spec.target_type.value}' takes numbers. Is it 'binary' or 'multiclass'?"
        )
    if not np.isfinite(target.astype(float)).all():
        raise MalformedInputError(f"The target {listed([target.name])} holds infinite values.")
    return target


def _refuse_constant(target: Any) -> None:
    if target.nunique() < 2:
        raise MalformedInputError(
            f"The target {listed([target.name])} is constant: it is '{target.iloc[0]}' in all {len(target)} rows, so "
            "there is nothing to learn."
        )


def _refuse_many_classes(target: Any) -> None:
    values = target.nunique()
    if values > MOST_CLASSES or (len(target) >= FEW_ROWS and values > len(target) / 2):
        raise MalformedInputError(
            f"The target {listed([target.name])} has {values} different values in {len(target)} rows: too many "
            "for classes. Is it 'regression', or another column?"
        )


def _classes(target: pd.Series[Any], spec: ModelSpec) -> tuple[pd.Series[Any], tuple[str, ...]]:
    values = sorted(target.unique().tolist(), key=_order)
    labels = spec.labels or tuple(map(_spelt, values))
    if spec.target_type is TargetType.BINARY and len(labels) != 2:
        raise MalformedInputError(
            f"Target type 'binary' takes two classes; the target {listed([target.name])} has {len(values)}: "
            f"{', '.join(labels[:10])}. Is it 'multiclass'?"
        )
    return target.map(_label_of(values, labels)).astype(object), labels


def _label_of(values: Sequence[Hashable], labels: Sequence[str]) -> dict[Hashable, str]:
    """Return the label for each value of the target, as predictions' columns are matched to them."""
    matched = {value: label for label, value in match_labels(values, labels).items()}
    unknown = [value for value in values if value not in matched]
    if unknown:
        raise MalformedInputError(
            f"The target holds '{unknown[0]}', which is none of the declared labels: {', '.join(labels)}."
        )
    return matched


def _order(value: Any) -> tuple[bool, float, str]:
    number = not isinstance(value, str)
    return (not number, float(value) if number else 0.0, str(value))


def _spelt(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _indicators(target: Target, spec: ModelSpec) -> tuple[pd.DataFrame, tuple[str, ...]]:
    if target.ndim != 2:
        raise MalformedInputError("Target type 'multilabel' takes a column of 0 and 1 for each label: --target-csv.")
    frame: Any = target
    columns = list(frame.columns)
    labels = spec.labels or tuple(map(str, columns))
    matched = match_labels(columns, labels)
    lacking = [label for label in labels if label not in matched]
    if lacking:
        raise MalformedInputError(f"The target has no column for the label '{lacking[0]}'; it has {listed(columns)}.")
    frame = frame[[matched[label] for label in labels]].set_axis(list(labels), axis=1)
    wrong = [name for name in labels if not set(frame[name].unique()) <= {0, 1}]
    if wrong:
        raise MalformedInputError(f"Labels are present (1) or absent (0); the target's {listed(wrong)} holds others.")
    return frame.astype(int), labels
