"""Processes of their own: a Ray that the command starts and ends, and a cluster that it only visits."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import psutil
import pytest
from partitioned import metadata, names, save, written

from drum.testing import CodeDir

TELLS_WHERE = """
from pathlib import Path
import pandas as pd
from drum import RuntimeParameters
from weights import WEIGHT

FOLDER = str(Path(__file__).parent)

def score(data, model):
    told = f"{FOLDER}|{RuntimeParameters.get('factor')}|{WEIGHT}"
    return pd.DataFrame({"Predictions": [told] * len(data)})
"""
PARAMETERS = "runtimeParameterDefinitions: [{fieldName: factor, type: numeric, defaultValue: 2}]\n"


@pytest.fixture
def model(tmp_path: Path) -> CodeDir:
    files = dict(metadata("textgeneration"))
    files["model-metadata.yaml"] += PARAMETERS
    return CodeDir(tmp_path / "model", {"custom.py": TELLS_WHERE, "weights.py": "WEIGHT = 7", **files})


def drum(*words: object, **env: str) -> subprocess.CompletedProcess[str]:
    given = [os.fspath(word) if isinstance(word, os.PathLike) else str(word) for word in words]
    command = [sys.executable, "-m", "drum", "score", "--engine", "ray", "--batch-rows", "0", *given]
    return subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, check=False, timeout=120)


def told(folder: Path) -> list[str]:
    return written(folder)["Predictions"].iloc[0].split("|")


def test_a_cluster_gets_model_and_parameters(ray_address: str, model: CodeDir, tmp_path: Path) -> None:
    save(pd.DataFrame({"a": [1]}), tmp_path / "a.csv")
    (tmp_path / "values.yaml").write_text("factor: 10")
    words = ["-cd", model, "--input", tmp_path / "a.csv", "--runtime-params-file", tmp_path / "values.yaml"]
    done = drum(*words, "--output", tmp_path / "out", "--actors", 1, RAY_ADDRESS=ray_address)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    folder, factor, weight = told(tmp_path / "out")
    assert folder != os.fspath(model)
    assert (factor, weight) == ("10", "7")


def test_the_machine_alone(model: CodeDir, tmp_path: Path) -> None:
    save(pd.DataFrame({"a": [1]}), tmp_path / "in" / "a.csv")
    save(pd.DataFrame({"a": [2]}), tmp_path / "in" / "b.csv")
    before = rays()
    done = drum("-cd", model, "--input", tmp_path / "in", "--output", tmp_path / "out", "--actors", "1:2")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert told(tmp_path / "out") == [os.fspath(model), "2", "7"]
    assert len(names(tmp_path / "out")) == 4
    psutil.wait_procs(rays() - before, timeout=30)
    assert rays() - before == set()


def rays() -> set[psutil.Process]:
    """Return the processes of Ray that run."""
    return {one for one in psutil.process_iter(["name"]) if one.info["name"] in ("raylet", "gcs_server")}


def test_more_gpus_than_there_are(model: CodeDir, tmp_path: Path) -> None:
    save(pd.DataFrame({"a": [1]}), tmp_path / "a.csv")
    done = drum("-cd", model, "--input", tmp_path / "a.csv", "--output", tmp_path / "out", "--num-gpus", 64)
    assert (done.returncode, "Each actor is to have 64 GPUs" in done.stderr) == (2, True), done.stderr
