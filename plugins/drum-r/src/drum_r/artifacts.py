"""What lies in a code directory: ``.rds`` files and ``custom.R``, told apart without R."""

from __future__ import annotations

import bz2
import lzma
import zlib
from pathlib import Path

from drum.detection import only_file
from drum.errors import AmbiguousArtifactError
from drum.settings import Settings
from drum.types import Detection, Match

RDS = ".rds"
CUSTOM_FILES = ("custom.R", "custom.r")
PYTHON_CUSTOM_FILE = "custom.py"
BEGINNING = 2**12
HEADS = (b"X\n\0\0\0", b"A\n", b"B\n")
"""How the formats of R's serialize begin (R internals, 1.8): XDR with its version, text, and the machine's own."""
WORKSPACES = (b"RDX", b"RDA", b"RDB")
"""How a file begins that ``save`` has written, which holds any number of objects by name."""


def custom_file(code_dir: Path) -> Path | None:
    """Return ``custom.R`` or ``custom.r``, if there is one.

    :raises AmbiguousArtifactError: if there are both.
    """
    found = [path for path in code_dir.iterdir() if path.name in CUSTOM_FILES and path.is_file()]
    if len(found) > 1:
        raise AmbiguousArtifactError(f"'{code_dir}' holds both custom.R and custom.r. Remove one of them.")
    return found[0] if found else None


def detect(code_dir: Path) -> Detection | None:
    """Vote for ``custom.R``, or for the one ``.rds`` file.

    With ``custom.R`` there may be any number of ``.rds`` files: it is known only when R has read it whether it loads
    them itself. It is as strong a vote as a proven file of another framework, for only the user knows which one counts.
    """
    custom = custom_file(code_dir)
    if custom is not None:
        return Detection(runtime="r", path=_one_of_several(code_dir) or custom, match=Match.PROVEN, note=custom.name)
    path = only_file(code_dir, RDS)
    if path is None:
        return None
    return Detection(runtime="r", path=path, match=Match.PROVEN if looks_like_rds(path) else Match.NAMED)


def _one_of_several(code_dir: Path) -> Path | None:
    try:
        return only_file(code_dir, RDS)
    except AmbiguousArtifactError:
        return None


def looks_like_rds(path: Path) -> bool:
    """Tell whether a file begins as ``saveRDS`` writes it, with whichever compression."""
    return beginning(path).startswith(HEADS)


def is_workspace(path: Path) -> bool:
    """Tell whether a file was written by ``save`` rather than ``saveRDS``."""
    return beginning(path).startswith(WORKSPACES)


def beginning(path: Path) -> bytes:
    """Return the first bytes of a file, uncompressed; none if it is damaged or cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.read(BEGINNING)
    except OSError:
        return b""
    try:
        if head.startswith(b"\x1f\x8b"):
            return zlib.decompressobj(wbits=31).decompress(head, 16)
        if head.startswith(b"BZh"):
            return bz2.BZ2Decompressor().decompress(path.read_bytes(), 16)
        if head.startswith(b"\xfd7zXZ\0"):
            return lzma.LZMADecompressor().decompress(head, 16)
    except (zlib.error, OSError, EOFError, lzma.LZMAError):
        return b""
    return head


def refuse_two_languages(code_dir: Path, settings: Settings) -> None:
    """Refuse hooks in Python and in R side by side: nobody could tell which of two is called, and when.

    :raises AmbiguousArtifactError: unless an option says that those in R are not meant.
    """
    if settings.get("language") not in (None, "r") or settings.get("runtime") not in (None, "r"):
        return
    custom = custom_file(code_dir)
    if custom is not None and (code_dir / PYTHON_CUSTOM_FILE).is_file():
        raise AmbiguousArtifactError(
            f"'{code_dir}' holds hooks in two languages, {PYTHON_CUSTOM_FILE} and {custom.name}. Remove one of them, "
            "or say --language python to leave those in R alone."
        )
