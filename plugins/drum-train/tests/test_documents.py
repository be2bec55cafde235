"""The sequences of commands in docs/training.md run as they stand; the starters do what their README says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from drum.testing import run_cli

REPOSITORY = Path(__file__).parents[3]
BLOCKS = re.findall(r"```sh\n(.*?)```", (REPOSITORY / "docs" / "training.md").read_text(encoding="utf-8"), re.DOTALL)


def run(script: str, folder: Path) -> str:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=folder, env={**os.environ, "PATH": path}, check=False,
        capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """Return a folder that has the examples, as the top of the repository has."""
    (tmp_path / "examples").symlink_to(REPOSITORY / "examples")
    return tmp_path


def test_there_are_two_sequences() -> None:
    assert len(BLOCKS) == 2


def test_a_network_from_the_data_to_the_bundle(top: Path) -> None:
    told = run(BLOCKS[0], top)
    assert "no difference" in told
    assert float(re.search(r"r2 +([\d.]+)", told)[1]) > 0.3  # type: ignore[index]
    assert float(re.search(r"largest difference is ([\d.e-]+\d)", told)[1]) <= 1e-5  # type: ignore[index]
    assert len(pd.read_csv(top / "work" / "predictions.csv")) == 20
    assert told.count('"message":"OK"') == 2
    assert len(json.loads(re.search(r'\{"predictions":.*?\}', told)[0])["predictions"]) == 20  # type: ignore[index]
    assert "drum_monitor_received_rows_total 20.0" in told
    assert (top / "work" / "bundle" / "README.md").exists()


def test_topics_by_a_hook(top: Path) -> None:
    told = run(BLOCKS[1], top)
    assert float(re.search(r"path_accuracy +([\d.]+)", told)[1]) > 0.7  # type: ignore[index]
    assert float(re.search(r"largest difference is ([\d.e-]+\d)", told)[1]) <= 1e-5  # type: ignore[index]
    table = pd.read_csv(top / "work" / "topics.csv")
    assert table["topics"].str.count("\n").eq(1).all()
    assert table["topics"].str.split("\n").str[0].tolist() == table.drop(columns="topics").idxmax(axis=1).tolist()
    assert told.count('"message":"OK"') == 2
    assert told.count('"hardware/printer/toner":') == 20  # what the server answered
    assert "drum_monitor_received_rows_total 20.0" in told
    assert told.rstrip().endswith("hardware/printer/toner")


@pytest.mark.parametrize("framework", ["sklearn", "torch"])
def test_starters_are_written_whole(framework: str, tmp_path: Path) -> None:
    outcome = run_cli(["new", "model", "--layout", "class", "--framework", framework, "--code-dir", tmp_path / "new"])
    assert outcome.exit_code == 0, outcome.err
    commands = re.findall(r"^    drum (\w+)", (tmp_path / "new" / "README.md").read_text(), re.MULTILINE)
    assert commands == ["fit", "test", "export"]
    assert list((tmp_path / "new").glob("models/*/__init__.py"))
