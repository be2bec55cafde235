"""Model classes: training that is killed and resumed, finding classes, dry runs."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drum.errors import ConfigError, CustomCodeError
from drum.testing import CodeDir, run_cli
from drum_train import TEMPLATES
from drum_train.model_classes import METHODS, chosen_class

KILLED = """

import os
import signal

whole = {kind}._write


def half(self, path):
    if os.environ.get("KILL_AT") == str(self.epoch):
        path.write_bytes(b"half a checkpoint")
        os.kill(os.getpid(), signal.SIGKILL)
    whole(self, path)


{kind}._write = half
"""
"""Ends the process in the middle of writing a checkpoint."""
TARGETS = {"torch": "progression", "sklearn": "target"}
CLASSES = {"torch": ("network", "Network"), "sklearn": ("linear", "Linear")}


def run_apart(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Call drum in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "drum", *map(str, words)], env={**os.environ, **environment}, check=False,
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip


@pytest.fixture(params=["torch", "sklearn"])
def starter(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """Return a starter with its data, which can be killed."""
    framework = str(request.param)
    folder = tmp_path / framework
    shutil.copytree(TEMPLATES / framework, folder)
    subprocess.run([sys.executable, "data.py"], cwd=folder, check=True)
    name, kind = CLASSES[framework]
    (folder / "hyperparameters.json").write_text(json.dumps({name: {"epochs": 5}}))
    with (folder / "models" / name / f"{name}.py").open("a") as file:
        file.write(KILLED.format(kind=kind))
    return framework, folder


def state(framework: str, weights: Path) -> Any:
    """Return what is in the last checkpoint, comparable to the last bit."""
    (last,) = weights.glob("*/*/last_*.s*")
    if framework == "torch":
        return last.read_bytes()
    from drum_train import skops_state

    content = skops_state.read(last)
    arrays = {name: value.tobytes() for name, value in vars(content["estimator"]).items() if hasattr(value, "tobytes")}
    return arrays, content["rest"], content["best"].coef_.tobytes()


def test_a_killed_run_goes_on_as_if_it_had_never_stopped(starter: tuple[str, Path], tmp_path: Path) -> None:
    framework, folder = starter

    def fit(where: str, *words: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return run_apart("fit", "--code-dir", folder, "--input", folder / "train.csv", "--target", TARGETS[framework],
                         "--output", tmp_path / f"out-{where}", "--weights-dir", tmp_path / where, *words,
                         **environment)  # fmt: skip

    assert fit("whole").returncode == 0
    killed = fit("parted", KILL_AT="4")
    assert killed.returncode == -signal.SIGKILL
    assert list((tmp_path / "parted").glob("*/*/.last_*"))
    assert not (tmp_path / "out-parted").exists()
    assert len(list((tmp_path / "parted").glob("*/*/last_*.s*"))) == 1  # of epoch 3; the half one does not count
    resumed = fit("parted", "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert not list((tmp_path / "parted").glob("*/*/.*"))
    assert state(framework, tmp_path / "parted") == state(framework, tmp_path / "whole")
    if framework == "torch":
        import torch

        from drum_torch.loading import load

        one, other = (load(tmp_path / f"out-{where}" / "model.pt2", torch.device("cpu"), no_pickle=True)
                      for where in ("whole", "parted"))  # fmt: skip
        assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


@pytest.fixture
def finished(tmp_path: Path) -> list[object]:
    """Return the call that trained the starter for scikit-learn to its end, in 3 epochs."""
    folder = tmp_path / "sklearn"
    shutil.copytree(TEMPLATES / "sklearn", folder)
    subprocess.run([sys.executable, "data.py"], cwd=folder, check=True)
    (folder / "hyperparameters.json").write_text('{"linear": {"epochs": 3}}')
    words = ["fit", "--code-dir", folder, "--input", folder / "train.csv", "--target", "target", "--num-rows", "60",
             "--output", tmp_path / "out", "--weights-dir", tmp_path / "w"]  # fmt: skip
    outcome = run_cli(words)
    assert (outcome.exit_code, "already finished" in outcome.out) == (0, False), outcome.err
    return words


def test_a_finished_run_says_so_and_that_other_hyperparameters_do_not_count(
    finished: list[object], tmp_path: Path
) -> None:
    (record,) = (tmp_path / "w" / "linear" / "train").glob("last_*_run.json")
    (tmp_path / "p.json").write_text('{"epochs": 40}')
    for words, warned in (([], False), (["--parameter-file", tmp_path / "p.json"], True)):
        outcome = run_cli([*finished, "--resume", *words])
        assert outcome.exit_code == 0, outcome.err
        assert "was already finished: nothing left to train." in outcome.out
        assert ("'epochs' is 3 there, 40 is given" in outcome.err) is warned, outcome.err
    assert json.loads(record.read_text())["parameters"]["epochs"] == 3


def test_other_data_are_refused_unless_they_are_asked_for(finished: list[object], tmp_path: Path) -> None:
    folder = tmp_path / "w" / "linear" / "train"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    other = [*finished, "--resume", "--num-rows", "50"]
    outcome = run_cli(other)
    assert (outcome.exit_code, "60 rows of 30 features, now it is 50 rows" in outcome.err) == (2, True), outcome.err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert run_cli([*other, "--other-data"]).exit_code == 0
    swapped = ["--positive-class-label", "benign", "--negative-class-label", "malignant"]
    (tmp_path / "sklearn" / "model-metadata.yaml").unlink()
    outcome = run_cli([*finished, "--resume", "--target-type", "binary", *swapped])
    assert (outcome.exit_code, "trained with the labels benign, malignant, but now" in outcome.err) == (2, True)


def test_a_checkpoint_without_a_record_is_gone_on_from_with_a_warning(finished: list[object], tmp_path: Path) -> None:
    (record,) = (tmp_path / "w").glob("*/*/last_*_run.json")
    record.unlink()
    outcome = run_cli([*finished, "--resume"])
    assert (outcome.exit_code, "has no '_run.json' beside it" in outcome.err) == (0, True), outcome.err


def test_nothing_to_resume(starter: tuple[str, Path], tmp_path: Path) -> None:
    framework, folder = starter
    words = ["fit", "--code-dir", folder, "--input", folder / "train.csv", "--target", TARGETS[framework], "--resume"]
    assert "--weights-dir" in run_cli(words).err
    outcome = run_cli([*words, "--weights-dir", tmp_path / "w"])
    assert (outcome.exit_code, "nothing to resume" in outcome.err) == (2, True)
    assert not (tmp_path / "w").exists()


# ------------------------------------------------------------------------------------- finding them


def a_class(name: str, without: str = "") -> str:
    methods = "\n".join(f"    def {method}(self): ..." for method in METHODS if method != without)
    return f"class {name}:\n{methods}\n"


@pytest.fixture
def importable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    def write(files: dict[str, str]) -> Path:
        folder = CodeDir(tmp_path / "code", files)
        monkeypatch.syspath_prepend(str(folder.path))
        return folder.path

    return write


def test_the_only_class_is_found(importable: Callable[..., Path]) -> None:
    folder = importable(
        {"models/one/__init__.py": "from models.one.one import One", "models/one/one.py": a_class("One")}
    )
    found = chosen_class(folder, None)
    assert found is not None
    assert (found[0], found[1].__name__) == ("one", "One")


def test_several_must_be_chosen_from(importable: Callable[..., Path]) -> None:
    folder = importable({f"models/{name}/__init__.py": a_class("A") for name in ("one", "two")})
    with pytest.raises(ConfigError, match="Choose one with --model: one, two"):
        chosen_class(folder, None)
    assert chosen_class(folder, "two") is not None
    with pytest.raises(ConfigError, match=r"There is no model class 'three'. There are: one, two"):
        chosen_class(folder, "three")


def test_a_class_that_lacks_a_method_is_told(importable: Callable[..., Path]) -> None:
    folder = importable({"models/one/__init__.py": a_class("One", without="export_onnx")})
    with pytest.raises(CustomCodeError, match=r"'one' \(One\) lacks export_onnx"):
        chosen_class(folder, None)


def test_a_module_without_a_class_is_told(importable: Callable[..., Path]) -> None:
    with pytest.raises(CustomCodeError, match="must hold one class"):
        chosen_class(importable({"models/one/__init__.py": "x = 1"}), None)


def test_an_import_that_fails_is_the_users(importable: Callable[..., Path]) -> None:
    with pytest.raises(CustomCodeError, match="ModuleNotFoundError") as caught:
        chosen_class(importable({"models/one/__init__.py": "import no_such_module"}), None)
    assert "line 1" in caught.value.detail


def test_installed_classes_are_found_by_their_entry_point(
    importable: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    CodeDir(tmp_path / "site", {
        "installed.py": a_class("Installed"),
        "installed-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: installed\nVersion: 1\n",
        "installed-1.dist-info/entry_points.txt": "[drum.models]\nready = installed:Installed\n",
    })  # fmt: skip
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    found = chosen_class(importable({"a.txt": ""}), "ready")
    assert found is not None
    assert found[1].__name__ == "Installed"
