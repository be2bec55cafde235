"""The command line as such: version, help, exit codes, plugins left out and traced."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import drum
from drum import errors
from drum.cli import EXIT_CODES, exit_code
from drum.testing import CodeDir, run_cli

ALL_ERRORS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.DrumError)]


@pytest.mark.parametrize("words", [["--version"], ["--no-plugin", "csv", "--version"]])
def test_version(words: list[str]) -> None:
    assert run_cli(words).out == f"drum {drum.__version__}\n"


def test_help_without_a_command() -> None:
    outcome = run_cli([])
    assert outcome.exit_code == 0
    assert all(word in outcome.out for word in ("score", "new", "plugins", "examples:"))


def test_help_of_score_names_every_variable() -> None:
    text = run_cli(["score", "--help"]).out
    flags = re.findall(r"--([a-z-]+)", text.partition("options:")[2])
    undocumented = [flag for flag in flags if flag not in ("help", "no-plugin") and not _variable(flag, text)]
    assert not undocumented


def _variable(flag: str, text: str) -> bool:
    return f"{flag.replace('-', '_').upper()}]" in re.sub(r"\s+", "", text)


def test_unknown_option() -> None:
    outcome = run_cli(["score", "--targettype", "binary"])
    assert (outcome.exit_code, "--targettype" in outcome.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "distribution"),
    [
        (["fit", "--code-dir", "model"], "drum-train"),
        (["--no-plugin", "json", "monitor", "serve"], "drum-monitor"),
        (["image"], "drum-image"),
    ],
)
def test_a_command_of_a_plugin_that_is_not_installed_says_how_to_install_it(
    words: list[str], distribution: str
) -> None:
    done = run_cli(words)
    assert done.exit_code == 2
    assert done.err.endswith(f"Install it: pip install {distribution}\n")


@pytest.mark.parametrize("missing", ["--code-dir", "--input"])
def test_what_must_be_given(tmp_path: Path, missing: str) -> None:
    given = {
        "--code-dir": CodeDir(tmp_path / "m", {"custom.py": "def score(d, m): pass"}),
        "--input": tmp_path / "x.csv",
    }
    words = [word for name, value in given.items() if name != missing for word in (name, value)]
    outcome = run_cli(["score", "--target-type", "regression", *words])
    assert (outcome.exit_code, missing in outcome.err) == (2, True)


@pytest.mark.parametrize("kind", ALL_ERRORS)
def test_every_error_has_an_exit_code(kind: type[errors.DrumError]) -> None:
    assert exit_code(kind("x")) in {1, 2, 3, 4, 5, 6, 7}
    assert (
        any(parent in EXIT_CODES for parent in kind.__mro__ if parent is not errors.DrumError)
        or kind is errors.DrumError
    )


def test_unexpected_error_asks_to_be_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(words: list[str]) -> int:
        raise ZeroDivisionError("by accident")

    monkeypatch.setattr("drum.cli._run", fail)
    outcome = run_cli(["plugins"])
    assert outcome.exit_code == 1
    assert "Unexpected ZeroDivisionError: by accident" in outcome.err
    assert "Traceback" not in outcome.err


def test_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(words: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("drum.cli._run", interrupt)
    assert run_cli(["plugins"]).exit_code == 130


@pytest.mark.parametrize(
    ("words", "env"), [(["--no-plugin", "csv"], {}), (["--no-plugin=csv"], {}), ([], {"DRUM_NO_PLUGINS": "csv"})]
)
def test_plugin_left_out(words: list[str], env: dict[str, str]) -> None:
    outcome = run_cli(["plugins", *words], env=env)
    assert "csv (drum-core)" not in outcome.out
    assert "json (drum-core)" in outcome.out


def test_plugin_that_is_not_there_cannot_be_left_out() -> None:
    outcome = run_cli(["plugins", "--no-plugin", "fortran"])
    assert (outcome.exit_code, "'fortran'" in outcome.err) == (3, True)


def test_trace_shows_every_hook_call(tmp_path: Path) -> None:
    code_dir = CodeDir(tmp_path / "m", {"custom.py": "def score(data, model): return data"})
    (tmp_path / "data.csv").write_text("a\n1\n")
    words = ["score", "--code-dir", code_dir, "--input", tmp_path / "data.csv", "--target-type", "regression"]
    err = run_cli(words, env={"DRUM_TRACE_PLUGINS": "1"}).err
    for line in (
        "drum_configure -> custom.py",
        "drum_score -> custom.py",
        "drum_score returned DataFrame of shape (1, 1)",
    ):
        assert line in err
