"""Targets: spelling of labels, inference, multilabel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from drum.errors import MalformedInputError
from drum.types import ModelSpec, TargetType
from drum_train.targets import checked_target, true_answers


def check(values: Any, target_type: TargetType, labels: tuple[str, ...] = ()) -> tuple[Any, tuple[str, ...]]:
    target = values if isinstance(values, pd.DataFrame) else pd.Series(values, name="y")
    return checked_target(target, ModelSpec(code_dir=Path(), target_type=target_type, labels=labels))


def test_classes_become_the_declared_labels_however_they_are_spelt() -> None:
    target, labels = check([1.0, 0.0, 1.0], TargetType.BINARY, ("0", "1"))
    assert (target.tolist(), labels) == (["1", "0", "1"], ("0", "1"))
    target, _ = check(["Yes", "no"], TargetType.BINARY, ("NO", "yes"))
    assert target.tolist() == ["yes", "NO"]


def test_numbers_are_inferred_in_their_order() -> None:
    target, labels = check([10, 9, 2, 10], TargetType.MULTICLASS)
    assert labels == ("2", "9", "10")
    assert target.tolist() == ["10", "9", "2", "10"]


def test_truth_values_and_doubles_are_inferred() -> None:
    assert check([True, False], TargetType.BINARY)[1] == ("False", "True")
    assert check([2.0, 1.0], TargetType.BINARY)[1] == ("1", "2")


def test_unknown_labels_are_named() -> None:
    with pytest.raises(MalformedInputError, match="'maybe', which is none of the declared labels: no, yes"):
        check(["yes", "no", "maybe"], TargetType.BINARY, ("no", "yes"))


def test_indicators_come_in_the_order_of_the_labels() -> None:
    frame = pd.DataFrame({"a": [1, 0], "b": [0, 1]})
    target, labels = check(frame, TargetType.MULTILABEL, ("b", "a"))
    assert (list(target), labels) == (["b", "a"], ("b", "a"))
    with pytest.raises(MalformedInputError, match="column 'a' holds others"):
        check(frame.assign(a=[2, 0]), TargetType.MULTILABEL)
    with pytest.raises(MalformedInputError, match="no column for the label 'c'"):
        check(frame, TargetType.MULTILABEL, ("a", "c"))


def test_infinite_numbers_are_refused() -> None:
    with pytest.raises(MalformedInputError, match="infinite"):
        check([1.0, np.inf], TargetType.REGRESSION)


@pytest.mark.parametrize(
    ("values", "target_type", "labels", "answers"),
    [
        ([2.0], TargetType.REGRESSION, (), [2.0]),
        ([2.0, 2.0], TargetType.REGRESSION, (), [2.0, 2.0]),
        ([1], TargetType.BINARY, ("0", "1"), ["1"]),
        (["z", "z"], TargetType.MULTICLASS, ("x", "y", "z"), ["z", "z"]),
        (list(range(30)), TargetType.MULTICLASS, tuple(map(str, range(40))), [str(n) for n in range(30)]),
    ],
)
def test_to_test_one_row_one_class_and_many_classes_will_do(
    values: Any, target_type: TargetType, labels: tuple[str, ...], answers: Any
) -> None:
    spec = ModelSpec(code_dir=Path(), target_type=target_type, labels=labels)
    assert true_answers(pd.Series(values, name="y"), spec)[0].tolist() == answers


@pytest.mark.parametrize(
    ("values", "target_type", "labels", "said"),
    [
        ([1.0, None], TargetType.REGRESSION, (), "column 'y' is missing in 1 of 2 rows, first in row 1"),
        (["high"], TargetType.REGRESSION, (), "holds text, such as 'high'"),
        (["maybe"], TargetType.BINARY, ("no", "yes"), "'maybe', which is none of the declared labels: no, yes"),
    ],
)
def test_to_test_what_has_no_metrics_is_refused(
    values: Any, target_type: TargetType, labels: tuple[str, ...], said: str
) -> None:
    with pytest.raises(MalformedInputError, match=said):
        true_answers(pd.Series(values, name="y"), ModelSpec(code_dir=Path(), target_type=target_type, labels=labels))


def test_columns_with_missing_indicators_are_named() -> None:
    with pytest.raises(MalformedInputError, match=r"The target column 'b' is missing in 2 of 3 rows, first in row 1"):
        check(pd.DataFrame({"a": [1, 0, 1], "b": [0.0, None, None]}), TargetType.MULTILABEL)
