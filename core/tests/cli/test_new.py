"""``drum new``: what it writes runs as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from drum.cli.commands import Commands
from drum.cli.new import TEMPLATES, add_core_templates
from drum.testing import run_cli


def test_model_runs_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "my-model"
    assert run_cli(["new", "model", "--code-dir", folder, "--language", "python"]).exit_code == 0
    assert "drum score" in (folder / "README.md").read_text()
    outcome = run_cli(["score", "--code-dir", folder, "--input", folder / "example.csv"])
    assert outcome.out == "Predictions\n2.0\n5.166666666666667\n", outcome.err


def test_plugin_is_the_tutorials_under_another_name(tmp_path: Path) -> None:
    assert run_cli(["new", "plugin", "fortran", "--directory", tmp_path / "p"]).exit_code == 0
    files = {str(path.relative_to(tmp_path / "p")): path for path in (tmp_path / "p").rglob("*") if path.is_file()}
    assert set(files) == {
        "README.md",
        "pyproject.toml",
        "src/drum_fortran/__init__.py",
        "src/drum_fortran/py.typed",
        "tests/test_conformance.py",
        "tests/test_fortran.py",
    }
    assert not any("example" in path.read_text() for path in files.values())


@pytest.mark.parametrize("words", [["model", "--code-dir"], ["plugin", "lightgbm", "--directory"]])
def test_existing_folder_is_left_alone(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    outcome = run_cli(["new", *words, tmp_path])
    assert (outcome.exit_code, "exists already" in outcome.err) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_unknown_language_names_the_plugin(tmp_path: Path) -> None:
    outcome = run_cli(["new", "model", "--code-dir", tmp_path / "m", "--language", "cobol"])
    assert (outcome.exit_code, "drum-cobol" in outcome.err) == (2, True)


@pytest.mark.parametrize(("words", "name"), [([], "class-sklearn"), (["--framework", "torch"], "class-torch")])
def test_layout_of_a_model_class_is_a_template_of_drum_train(tmp_path: Path, words: list[str], name: str) -> None:
    outcome = run_cli(["new", "model", "--code-dir", tmp_path / "m", "--layout", "class", *words])
    assert (outcome.exit_code, f"'{name}'" in outcome.err, "drum-train" in outcome.err) == (2, True, True)


def test_a_language_without_model_classes_is_told_so(tmp_path: Path) -> None:
    outcome = run_cli(["new", "model", "--code-dir", tmp_path / "m", "--layout", "class", "--language", "julia"])
    assert (outcome.exit_code, "pip install" in outcome.err) == (2, False), outcome.err
    assert "Model classes are written in Python: --layout class goes with --framework sklearn or torch." in outcome.err


@pytest.mark.parametrize("name", ["Light", "9lives", "a-b", "../x", ""])
def test_name_that_is_none(name: str) -> None:
    assert run_cli(["new", "plugin", name]).exit_code == 2


def test_plugin_can_add_a_template() -> None:
    commands = Commands()
    add_core_templates(commands)
    commands.add_template("fortran", TEMPLATES / "model-python")
    assert sorted(commands.templates) == ["fortran", "python"]
