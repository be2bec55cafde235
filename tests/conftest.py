"""Fixtures that several folders share: the wheels of every distribution, and environments with some of them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from environments import DISTRIBUTIONS, REPOSITORY, Environment, new_environment


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of every distribution; that of drum-java only where there is a compiler for it."""
    folder = tmp_path_factory.mktemp("wheels")
    for name, source in DISTRIBUTIONS.items():
        if name == "drum-java" and shutil.which("javac") is None:
            continue
        subprocess.run(
            [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, REPOSITORY / source],
            check=True, capture_output=True,
        )  # fmt: skip
    return folder


@pytest.fixture(scope="session")
def core_alone(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Environment:
    """Return an environment with drum-core and nothing else of ours."""
    environment = new_environment(tmp_path_factory.mktemp("core-alone"), wheels)
    environment.install("drum-core")
    return environment


@pytest.fixture(scope="session")
def with_sklearn(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Environment:
    """Return an environment as the README recommends it: the core with Arrow, and drum-sklearn."""
    environment = new_environment(tmp_path_factory.mktemp("with-sklearn"), wheels)
    environment.install("drum-core[arrow]", "drum-sklearn")
    return environment
