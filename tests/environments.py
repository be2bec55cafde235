"""Fresh virtual environments, with wheels to install into them."""

from __future__ import annotations

import os
import subprocess
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
DISTRIBUTIONS = {
    "drum-core": "core",
    "drum-example": "plugins/drum-example",
    "drum-image": "plugins/drum-image",
    "drum-java": "plugins/drum-java",
    "drum-julia": "plugins/drum-julia",
    "drum-keras": "plugins/drum-keras",
    "drum-monitor": "plugins/drum-monitor",
    "drum-onnx": "plugins/drum-onnx",
    "drum-r": "plugins/drum-r",
    "drum-ray": "plugins/drum-ray",
    "drum-sklearn": "plugins/drum-sklearn",
    "drum-torch": "plugins/drum-torch",
    "drum-train": "plugins/drum-train",
    "drum-xgboost": "plugins/drum-xgboost",
}


@dataclass(frozen=True)
class Environment:
    """A virtual environment, and the wheels that may be installed into it."""

    folder: Path
    wheels: Path

    def install(self, *requirements: str) -> None:
        """Install our own wheels by name, what they need from the index."""
        self.run(
            "python", "-m", "pip", "install", "-q", "--disable-pip-version-check", "--find-links", self.wheels,
            "-c", REPOSITORY / "constraints.txt", *requirements,
        )  # fmt: skip

    def run(
        self, *words: object, check: bool = True, cwd: Path | None = None, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of this environment; see what it wrote."""
        done = subprocess.run(
            self.command(*words), capture_output=True, text=True, check=False, cwd=cwd or self.folder,
            env={**os.environ, **(env or {})}, timeout=600,
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stderr
        return done

    def command(self, *words: object) -> Sequence[str]:
        """Return the command line that calls a program of this environment."""
        program, *arguments = (str(word) for word in words)
        return [str(self.folder / "bin" / program), *arguments]


def new_environment(folder: Path, wheels: Path) -> Environment:
    venv.create(folder, with_pip=True)
    return Environment(folder, wheels)
