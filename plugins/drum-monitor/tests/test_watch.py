"""What each field of the configuration does to the verdict."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from drum.errors import ConfigError
from drum_monitor.drift.reference import Reference, make_reference
from drum_monitor.roles import Roles
from drum_monitor.serving.command import open_engine
from drum_monitor.serving.configuration import Configuration
from drum_monitor.serving.judgement import Judgement, State
from drum_monitor.serving.watch import Rows, Truth, Watch

Draw = Callable[..., pd.DataFrame]
Configure = Callable[..., Configuration]


def roles_judged(judgement: Judgement) -> set[tuple[str, str]]:
    return {(one.role, one.column) for one in judgement.findings}


def judged(configuration: Configuration, reference: Reference, *tables: pd.DataFrame) -> Judgement:
    watch = Watch(configuration, reference)
    for table in tables:
        watch.take(Rows(table))
    return watch.judge()


def test_rows_like_the_reference_are_ok(configured: Configure, reference: Reference, rows: Draw) -> None:
    judgement = judged(configured(), reference, rows(200))
    assert judgement.state is State.OK
    assert judgement.window_rows == 200
    assert judgement.drifted == ()


def test_shifted_rows_drift_in_what_was_shifted(configured: Configure, reference: Reference, rows: Draw) -> None:
    judgement = judged(configured(), reference, rows(200, shift=1.0))
    assert judgement.state is State.DRIFT
    assert [one.column for one in judgement.drifted] == ["age"]


def test_min_reference_size_is_waited_for(configured: Configure, reference: Reference, rows: Draw) -> None:
    configuration = configured(min_reference_size=50)
    early = judged(configuration, reference, rows(49, shift=5.0))
    assert (early.state, early.findings, dict(early.quality), early.window_rows) == (State.WARMING, (), {}, 49)
    assert judged(configuration, reference, rows(50, shift=5.0)).state is State.DRIFT


def test_a_reference_smaller_than_min_reference_size_is_insufficient(
    configured: Configure, reference: Reference, rows: Draw
) -> None:
    judgement = judged(configured(min_reference_size=3000, window_size=3000), reference, rows(3000, shift=5.0))
    assert (judgement.state, judgement.findings) == (State.INSUFFICIENT, ())


@pytest.mark.parametrize(("least", "warned"), [(2000, False), (2001, True)])
def test_a_reference_that_is_too_small_is_said_at_the_start(
    configured: Configure, caplog: pytest.LogCaptureFixture, least: int, warned: bool
) -> None:
    open_engine(configured(min_reference_size=least, window_size=3000))
    assert ("has 2000 rows, fewer than the 2001 of 'service: min_reference_size'" in caplog.text) is warned


def test_a_window_without_enough_rows_is_not_judged_though_it_is_full(
    configured: Configure, reference: Reference, rows: Draw
) -> None:
    with pytest.raises(ConfigError, match="there would never be a verdict"):
        configured(window_size=40, min_reference_size=50)
    configuration = configured(window_size=50, min_reference_size=50)
    assert judged(configuration, reference, rows(49)).state is State.WARMING
    assert judged(configuration, reference, rows(50)).state is State.OK


def test_window_size_forgets_older_rows(configured: Configure, reference: Reference, rows: Draw) -> None:
    configuration = configured(window_size=100)
    assert judged(configuration, reference, rows(100, shift=3.0)).state is State.DRIFT
    assert judged(configuration, reference, rows(100, shift=3.0), rows(100)).state is State.OK


def test_use_reference_gives_a_verdict_at_once_and_no_alarm(configured: Configure) -> None:
    empty = open_engine(configured(use_reference=False)).shown.judgement
    filled = open_engine(configured(use_reference=True)).shown.judgement
    assert (empty.state, empty.window_rows) == (State.WARMING, 0)
    assert (filled.state, filled.window_rows) == (State.OK, 200)


@pytest.mark.parametrize(("moving", "state"), [(False, State.DRIFT), (True, State.OK)])
def test_moving_reference_compares_with_the_window_before(
    configured: Configure, reference: Reference, rows: Draw, moving: bool, state: State
) -> None:
    configuration = configured(moving_reference=moving, window_size=300)
    assert judged(configuration, reference, rows(600, shift=1.0)).state is state
    assert judged(configuration, reference, rows(300, shift=1.0)).state is State.DRIFT


FEATURES = {("feature", name) for name in ("age", "income", "plan")}
SCORES = {("prediction", name) for name in ("no", "yes")}
CLASS = {("prediction", "predicted_class")}
TARGET = {("target", "churned")}


@pytest.mark.parametrize(
    ("monitors", "expected"),
    [
        (("data_drift",), FEATURES),
        (("prediction_drift",), SCORES | CLASS),
        (("cat_target_drift",), CLASS | TARGET),
        (("data_drift", "prediction_drift", "cat_target_drift"), FEATURES | SCORES | CLASS | TARGET),
        (("classification_performance",), set()),
        (("data_quality",), set()),
    ],
)
def test_monitors_decide_which_columns_are_judged(
    configured: Configure, reference: Reference, table: pd.DataFrame, monitors: tuple[str, ...], expected: set[Any]
) -> None:
    judgement = judged(configured(monitors=monitors), reference, table[:200])
    assert roles_judged(judgement) == expected
    assert bool(judgement.quality) is ("data_quality" in monitors)
    assert bool(judgement.performance) is ("classification_performance" in monitors)


@pytest.mark.parametrize(("level", "state"), [(1e-12, State.OK), (0.4, State.DRIFT)])
def test_level_decides_how_much_is_chance(
    configured: Configure, reference: Reference, rows: Draw, level: float, state: State
) -> None:
    assert judged(configured(level=level), reference, rows(200, shift=0.3)).state is state


def test_quality_counts_faults(configured: Configure, reference: Reference, rows: Draw) -> None:
    window = rows(200).astype({"age": object, "plan": object})
    window.loc[:19, "age"] = None
    window.loc[20:29, "age"] = "old"
    window.loc[:9, "plan"] = "new"
    window.loc[:1, "income"] = np.inf
    quality = judged(configured(), reference, window).quality
    assert quality["age", "missing"] == 0.1
    assert quality["age", "type_error"] == 0.05
    assert quality["plan", "unseen"] == 0.05
    assert quality["income", "infinite"] == 0.01
    assert quality["plan", "missing"] == 0
    assert ("plan", "infinite") not in quality


# ------------------------------------------------------------------------------------------- labels


def test_labels_that_come_later_give_performance_and_target_drift(
    configured: Configure, reference: Reference, table: pd.DataFrame
) -> None:
    monitors = ("cat_target_drift", "classification_performance", "prob_classification_performance")
    watch = Watch(configured(monitors=monitors), reference)
    window = table[:200]
    watch.take(Rows(window.drop(columns="churned"), [f"id{number}" for number in range(200)]))
    before = watch.judge()
    assert (dict(before.performance), before.coverage) == ({}, 0.0)
    watch.learn(Truth([f"id{number}" for number in range(150)], window["churned"][:150].tolist()))
    watch.learn(Truth(["unknown", "id0"], ["yes", "no"]))
    judgement = watch.judge()
    assert watch.labels.unmatched == 2
    assert judgement.coverage == 0.75
    truth, score = window["churned"][:150] == "yes", window["yes"][:150]
    assert judgement.performance == {
        "accuracy": pytest.approx(metrics.accuracy_score(truth, score > 0.5)),
        "balanced_accuracy": pytest.approx(metrics.balanced_accuracy_score(truth, score > 0.5)),
        "precision": pytest.approx(metrics.precision_score(truth, score > 0.5)),
        "recall": pytest.approx(metrics.recall_score(truth, score > 0.5)),
        "f1": pytest.approx(metrics.f1_score(truth, score > 0.5)),
        "log_loss": pytest.approx(metrics.log_loss(truth, score)),
        "brier": pytest.approx(metrics.brier_score_loss(truth, score)),
        "roc_auc": pytest.approx(metrics.roc_auc_score(truth, score)),
    }
    assert ("target", "churned") in roles_judged(judgement)


def test_label_capacity_bounds_what_is_waited_for(configured: Configure, reference: Reference, rows: Draw) -> None:
    watch = Watch(configured(label_capacity=10), reference)
    watch.take(Rows(rows(100), [str(number) for number in range(100)]))
    watch.learn(Truth(["89", "90"], ["yes", "no"]))
    assert watch.labels.unmatched == 1
    assert watch.judge().coverage == 0.1


def test_regression_performance_is_scikit_learns(configured: Configure, random: np.random.Generator) -> None:
    truth = random.normal(size=400)
    table = pd.DataFrame({"x": truth, "Predictions": truth + random.normal(size=400) / 3, "y": truth})
    reference = make_reference(table, Roles(features=("x",), prediction=("Predictions",), target="y"))
    watch = Watch(configured(monitors=("regression_performance", "num_target_drift")), reference)
    watch.take(Rows(table[:200]))
    judgement = watch.judge()
    window = table[:200]
    assert judgement.performance == {
        "mean_error": pytest.approx((window["Predictions"] - window["y"]).mean()),
        "mae": pytest.approx(metrics.mean_absolute_error(window["y"], window["Predictions"])),
        "rmse": pytest.approx(metrics.root_mean_squared_error(window["y"], window["Predictions"])),
        "mape": pytest.approx(metrics.mean_absolute_percentage_error(window["y"], window["Predictions"])),
        "r2": pytest.approx(metrics.r2_score(window["y"], window["Predictions"])),
    }
    assert roles_judged(judgement) == {("prediction", "Predictions"), ("target", "y")}


def test_a_drifting_target_is_seen(configured: Configure, reference: Reference, rows: Draw) -> None:
    watch = Watch(configured(monitors=("cat_target_drift",)), reference)
    watch.take(Rows(rows(200).assign(churned="yes")))
    assert [one.column for one in watch.judge().drifted] == ["churned"]


@pytest.mark.parametrize("monitor", ["regression_performance", "num_target_drift"])
def test_monitors_that_can_never_speak_are_refused(configured: Configure, monitor: str) -> None:
    with pytest.raises(ConfigError, match=f"asks for '{monitor}', but the model of .* predicts classes"):
        open_engine(configured(monitors=(monitor,)))


def test_prediction_of_the_configuration_names_the_scores(configured: Configure, tmp_path: Any, rows: Draw) -> None:
    rows(300).rename(columns={"yes": "score"}).drop(columns="no").to_csv(tmp_path / "references.csv", index=False)
    from dataclasses import replace

    plain = replace(configured(), reference_path=tmp_path / "references.csv")
    with pytest.raises(ConfigError, match="does not say which of its columns are scores"):
        open_engine(plain)
    with pytest.raises(ConfigError, match="'prediction' names 'wrong', which is no column"):
        open_engine(replace(plain, prediction=("wrong",)))
    engine = open_engine(replace(plain, prediction=("score",), target="income"))
    assert engine.watch.reference.roles.features == ("age", "plan")
    assert engine.watch.reference.roles.target == "income"
