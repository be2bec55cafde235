"""Code directories, and programs that stand in for builders."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from drum.testing import CodeDir

REPOSITORY = Path(__file__).parents[3]
PLUGINS = ("julia", "onnx", "r", "sklearn")


@pytest.fixture
def examples() -> Path:
    """Return the folder of the repository's examples."""
    return REPOSITORY / "examples"


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with wheels of the source tree, built once: most tests are not about how they are built."""
    folder = tmp_path_factory.mktemp("wheels")
    places = [REPOSITORY / "core", *(REPOSITORY / "plugins" / f"drum-{name}" for name in PLUGINS)]
    words = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--wheel-dir", str(folder), *map(str, places)]
    subprocess.run(words, check=True)
    return folder


@pytest.fixture
def custom_only(tmp_path: Path) -> Path:
    """Return a code directory that needs nothing but the core."""
    code = "import pandas as pd\n\ndef score(data, model, **kwargs):\n    return pd.DataFrame({'p': data['x'] * 2.0})\n"
    return CodeDir(tmp_path / "custom-only", {"custom.py": code}).path


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Return a function that puts a shell script onto the path; at first, there is no builder on it."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("sh", "cat", "cp", "env"):
        (folder / name).symlink_to(f"/bin/{name}")
    monkeypatch.setenv("PATH", str(folder))

    def add(name: str, script: str) -> None:
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        os.chmod(path, 0o755)

    return add
