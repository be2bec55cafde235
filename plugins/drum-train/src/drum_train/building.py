"""Folders that are being written, under a hidden name beside their place, and what killed runs left of them.

A folder is marked by a file that its process holds locked: the system lets go of the lock when the process ends,
however it ends. So a marked folder that nobody holds is stale.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MARK = ".drum-train"
"""A file in every folder that is written here: such a folder may be replaced."""
BUILDING = b"Written by drum fit or drum export.\n"
OLD = "-old"
"""What is added to the name of the folder that is written, for the one that it replaces."""


@contextmanager
def building_beside(output: Path) -> Iterator[Path]:
    """Yield an empty folder beside a place, which is gone in the end; remove what killed runs left there.

    :raises OSError: if it cannot be written.
    """
    _sweep(output)
    folder = Path(tempfile.mkdtemp(prefix=f".{output.name}-", dir=output.parent))
    try:
        with _held(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Mark a folder as one that this process writes."""
    with (folder / MARK).open("wb") as mark:
        with suppress(OSError):  # a file system without locks: then it is never taken for a stale one
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
            mark.write(BUILDING)  # locked first: an empty mark is not looked at
            mark.flush()
        yield


def _sweep(output: Path) -> None:
    own = re.compile(re.escape(f".{output.name}-") + "[a-z0-9_]{8}")
    for folder in [folder for folder in output.parent.iterdir() if own.fullmatch(folder.name.removesuffix(OLD))]:
        if folder.name.endswith(OLD):
            _sweep_replaced(folder, output)
        elif _content_of_free_mark(folder) == BUILDING:
            shutil.rmtree(folder, ignore_errors=True)


def _sweep_replaced(old: Path, output: Path) -> None:
    """Remove a folder that was replaced, or put it back if its run was killed before the new one was there."""
    by = old.with_name(old.name.removesuffix(OLD))
    if not (old / MARK).exists() or (by.exists() and _content_of_free_mark(by) is None):
        return
    if output.exists():
        shutil.rmtree(old, ignore_errors=True)
    else:
        os.replace(old, output)


def _content_of_free_mark(folder: Path) -> bytes | None:
    """Return what is in the mark of a folder, or ``None`` if a process that lives holds it, or there is none."""
    try:
        with (folder / MARK).open("rb+") as mark:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return mark.read()
    except OSError:
        return None
