"""Write a folder completely or not at all; one that these commands wrote before is replaced."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from drum.errors import ConfigError, OutputError
from drum_train.building import MARK, OLD, building_beside

NOT_COPIED = shutil.ignore_patterns("__pycache__", ".git", ".pytest_cache", ".ipynb_checkpoints", MARK)


def check_place(output: Path, *sources: Path) -> None:
    """Check that a folder may be written.

    :raises ConfigError: if it lies in a folder that is read, or holds something that these commands did not write.
    """
    for source in sources:
        if output.resolve().is_relative_to(source.resolve()) or source.resolve().is_relative_to(output.resolve()):
            raise ConfigError(f"'{output}' and '{source}' lie inside one another. Choose a folder beside it.")
    if output.is_dir() and any(output.iterdir()) and not (output / MARK).exists():
        raise ConfigError(
            f"'{output}' exists, and was not written by drum fit or drum export. Choose a folder that does not."
        )
    if output.exists() and not output.is_dir():
        raise ConfigError(f"'{output}' is a file. Choose a folder.")


@contextmanager
def new_folder(output: Path | None) -> Iterator[Path]:
    """Yield an empty folder that becomes ``output`` if all goes well, and else leaves nothing behind.

    What runs that were killed left beside it is removed.

    :param output: ``None`` for a folder that is gone in the end.
    :raises OutputError: if it cannot be written.
    """
    if output is None:
        with tempfile.TemporaryDirectory(prefix="drum-train-") as folder:
            yield Path(folder).resolve()
        return
    output = output.resolve()
    with ExitStack() as stack:
        try:
            output.parent.mkdir(parents=True, exist_ok=True)
            building = stack.enter_context(building_beside(output))
        except OSError as error:
            raise OutputError(f"'{output}' cannot be written: {error.strerror}.") from error
        yield building
        (building / MARK).touch()
        building.chmod(0o755)
        _put_in_place(building, output)


def _put_in_place(building: Path, output: Path) -> None:
    try:
        if output.exists():
            old = building.with_name(f"{building.name}{OLD}")
            os.replace(output, old)
            os.replace(building, output)
            shutil.rmtree(old, ignore_errors=True)
        else:
            os.replace(building, output)
    except OSError as error:
        raise OutputError(f"'{output}' cannot be written: {error.strerror}.") from error


def copy_code(source: Path, folder: Path) -> None:
    """Copy a code directory into a folder that exists.

    :raises OutputError: if a file cannot be copied.
    """
    try:
        shutil.copytree(source, folder, ignore=NOT_COPIED, dirs_exist_ok=True)
    except (OSError, shutil.Error) as error:
        raise OutputError(f"'{source}' cannot be copied: {error}.") from error


def state_of(folder: Path) -> dict[str, tuple[int, int]]:
    """Return for each file when it was changed, and how large it is: what differs later was written meanwhile."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.stat().st_size)
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
