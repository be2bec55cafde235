"""The core alone, and one plugin's wheel alone beside it."""

from __future__ import annotations

import json
from pathlib import Path

from environments import REPOSITORY, Environment

CUSTOM_ONLY = REPOSITORY / "examples" / "custom-only"


def test_core_alone_scores_custom_code(core_alone: Environment) -> None:
    done = core_alone.run("drum", "score", "--code-dir", CUSTOM_ONLY / "model", "--input", CUSTOM_ONLY / "input.csv")
    assert done.stdout == (CUSTOM_ONLY / "expected.csv").read_text()


def test_core_alone_names_the_plugin_to_install(core_alone: Environment) -> None:
    example = REPOSITORY / "examples" / "binary"
    words = ("drum", "score", "--code-dir", example / "model", "--input", example / "input.csv")
    done = core_alone.run(*words, check=False)
    assert (done.returncode, "pip install drum-sklearn" in done.stderr) == (2, True)


def test_core_alone_names_the_extra_to_install(core_alone: Environment, tmp_path: Path) -> None:
    (tmp_path / "data.parquet").write_bytes(b"PAR1")
    words = ("drum", "score", "--code-dir", CUSTOM_ONLY / "model", "--input", tmp_path / "data.parquet")
    done = core_alone.run(*words, check=False)
    assert (done.returncode, "pip install 'drum-core[arrow]'" in done.stderr) == (3, True)


def test_plugin_wheel_beside_the_core(core_alone: Environment, tmp_path: Path) -> None:
    core_alone.install("drum-example")
    names = [row["name"] for row in json.loads(core_alone.run("drum", "plugins", "--json").stdout)]
    assert names == ["arrow", "csv", "json", "local", "mtx", "parquet", "example"]
    (tmp_path / "model.example").write_text("a = 2\n")
    (tmp_path / "data.csv").write_text("a\n1\n2.5\n")
    words = ("drum", "score", "--code-dir", tmp_path, "--input", tmp_path / "data.csv", "--target-type", "regression")
    assert core_alone.run(*words).stdout == "Predictions\n2.0\n5.0\n"


def test_written_plugin_installs_and_passes_its_tests(core_alone: Environment, tmp_path: Path) -> None:
    core_alone.run("drum", "new", "plugin", "fortran", cwd=tmp_path)
    core_alone.install("hatchling", "editables", "drum-core[testing]")
    core_alone.install("--no-build-isolation", "-e", str(tmp_path / "drum-fortran"))
    done = core_alone.run("python", "-m", "pytest", "-q", tmp_path / "drum-fortran", cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout
