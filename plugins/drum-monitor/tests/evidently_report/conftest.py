"""Evidently itself, in the environment that ``--install`` makes; it is kept in the user's cache folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from drum.errors import PluginDependencyError
from drum.testing import run_cli
from drum_monitor.evidently_report.environment import install
from drum_monitor.reference import write_reference
from drum_monitor.roles import Roles


@pytest.fixture(scope="session")
def evidently() -> Path:
    """Return an interpreter that has Evidently; the first time, that takes a minute and 1 GB."""
    try:
        return install()
    except PluginDependencyError as error:
        pytest.skip(error.message)


@pytest.fixture
def files(tmp_path: Path, table: pd.DataFrame, roles: Roles, rows: Callable[..., pd.DataFrame]) -> Path:
    """Return a folder with a reference and current rows that have drifted, and no true answers."""
    write_reference(table, roles, tmp_path / "references.parquet")
    rows(500, shift=1.0).to_csv(tmp_path / "current.csv", index=False)
    return tmp_path


@pytest.fixture
def evidently_report(files: Path) -> Callable[..., object]:
    """Return a function that runs the command on the files; ``further`` options win."""

    def run(*further: object) -> object:
        given = ["--reference", files / "references.parquet", "--current", files / "current.csv"]
        return run_cli(["monitor", "evidently", *given, "--output", files / "report.html", *further])

    return run
