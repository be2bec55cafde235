"""Where Evidently lives: an environment of its own, for it needs an older pandas than drum does."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from drum.errors import ConfigError, OutputError, PluginDependencyError

REQUIREMENTS = ("evidently>=0.7.23,<0.8", "pandas>=2.2,<3", "pyarrow")
"""What to install. Evidently states no upper limit for pandas, but cannot be imported beside pandas 3."""
ADVICE = (
    f"  python3 -m venv DIR && DIR/bin/pip install {shlex.join(REQUIREMENTS)}\n"
    "makes an environment that has it; name it with --python DIR/bin/python."
)


def clean_variables() -> dict[str, str]:
    """Return the environment variables for another interpreter: without those by which Python finds drum's modules."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}


def environment_folder() -> Path:
    """Return the folder of the environment that drum makes.

    :raises ConfigError: if there is no home folder.
    """
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    except RuntimeError as error:
        raise ConfigError(
            "There is no home folder to keep Evidently in. Set XDG_CACHE_HOME to a folder, or name an interpreter "
            "that has Evidently with --python."
        ) from error
    return cache / "drum" / f"evidently-0.7-python{sys.version_info.major}.{sys.version_info.minor}"


def _python_in(folder: Path) -> Path:
    return folder / "bin" / "python"


def named_python(text: str) -> Path:
    """Return the interpreter that the user names, by its path or as it is called on ``PATH``.

    :raises ConfigError: if it cannot be run.
    """
    found = shutil.which(os.path.expanduser(text))
    if found is None:
        raise ConfigError(f"--python is '{text}', which is no program that can be run.")
    return Path(found)


def own_python() -> Path:
    """Return the interpreter of the environment that drum made.

    :raises PluginDependencyError: if it made none yet; the message says how to get one.
    """
    folder = environment_folder()
    python = _python_in(folder)
    if not python.is_file():
        raise PluginDependencyError(
            "Evidently is not installed. It needs pandas 2, and drum needs pandas 3, so it has an environment of its "
            f"own.\nAdd --install to have it made in '{folder}', once: about 1 GB. Or do it yourself:\n{ADVICE}"
        )
    return python


def install() -> Path:
    """Make the environment, complete or not at all, unless it is there; return its interpreter.

    :raises OutputError: if its folder cannot be written.
    :raises PluginDependencyError: if Evidently cannot be installed.
    """
    folder = environment_folder()
    if _python_in(folder).is_file():
        return _python_in(folder)
    sys.stderr.write(f"Installing Evidently into '{folder}': about 1 GB, once.\n")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise OutputError(f"'{folder}' cannot be written: {error.strerror or error}.") from error
    try:
        _run([sys.executable, "-m", "venv", str(part)])
        pip = [str(_python_in(part)), "-m", "pip", "--disable-pip-version-check"]
        _run([*pip, "install", "--quiet", *REQUIREMENTS])
        _put_in_place(part, folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return _python_in(folder)


def _run(words: Sequence[str]) -> None:
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False, env=clean_variables())
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines() or [f"exit status {done.returncode}"]
        raise PluginDependencyError(
            f"Evidently cannot be installed: {said[-1].strip()}\nThe command was: {shlex.join(words)}",
            detail="\n".join(said[:-1]),
        )


def _put_in_place(part: Path, folder: Path) -> None:
    """Give the finished environment its name; where another process has been faster, leave that one."""
    if folder.exists() and not _python_in(folder).is_file():
        shutil.rmtree(folder)  # its interpreter is gone: a link to a Python that was removed
    try:
        part.rename(folder)
    except OSError as error:
        if not _python_in(folder).is_file():
            raise OutputError(f"'{folder}' cannot be written: {error.strerror or error}.") from error
