"""Metrics per target type, metrics of a hierarchy, and how far predictions are apart."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from drum.errors import ConfigError, MalformedInputError
from drum.types import ModelSpec, TargetType
from drum_train.comparison import difference
from drum_train.hierarchy import hierarchical_metrics
from drum_train.metrics import metrics_of


def measured(target_type: TargetType, y: Any, frame: Any, labels: tuple[str, ...] = (), weights: Any = None) -> Any:
    spec = ModelSpec(code_dir=Path(), target_type=target_type, labels=labels)
    target = y if isinstance(y, pd.DataFrame) else pd.Series(y)
    return metrics_of(target, pd.DataFrame(frame), weights, spec)


def test_regression() -> None:
    found = measured(TargetType.REGRESSION, [1.0, 2.0, 3.0], {"Predictions": [1.0, 2.0, 6.0]})
    assert found["rmse"] == pytest.approx(math.sqrt(3))
    assert found["mae"] == 1
    weighed = measured(TargetType.REGRESSION, [1.0, 2.0, 3.0], {"Predictions": [1.0, 2.0, 6.0]}, weights=[1, 1, 0])
    assert weighed["rmse"] == 0


def test_one_row_has_metrics_but_no_r2() -> None:
    found = measured(TargetType.REGRESSION, [1.0], {"Predictions": [3.0]})
    assert found == {"rmse": 2, "mae": 2, "median_absolute_error": 2}


def test_rows_of_one_class_have_metrics_but_no_auc() -> None:
    found = measured(TargetType.BINARY, ["no"], {"no": [0.8], "yes": [0.2]}, ("no", "yes"))
    assert "auc" not in found
    assert (found["accuracy"], found["brier"]) == (1, pytest.approx(0.04))
    found = measured(TargetType.MULTICLASS, ["a"], {"a": [0.8], "b": [0.1], "c": [0.1]}, ("a", "b", "c"))
    assert (found["f1_macro"], found["balanced_accuracy"]) == (1, 1)


def test_binary_looks_at_the_positive_label() -> None:
    found = measured(
        TargetType.BINARY, ["yes", "no", "yes", "no"], {"yes": [0.9, 0.2, 0.6, 0.7], "no": [0.1, 0.8, 0.4, 0.3]},
        ("yes", "no")[::-1],
    )  # fmt: skip
    assert found["auc"] == 0.75
    assert (found["accuracy"], found["precision"], found["recall"]) == (0.75, pytest.approx(2 / 3), 1)


def test_multiclass_keeps_labels_apart_whatever_their_order() -> None:
    frame = {"z": [0.8, 0.1], "a": [0.1, 0.7], "m": [0.1, 0.2]}
    found = measured(TargetType.MULTICLASS, ["z", "m"], frame, ("z", "a", "m"))
    assert found["log_loss"] == pytest.approx(-(math.log(0.8) + math.log(0.2)) / 2)
    assert (found["accuracy"], found["balanced_accuracy"]) == (0.5, 0.5)


def test_multilabel_and_anomaly() -> None:
    y = pd.DataFrame({"a": [1, 0], "b": [1, 1]})
    found = measured(TargetType.MULTILABEL, y, {"b": [0.9, 0.9], "a": [0.8, 0.7]}, ("a", "b"))
    assert (found["subset_accuracy"], found["hamming_loss"]) == (0.5, 0.25)
    assert measured(TargetType.ANOMALY, [0, 1], {"Predictions": [0.1, 0.2]})["auc"] == 1
    with pytest.raises(MalformedInputError, match="which rows are anomalies"):
        measured(TargetType.ANOMALY, [0.5, 1], {"Predictions": [0.1, 0.2]})


def test_a_transform_has_no_metrics() -> None:
    with pytest.raises(ConfigError, match="features, not answers"):
        measured(TargetType.TRANSFORM, [1], {"a": [1]})


def test_hierarchy() -> None:
    found = hierarchical_metrics(["a/x", "a/y", "b/x", "c"], ["a/x", "a/x", "a/x", "c"], "/")
    assert (found["path_accuracy"], found["leaf_accuracy"]) == (0.5, 0.75)  # the third hangs elsewhere
    assert found["level_1_accuracy"] == 0.75
    assert found["hierarchical_precision"] == found["hierarchical_recall"] == pytest.approx(4 / 7)
    weighed = hierarchical_metrics(["a/x", "a/y"], ["a/x", "b/y"], "/", weights=[3.0, 1.0])
    assert (weighed["path_accuracy"], weighed["hierarchical_f1"]) == (0.75, 0.75)
    with pytest.raises(ConfigError, match="no hierarchy"):
        hierarchical_metrics(["a"], ["a"], "/")


@pytest.mark.parametrize(
    ("one", "other", "largest", "rows"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0.0, 0),
        ([0.5, 2.0], [0.5001, 2.0], 1e-4, 1),
        ([1000.0, 0.0], [1001.0, 0.0], 1e-3, 1),
        ([float("nan"), 1.0], [float("nan"), 1.0], 0.0, 0),
        ([float("nan"), 1.0], [0.0, 1.0], math.inf, 1),
        ([math.inf, 1.0], [math.inf, 1.0], 0.0, 0),
        (["a", "b"], ["a", "c"], math.inf, 1),
    ],
)
def test_difference(one: list[Any], other: list[Any], largest: float, rows: int) -> None:
    apart = difference(pd.DataFrame({"p": one}), pd.DataFrame({"p": other}))
    assert (apart.largest, apart.rows) == (pytest.approx(largest), rows)


def test_other_columns_are_a_difference() -> None:
    assert difference(pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]})).largest == math.inf


def test_a_difference_is_shown_without_numpys_types() -> None:
    one, other = pd.DataFrame({"p": [0.5, 2.0], "q": ["a", "b"]}), pd.DataFrame({"p": [0.75, 2.0], "q": ["a", "b"]})
    assert str(difference(one, other)).endswith("most in row 0 (the first row is 0), column 'p': 0.5 against 0.75")
    assert str(difference(one[["q"]], one[["q"]].assign(q="a"))).endswith("column 'q': 'b' against 'a'")
