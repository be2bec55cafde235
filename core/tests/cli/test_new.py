"""``drum new``: what it writes runs as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from drum.cli.commands import Commands
from drum.cli.new import PLACEHOLDER, TEMPLATES, add_core_templates
from drum.testing import run_cli

REPOSITORY = Path(__file__).parents[3]


def test_model_runs_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "my-model"
    assert run_cli(["new", "model", "--code-dir", folder, "--language", "python"]).exit_code == 0
    assert "drum score" in (folder / "README.md").read_text()
    outcome = run_cli(["score", "--code-dir", folder, "--input", folder / "example.csv"])
    assert outcome.out == "Predictions\n2.0\n5.166666666666667\n", outcome.err


def test_plugin_is_the_tutorials(tmp_path: Path) -> None:
    """The template and drum-example are one text: only the name differs."""
    assert run_cli(["new", "plugin", "example", "--directory", tmp_path / "written"]).exit_code == 0
    ours = REPOSITORY / "plugins" / "drum-example"
    tracked = [
        path
        for path in ours.rglob("*")
        if path.is_file() and not path.is_symlink() and not {"__pycache__", ".pytest_cache"} & set(path.parts)
    ]
    for path in tracked:
        assert (tmp_path / "written" / path.relative_to(ours)).read_bytes() == path.read_bytes()
    assert len(tracked) == sum(path.is_file() for path in (tmp_path / "written").rglob("*"))


def test_plugin_takes_its_name(tmp_path: Path) -> None:
    run_cli(["new", "plugin", "fortran", "--directory", tmp_path / "p"])
    texts = [path.read_text() for path in (tmp_path / "p").rglob("*") if path.is_file()]
    assert (tmp_path / "p" / "src" / "drum_fortran" / "__init__.py").exists()
    assert not any(PLACEHOLDER in text for text in texts)


@pytest.mark.parametrize("words", [["model", "--code-dir"], ["plugin", "lightgbm", "--directory"]])
def test_existing_folder_is_left_alone(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    outcome = run_cli(["new", *words, tmp_path])
    assert (outcome.exit_code, "exists already" in outcome.err) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_unknown_language_names_the_plugin(tmp_path: Path) -> None:
    outcome = run_cli(["new", "model", "--code-dir", tmp_path / "m", "--language", "cobol"])
    assert (outcome.exit_code, "drum-cobol" in outcome.err) == (2, True)


@pytest.mark.parametrize("name", ["Light", "9lives", "a-b", "../x", ""])
def test_name_that_is_none(name: str) -> None:
    assert run_cli(["new", "plugin", name]).exit_code == 2


def test_plugin_can_add_a_template() -> None:
    commands = Commands()
    add_core_templates(commands)
    commands.add_template("fortran", TEMPLATES / "model-python")
    assert sorted(commands.templates) == ["fortran", "python"]
