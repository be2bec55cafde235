"""The configuration file: strict, and every field with a value of its own kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from drum.errors import ConfigError
from drum_monitor.serving.configuration import MONITORS, read_configuration

WHOLE = """\
service:
  reference_path: data/references.parquet
  min_reference_size: 50
  use_reference: true
  moving_reference: true
  window_size: 300
  calculation_period_sec: 2.5
  monitors: [data_drift, cat_target_drift]
  level: 0.05
  label_capacity: 10
  state_path: kept
prediction: [no, 'yes']
target: churned
"""


def read(tmp_path: Path, text: str) -> object:
    (tmp_path / "evidently.yaml").write_text(text)
    return read_configuration(tmp_path / "evidently.yaml")


def test_every_field_is_read_and_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    found = read(tmp_path, WHOLE.replace("[no,", "['no',"))
    assert {name: getattr(found, name) for name in found.__slots__ if name != "path"} == {
        "reference_path": tmp_path / "data/references.parquet", "min_reference_size": 50, "use_reference": True,
        "moving_reference": True, "window_size": 300, "calculation_period_sec": 2.5,
        "monitors": ("data_drift", "cat_target_drift"), "level": 0.05, "label_capacity": 10,
        "state_path": tmp_path / "kept", "prediction": ("no", "yes"), "target": "churned",
    }  # fmt: skip


def test_only_the_reference_is_needed(tmp_path: Path) -> None:
    found = read(tmp_path, "service:\n  reference_path: references.parquet\n")
    assert found.monitors == ("data_drift", "prediction_drift", "data_quality")
    assert found.state_path == tmp_path / "state"


@pytest.mark.parametrize("name", MONITORS)
def test_every_monitor_is_known(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, f"service:\n  reference_path: x\n  monitors: [{name}]\n").monitors == (name,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "service:\n  reference_path: x\n  window: 3\n",
            "names 'window', which is not known. Did you mean 'window_size'",
        ),
        ("service:\n  reference_path: x\n  monitors: [drift]\n", "Known are data_drift, cat_target_drift"),
        ("servic:\n  reference_path: x\n", "Did you mean 'service'?"),
        ("prediction: [a]\n", "'service' in"),
        ("service: {}\n", "lacks 'reference_path'"),
        ("service:\n  reference_path: 3\n", "is '3'; it must be a path"),
        ("service:\n  reference_path: x\n  window_size: 0\n", "it must be a whole number from 1 on"),
        ("service:\n  reference_path: x\n  window_size: 3.5\n", "it must be a whole number from 1 on"),
        ("service:\n  reference_path: x\n  min_reference_size: yes\n", "it must be a whole number from 1 on"),
        ("service:\n  reference_path: x\n  use_reference: 1\n", "it must be true or false"),
        ("service:\n  reference_path: x\n  moving_reference: maybe\n", "it must be true or false"),
        ("service:\n  reference_path: x\n  calculation_period_sec: 0\n", "it must be a number above 0."),
        ("service:\n  reference_path: x\n  level: 1\n", "it must be a number above 0 and below 0.5"),
        ("service:\n  reference_path: x\nprediction: {a: b}\n", "must be a list of names"),
        (
            "service:\n  reference_path: x\n  window_size: 49\n  min_reference_size: 50\n",
            "is 49, but min_reference_size is 50: there would never be a verdict",
        ),
        ("service:\n  reference_path: x\n  window_size: 29\n", "is 29, but min_reference_size is 30"),
        ("service: [", "is no YAML"),
        ("- a\n", "must hold names and values"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert message in str(caught.value)
    assert "evidently.yaml" in str(caught.value)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_configuration(tmp_path / "none.yaml")


def test_a_window_may_be_just_large_enough(tmp_path: Path) -> None:
    found = read(tmp_path, "service:\n  reference_path: x\n  window_size: 50\n  min_reference_size: 50\n")
    assert (found.window_size, found.min_reference_size) == (50, 50)
