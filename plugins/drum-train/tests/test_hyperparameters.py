"""Hyperparameters: definitions, files, and what is wrong with either."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from drum.errors import ConfigError, MetadataError
from drum_train.hyperparameters import declared, values_for

DEFINITIONS = [
    {"name": "trees", "type": "int", "min": 1, "max": 500, "default": 100},
    {"name": "rate", "type": "float", "min": 0, "max": 1},
    {"name": "note", "type": "string", "default": "none"},
    {"name": "kernel", "type": "select", "values": ["rbf", "linear"], "default": "rbf"},
    {
        "name": "features", "type": "multi", "default": "all",
        "values": {"float": {"min": 0, "max": 1}, "int": {"min": 2, "max": 9}, "select": {"values": ["all", "sqrt"]}},
    },
]  # fmt: skip


def of(tmp_path: Path, text: str) -> dict[str, Any]:
    file = tmp_path / "p.json"
    file.write_text(text)
    return values_for("m", declared({"hyperparameters": DEFINITIONS}), tmp_path, file)


def test_defaults_and_order(tmp_path: Path) -> None:
    (tmp_path / "hyperparameters.json").write_text('{"m": {"trees": 7, "rate": 0.5}, "n": {"unknown": 1}}')
    assert of(tmp_path, '{"rate": 1}') == {
        "trees": 7, "rate": 1, "note": "none", "kernel": "rbf", "features": "all",
    }  # fmt: skip


def test_without_files_and_definitions(tmp_path: Path) -> None:
    assert values_for("m", (), tmp_path, None) == {}


def test_without_definitions_anything_goes(tmp_path: Path) -> None:
    (tmp_path / "hyperparameters.json").write_text('{"m": {"layers": [1, 2]}}')
    assert values_for("m", (), tmp_path, None) == {"layers": [1, 2]}


@pytest.mark.parametrize("value", ['"sqrt"', "0.5", "1", "9"])
def test_multi_takes_any_of_its_kinds(tmp_path: Path, value: str) -> None:
    assert str(of(tmp_path, f'{{"features": {value}}}')["features"]) == value.strip('"')


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"trees": 0}', "'trees' is 0, but it must be 1 or more"),
        ('{"trees": 501}', "must be 500 or less"),
        ('{"trees": 1.5}', "must be a whole number"),
        ('{"trees": true}', "must be a whole number"),
        ('{"rate": NaN}', "must be a number"),
        ('{"rate": "high"}', "must be a number"),
        ('{"note": 1}', "must be text"),
        ('{"kernel": "cubic"}', "must be one of rbf, linear"),
        ('{"features": "some"}', "or must be one of all, sqrt"),
        ('{"features": 10}', "must be 9 or less"),
        ('{"tree": 1}', "Did you mean 'trees'?"),
        ("[1]", "must hold an object"),
        ("{", "is not valid JSON"),
    ],
)
def test_bad_values(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        of(tmp_path, text)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({}, "must be a list"),
        ([{"type": "int"}], "entry 1 has no 'name'"),
        ([{"name": "a", "type": "integer"}], "must be one of int, float, string, select, multi"),
        ([{"name": "a", "type": "int", "minimum": 1}], "unknown key 'minimum'. Did you mean 'min'?"),
        ([{"name": "a", "type": "int", "min": "low"}], "which is no number"),
        ([{"name": "a", "type": "int", "min": 2, "max": 1}], "above its max"),
        ([{"name": "a", "type": "int", "min": 2, "default": 1}], "default 1, but it must be 2 or more"),
        ([{"name": "a", "type": "string", "max": 2}], "takes no 'max'"),
        ([{"name": "a", "type": "select"}], "needs 'values'"),
        ([{"name": "a", "type": "multi", "values": {"text": {}}}], "entries among int, float, select"),
        ([{"name": "a", "type": "string"}] * 2, "stands there twice"),
    ],
)
def test_bad_definitions(entries: Any, said: str) -> None:
    with pytest.raises(MetadataError) as caught:
        declared({"hyperparameters": entries})
    assert said in str(caught.value)


def test_a_file_without_any_known_model_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "hyperparameters.json").write_text('{"lineer": {"trees": 7}}')
    with pytest.raises(ConfigError, match=r"nothing under 'linear'.* Is 'lineer' meant to be 'linear'\?"):
        values_for("linear", (), tmp_path, None, {"linear", "network"})
    (tmp_path / "hyperparameters.json").write_text('{"custom": {"trees": 7}}')
    with pytest.raises(ConfigError, match=r"under 'prices'.* only under 'custom'\. Write \{\"prices\": \{…\}\}"):
        values_for("prices", (), tmp_path, None)


def test_a_file_for_other_models_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "hyperparameters.json").write_text('{"network": {"layers": 2}, "lineer": {"trees": 7}}')
    assert values_for("linear", (), tmp_path, None, {"linear", "network"}) == {}
    assert "only under 'network', 'lineer'. Is 'lineer' meant to be 'linear'? It is trained without" in caplog.text
    caplog.clear()
    values_for("network", (), tmp_path, None, {"linear", "network"})
    assert not caplog.text


def test_an_empty_file_holds_no_mistake(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "hyperparameters.json").write_text("{}")
    assert (values_for("linear", (), tmp_path, None), caplog.text) == ({}, "")
