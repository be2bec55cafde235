"""Look into zips and jars without unpacking them."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path, PurePosixPath

from drum.errors import LoadError

SIGNATURE = b"PK\x03\x04"
CHUNK_BYTES = 2**20
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)
"""What Python says of content that is not what it was; of passwords and unknown compression, too."""


def names_in(path: Path) -> list[str] | None:
    """Return the names of the files in an archive; ``None`` if it is none, or is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return None


def check(path: Path) -> list[str]:
    """Return the names of the files in an archive; all of it is read, once.

    :raises LoadError: if it is damaged, content included, or a name in it leads out of it.
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
    _check_content(path)
    return names


def _check_content(path: Path) -> None:
    """Compare the files in an archive with their checksums, which Java does not: it would score what is damaged."""
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            try:
                with archive.open(entry) as member:
                    while member.read(CHUNK_BYTES):
                        pass
            except UNREADABLE as error:
                raise LoadError(
                    f"'{path.name}' is damaged: '{entry.filename}' in it cannot be read ({error}). Save the model "
                    "again, and copy it in binary mode."
                ) from error


def _leads_out(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or name[1:2] == ":"
