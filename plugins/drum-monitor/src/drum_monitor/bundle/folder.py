"""Write a folder completely or not at all, and the same bytes each time."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from drum.errors import ConfigError, OutputError

EPOCH = 315532800
"""1980-01-01, the first day that every archive format knows: the time of each file in a bundle."""
LEFT_OUT = frozenset({"__pycache__", ".git", ".ipynb_checkpoints", ".DS_Store", ".venv"})
"""What a code directory may hold that is no part of the model."""


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Give a folder to write into; it gets the name ``target`` once all is well, and is removed otherwise.

    :raises ConfigError: if ``target`` exists.
    :raises OutputError: if it cannot be written.
    """
    if target.exists() or target.is_symlink():
        raise ConfigError(f"'{target}' exists already. Choose a folder that does not, or remove it.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise _not_written(target, error) from error
    try:
        yield part
        _settle(part)
        part.rename(target)
    except OSError as error:
        raise _not_written(target, error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _not_written(target: Path, error: OSError) -> OutputError:
    return OutputError(f"'{target}' cannot be written: {error.strerror or error}.")


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write texts by their path below ``folder``; scripts become executable."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        if path.suffix == ".sh":
            path.chmod(0o755)


def copy_code_dir(source: Path, target: Path) -> None:
    """Copy a code directory without what tools have left in it; what links point to is copied in their place.

    :raises ConfigError: if something in it cannot be read.
    """
    try:
        shutil.copytree(source, target, ignore=lambda _, names: LEFT_OUT & set(names))
    except shutil.Error as error:
        path, _, reason = error.args[0][0]
        raise ConfigError(f"'{path}' in the code directory cannot be copied: {reason}.") from error


def _settle(folder: Path) -> None:
    """Give files the same permissions and times, whoever writes them, and whenever."""
    paths = sorted(folder.rglob("*"), reverse=True)
    for path in [*paths, folder]:
        executable = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(0o755 if executable else 0o644)
        os.utime(path, (EPOCH, EPOCH))
