"""Folders are complete or not there, whatever ends the run; what killed runs left is removed by the next one."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from drum.testing import CodeDir, run_cli
from drum_train.building import MARK
from drum_train.output_folder import new_folder

ENDED = """

import os
import signal

learn = fit


def fit(X, y, output_dir, class_order, row_weights, parameters):
    learn(X, y, output_dir, class_order, row_weights, parameters)
    if "KILL_BY" in os.environ:
        os.kill(os.getpid(), int(os.environ["KILL_BY"]))
"""
APART = "import signal, sys; signal.signal(signal.SIGHUP, signal.SIG_DFL); from drum.cli import main; sys.exit(main())"
"""Calls drum as a terminal does, even where the tests run under ``nohup``."""


@pytest.fixture
def words(means: CodeDir, table: Path, tmp_path: Path) -> list[str]:
    """Return a call of drum whose hook ends its process by the signal ``KILL_BY``, when it has written the model."""
    with (means / "custom.py").open("a") as file:
        file.write(ENDED)
    return ["fit", "--code-dir", str(means.path), "--input", str(table), "--output", str(tmp_path / "out"),
            "--target", "price", "--target-type", "regression"]  # fmt: skip


def end_by(number: int, words: list[str], monkeypatch: pytest.MonkeyPatch) -> subprocess.CompletedProcess[str]:
    with monkeypatch.context() as patch:
        patch.setenv("KILL_BY", str(int(number)))
        return subprocess.run([sys.executable, "-P", "-c", APART, *words], check=False, capture_output=True, text=True,
                              timeout=300)  # fmt: skip


def beside(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in tmp_path.glob(".*"))


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_run_that_is_hung_up_or_terminated_leaves_nothing(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    done = end_by(number, words, monkeypatch)
    assert (done.returncode, "drum: terminated" in done.stderr) == (143, True), done.stderr
    assert (beside(tmp_path), (tmp_path / "out").exists()) == ([], False)


def test_what_a_killed_run_left_is_removed_by_the_next(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert end_by(signal.SIGKILL, words, monkeypatch).returncode == -signal.SIGKILL
    assert len(beside(tmp_path)) == 1
    assert run_cli(words).exit_code == 0
    assert (beside(tmp_path), (tmp_path / "out" / "learnt.txt").exists()) == ([], True)


def test_a_run_leaves_the_folder_of_a_living_one_alone(tmp_path: Path) -> None:
    with new_folder(tmp_path / "out") as slow:
        (slow / "slow.txt").touch()
        with new_folder(tmp_path / "out") as quick:
            (quick / "quick.txt").touch()
        assert (slow / "slow.txt").exists()
        assert (tmp_path / "out" / "quick.txt").exists()
    assert (tmp_path / "out" / "slow.txt").exists()
    assert beside(tmp_path) == []


def test_folders_of_others_are_left_alone(tmp_path: Path) -> None:
    for name in (".out-abcdefgh", ".out-2-abcdefgh"):
        CodeDir(tmp_path / name, {"notes.txt": "mine"})
    with new_folder(tmp_path / "out"):
        pass
    assert beside(tmp_path) == [".out-2-abcdefgh", ".out-abcdefgh"]


@pytest.mark.parametrize("in_place", [False, True])
def test_a_run_killed_between_two_renames_loses_nothing(tmp_path: Path, in_place: bool) -> None:
    for content in ("before", "now"):
        with new_folder(tmp_path / content) as folder:
            (folder / "model.txt").write_text(content)
    (tmp_path / "before").rename(tmp_path / ".out-abcdefgh-old")
    (tmp_path / "now").rename(tmp_path / ("out" if in_place else ".out-abcdefgh"))
    with pytest.raises(ValueError, match="training fails"), new_folder(tmp_path / "out"):
        raise ValueError("training fails")
    assert (tmp_path / "out" / "model.txt").read_text() == ("now" if in_place else "before")
    assert (tmp_path / "out" / MARK).exists()
    assert beside(tmp_path) == []


def test_what_cannot_be_scored_is_named_where_it_is_kept(words: list[str], tmp_path: Path, means: CodeDir) -> None:
    with (means / "custom.py").open("a") as file:
        file.write("\n\ndef load_model(code_dir):\n    raise ValueError(f'nothing in {code_dir}')\n")
    err = run_cli(words).err
    assert f"nothing in {tmp_path / 'out.rejected'}. What was trained is kept" in err
    assert ".out-" not in err
    err = run_cli([*words[:5], *words[7:]]).err
    assert "nothing in OUTPUT. It was a dry run: 'OUTPUT' stands for the folder, which is not kept." in err
    assert "drum-train-" not in err


def test_names_of_hyperparameters_without_a_model_end_the_run(words: list[str], means: CodeDir) -> None:
    means.add("hyperparameters.json", json.dumps({"custom": {"depth": 3}}))
    means.add("model-metadata.yaml", "name: prices\ntype: training\ntargetType: regression\n")
    outcome = run_cli(words)
    assert (outcome.exit_code, "holds nothing under 'prices'" in outcome.err) == (2, True), outcome.err
