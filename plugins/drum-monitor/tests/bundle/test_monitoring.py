"""The service takes the configuration and the reference that the bundle holds for it, whatever the model predicts."""

from __future__ import annotations

from pathlib import Path

import pytest

from drum.testing import CodeDir, run_cli
from drum_monitor.serving.command import open_engine
from drum_monitor.serving.configuration import Configuration, read_configuration

CODE = """
import pandas as pd

def score(data, model, **kwargs):
    return pd.DataFrame({{name: [{value}] * len(data) for name in {columns!r}}})
"""
ALWAYS = {"data_drift", "prediction_drift", "data_quality"}
CLASSES = ALWAYS | {"cat_target_drift", "classification_performance", "prob_classification_performance"}
NUMBERS = ALWAYS | {"num_target_drift", "regression_performance"}


def configured(folder: Path, target_type: str, columns: list[str], *labels: str) -> Configuration:
    """Write reference and bundle of a model, and let the service open what is in it."""
    code = CODE.format(value=1 / len(columns), columns=columns)
    model = CodeDir(folder / "model", {"custom.py": code, "data.csv": "x,y\n1,a\n2,b\n3,a\n"})
    words = ["--code-dir", model, "--target-type", target_type, *labels]
    reference = folder / "references.parquet"
    made = run_cli(["monitor", "reference", *words, "--input", model / "data.csv", "--output", reference])
    assert made.exit_code == 0, made.err
    written = run_cli(["monitor", "bundle", *words, "--reference", reference, "--output", folder / "out"])
    assert written.exit_code == 0, written.err
    configuration = read_configuration(folder / "out" / "monitoring" / "evidently.yaml")
    assert open_engine(configuration).watch.reference.rows == 3
    return configuration


@pytest.mark.parametrize(
    ("target_type", "columns", "labels", "monitors"),
    [
        ("regression", ["Predictions"], (), NUMBERS),
        ("anomaly", ["Predictions"], (), ALWAYS),
        ("binary", ["no", "yes"], ("--negative-class-label", "no", "--positive-class-label", "yes"), CLASSES),
        ("multiclass", ["a", "b", "c"], ("--class-labels", "a", "b", "c"), CLASSES),
        ("multiclass", ["a", "b", "c"], (), ALWAYS),
        ("multilabel", ["a", "b"], ("--class-labels", "a", "b"), ALWAYS),
    ],
)
def test_the_service_opens_it(
    tmp_path: Path, target_type: str, columns: list[str], labels: tuple[str, ...], monitors: set[str]
) -> None:
    configuration = configured(tmp_path, target_type, columns, *labels)
    assert set(configuration.monitors) == monitors
    assert configuration.prediction == tuple(columns)


def test_scores_that_are_called_as_a_feature_is(tmp_path: Path) -> None:
    labels = ("--class-labels", "x", "b")
    assert configured(tmp_path, "multiclass", ["x", "b"], *labels).prediction == ("x (score)", "b")


def test_what_is_not_asked_for_is_the_services_own_default(tmp_path: Path) -> None:
    configuration = configured(tmp_path, "regression", ["Predictions"])
    default = Configuration(path=Path(), reference_path=Path())
    for name in ("window_size", "min_reference_size", "calculation_period_sec", "use_reference", "moving_reference"):
        assert getattr(configuration, name) == getattr(default, name), name


def test_the_state_lies_where_the_container_keeps_it(bundle: Path) -> None:
    configuration = read_configuration(bundle / "monitoring" / "evidently.yaml")
    assert configuration.state_path == bundle / "monitoring" / "state"
    assert "monitoring-state:/opt/monitoring/state" in (bundle / "docker-compose.yaml").read_text()
    dockerfile = (bundle / "monitoring" / "Dockerfile").read_text()
    assert "WORKDIR /opt/monitoring\n" in dockerfile
    assert "chown 10001:10001 /opt/monitoring/state" in dockerfile
