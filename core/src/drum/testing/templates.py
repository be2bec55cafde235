"""Try a plugin's template as its user would: write it, and run its ``train.py``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from drum.testing.command_line import run_cli


def trained_template(name: str, folder: Path) -> Path:
    """Write the template called ``name`` to ``folder``, train its model there, and return the folder."""
    outcome = run_cli(["new", "model", "--code-dir", folder, "--framework", name])
    assert outcome.exit_code == 0, outcome.err
    done = subprocess.run(
        [sys.executable, "train.py"], cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return folder
