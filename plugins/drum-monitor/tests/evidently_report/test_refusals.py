"""What is said, with which exit code, where there is no Evidently, and where files do not fit or cannot be written."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

Run = Callable[..., Any]


def refused(outcome: Any, exit_code: int, *messages: str) -> None:
    assert (outcome.exit_code, outcome.out) == (exit_code, "")
    for message in messages:
        assert message in outcome.err
    assert "Traceback" not in outcome.err


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "drum"


# ---------------------------------------------------------------------------------------- no Evidently


def test_without_evidently_the_message_says_how_to_get_it(evidently_report: Run, files: Path, no_cache: Path) -> None:
    outcome = evidently_report()
    refused(outcome, 3, "Evidently is not installed", f"--install to have it made in '{no_cache}/evidently-0.7-python")
    assert "python3 -m venv DIR && DIR/bin/pip install 'evidently>=0.7.23,<0.8' 'pandas>=2.2,<3' pyarrow" in outcome.err
    assert names(files) == ["current.csv", "references.parquet"]


def test_an_interpreter_without_evidently_leaves_the_old_page(evidently_report: Run, files: Path) -> None:
    (files / "report.html").write_text("old")
    refused(
        evidently_report("--python", sys.executable), 3,
        f"'{sys.executable}' cannot import Evidently: No module named 'evidently'", "python3 -m venv DIR",
    )  # fmt: skip
    assert (files / "report.html").read_text() == "old"
    assert names(files) == ["current.csv", "references.parquet", "report.html"]


def test_a_failed_installation_leaves_nothing(
    evidently_report: Run, files: Path, no_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(files))
    refused(
        evidently_report("--install"),
        3,
        "Evidently cannot be installed: ",
        "No matching distribution",
        "install --quiet ",
    )
    assert names(no_cache) == []
    assert "report.html" not in names(files)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("true", "Evidently could not draw the report: it ended with exit status 0 and said nothing"),
        ("echo 'the first' >&2; echo 'the last' >&2; exit 1", "Evidently could not draw the report: the last"),
        ("kill -9 $$", "Evidently's process was ended by signal 9"),
    ],
)
def test_a_process_that_draws_nothing_is_said(evidently_report: Run, files: Path, script: str, message: str) -> None:
    program = files / "python"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    refused(evidently_report("--python", program), 3, message)
    assert "report.html" not in names(files)


@pytest.mark.parametrize("name", ["none", "current.csv"])
def test_what_is_no_interpreter_is_said(evidently_report: Run, files: Path, name: str) -> None:
    refused(evidently_report("--python", files / name), 2, "which is no program that can be run")


def test_python_and_install_exclude_each_other(evidently_report: Run) -> None:
    refused(evidently_report("--python", sys.executable, "--install"), 2, "not allowed with argument --python")


# ---------------------------------------------------------------------------------------- files


def drop(*columns: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda rows: rows.drop(columns=list(columns))


@pytest.mark.parametrize(
    ("change", "messages"),
    [
        (drop("plan", "yes"), ["does not fit the reference", "it lacks 'plan', 'yes'. It has: age, income, no."]),
        (drop("no", "yes"), ["lacks the scores 'no', 'yes'", "drum monitor reference --code-dir DIR --input '"]),
        (lambda rows: rows.head(0), ["has no rows to compare"]),
        (lambda rows: rows.map(lambda _: None), ["No column has a value in both"]),
    ],
)
def test_current_rows_that_do_not_fit(
    evidently_report: Run, files: Path, change: Callable[[pd.DataFrame], pd.DataFrame], messages: list[str]
) -> None:
    change(pd.read_csv(files / "current.csv")).to_csv(files / "current.csv", index=False)
    refused(evidently_report("--python", sys.executable), 2, *messages)
    assert names(files) == ["current.csv", "references.parquet"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "'{path}' with the current rows does not exist"),
        (b"no table", "'{path}' cannot be read as Parquet or CSV: "),
    ],
)
def test_current_file_that_cannot_be_read(
    evidently_report: Run, files: Path, content: bytes | None, message: str
) -> None:
    path = files / "rows.parquet"
    if content is not None:
        path.write_bytes(content)
    refused(evidently_report("--current", path), 2, message.format(path=path))


def test_a_reference_that_states_no_scores_needs_their_names(evidently_report: Run, files: Path) -> None:
    refused(evidently_report("--reference", files / "current.csv"), 2, "does not say which of its columns are scores")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (".", "is no file that could be replaced"),
        ("/proc/none/report.html", "'/proc/none/report.html' cannot be written: "),
        ("current.csv/report.html", "cannot be written: "),
        ("current.csv", "is one of the files to compare"),
    ],
)
def test_output_that_cannot_be_written(evidently_report: Run, files: Path, name: str, message: str) -> None:
    before = (files / "current.csv").read_bytes()
    refused(evidently_report("--output", files / name, "--python", sys.executable), 2, message)
    assert (files / "current.csv").read_bytes() == before
    assert names(files) == ["current.csv", "references.parquet"]
