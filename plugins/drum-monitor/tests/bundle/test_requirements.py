"""Requirements are what is installed, and what the user states wins."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

from drum.errors import ConfigError
from drum.testing import CodeDir, run_cli
from drum_monitor.bundle.requirements import copy_wheels, pins, requirements_text, stated_names

CUSTOM = """
import pandas as pd

def score(data, model, **kwargs):
    return pd.DataFrame({"Predictions": [1.0] * len(data)})
"""
PINS = {pin.name: pin for pin in pins(["drum-core", "drum-sklearn"], optional=["drum-core", "drum-sklearn"])}


@pytest.mark.parametrize("name", ["drum-core", "drum-sklearn", "scikit-learn", "pandas", "numpy", "pyarrow", "uvicorn"])
def test_what_is_installed_is_pinned(name: str) -> None:
    assert str(PINS[name]) == f"{name}=={metadata.version(name)}"


@pytest.mark.parametrize("name", ["httptools", "threadpoolctl", "python-dateutil"])
def test_so_is_what_that_needs(name: str) -> None:
    assert name in PINS


@pytest.mark.parametrize("name", ["pytest", "httpx2", "pip"])
def test_what_tests_need_is_not(name: str) -> None:
    assert name not in PINS


def test_extras_are_pinned_where_they_are_wanted_only() -> None:
    assert "pyarrow" in PINS
    assert "pyarrow" not in {pin.name for pin in pins(["drum-core"])}


def test_what_comes_from_a_folder_is_told() -> None:
    assert not PINS["numpy"].local


def test_a_missing_distribution_is_an_error() -> None:
    with pytest.raises(ConfigError, match="pip install no-such-distribution"):
        pins(["no-such-distribution"])


def test_names_of_a_requirements_file(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text(
        "# comment\n--index-url https://example.org\nnumpy>=1 # why\nLightGBM[extra]==4 ; python_version > '3'\n"
        "xgboost==3 --hash=sha256:00\n./a/path\n\n"
    )
    assert stated_names(file) == ["numpy", "LightGBM", "xgboost"]
    assert stated_names(tmp_path / "none.txt") == []


def test_text() -> None:
    text = requirements_text([PINS["numpy"]], with_wheels=True, further="model/requirements.txt")
    assert text.splitlines()[1:] == ["--find-links wheels", "-r model/requirements.txt", str(PINS["numpy"])]


def test_wheels_of_the_pinned_versions_are_copied(tmp_path: Path) -> None:
    version = metadata.version("numpy")
    names = [f"numpy-{version}-py3-none-any.whl", "numpy-0.1-py3-none-any.whl", "other-1.0-py3-none-any.whl"]
    for name in [*names, "no wheel.txt"]:
        (tmp_path / name).touch()
    assert copy_wheels([PINS["numpy"]], tmp_path, tmp_path / "wheels") == {"numpy"}
    assert [path.name for path in (tmp_path / "wheels").iterdir()] == names[:1]


def requirements_of(folder: Path) -> list[str]:
    return (folder / "inference" / "requirements.txt").read_text().splitlines()


@pytest.fixture
def code_with_requirements(tmp_path: Path) -> Path:
    """Bundle a model of custom code alone, which states a requirement of its own."""
    folder = CodeDir(tmp_path / "code", {"custom.py": CUSTOM, "requirements.txt": "Pandas<4\n"})
    words = ("--target-type", "regression", "--no-monitoring", "--output", tmp_path / "out")
    outcome = run_cli(["monitor", "bundle", "--code-dir", folder, *words])
    assert outcome.exit_code == 0, outcome.err
    return tmp_path / "out"


def test_what_the_model_states_wins(code_with_requirements: Path) -> None:
    lines = requirements_of(code_with_requirements)
    assert "-r model/requirements.txt" in lines
    assert not [line for line in lines if line.startswith("pandas=")]
    dockerfile = (code_with_requirements / "inference" / "Dockerfile").read_text().splitlines()
    copied = dockerfile.index("COPY model ./model/")
    assert copied < next(number for number, line in enumerate(dockerfile) if "pip install" in line)


def test_a_runtime_is_needed_by_its_models_only(bundle: Path, code_with_requirements: Path) -> None:
    assert [line for line in requirements_of(bundle) if line.startswith("drum-sklearn==")]
    assert not [line for line in requirements_of(code_with_requirements) if "sklearn" in line]
