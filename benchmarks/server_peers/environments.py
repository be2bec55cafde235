"""Virtual environments, one for each peer, and wrk."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
REQUIREMENTS = Path(__file__).parent


def run_where_drum_is(folder: Path) -> None:
    """Start this program anew in an environment with drum, unless drum is here."""
    if all(importlib.util.find_spec(name) for name in ("drum", "drum_sklearn", "sklearn")):
        return
    words = f"-c {REPOSITORY}/constraints.txt -e {REPOSITORY}/core[arrow] -e {REPOSITORY}/plugins/drum-sklearn"
    python = _environment(folder / "drum", words.split())
    os.execv(python, [str(python), *sys.argv])


def python_of(peer: str, folder: Path) -> Path:
    """Return the interpreter of a peer; install the peer if it is not there."""
    requirements = REQUIREMENTS / f"requirements-{peer}.txt"
    return _environment(folder / peer, ["-r", str(requirements)]) if requirements.exists() else Path(sys.executable)


def _environment(folder: Path, words: list[str]) -> Path:
    """Create an environment and install into it what ``words`` say, unless just that was done before."""
    python, record = folder / "bin" / "python", folder / "installed.txt"
    files = [Path(word).read_text() for word in words if word.endswith(".txt")]
    wanted = "\n".join([*words, *files])
    if not record.exists() or record.read_text() != wanted:
        print(f"Installing into {folder}.", flush=True)
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-qq", *words], check=True)
        record.write_text(wanted)
    return python


def need_tools() -> None:
    """Install wrk where we may; else say what is missing."""
    if not shutil.which("wrk") and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "--yes", "--quiet", "wrk"], check=True)
    for tool, package in (("wrk", "wrk"), ("taskset", "util-linux")):
        if not shutil.which(tool):
            sys.exit(f"'{tool}' is missing. Install it, on Debian with: apt-get install {package}")
