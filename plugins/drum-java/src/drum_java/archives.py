"""Look into zips and jars without unpacking them."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath

from drum.errors import LoadError

SIGNATURE = b"PK\x03\x04"


def names_in(path: Path) -> list[str] | None:
    """Return the names of the files in an archive; ``None`` if it is none, or is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return None


def check(path: Path) -> list[str]:
    """Return the names of the files in an archive.

    :raises LoadError: if it is damaged, or a name in it leads out of it.
    """
    names = names_in(path)
    if names is None:
        with path.open("rb") as file:
            is_cut = file.read(len(SIGNATURE)) == SIGNATURE
        what = "is truncated: its end is missing" if is_cut else "is no zip archive"
        raise LoadError(f"'{path.name}' {what}. Save the model again, and copy it in binary mode.")
    for name in names:
        if _leads_out(name):
            raise LoadError(f"'{path.name}' holds a file called '{name}', which leads out of it: it is not loaded.")
    return names


def _leads_out(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or name[1:2] == ":"
