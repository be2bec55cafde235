"""Tell what a file of torch's holds by the names of its members; nothing is imported, nothing unpickled.

Formats: ``torch.save`` writes a zip with a ``data.pkl`` (before 1.6, pickles that begin with a magic number),
``torch.jit.save`` the same with ``constants.pkl`` and code, ``torch.export.save`` one with ``models/*.json``
(before 2.8, ``serialized_exported_program.json``); safetensors begin with the length of a JSON header.
"""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path


class Kind(str, Enum):
    """What a file holds."""

    PICKLE = "a module or weights, pickled"
    SCRIPT = "TorchScript"
    PROGRAM = "torch.export"
    LIBRARY = "AOTInductor"
    WEIGHTS = "safetensors"


_MEMBERS = (
    (re.compile(r"/models/[^/]+\.json$|/serialized_exported_program\.json$"), Kind.PROGRAM),
    (re.compile(r"/data/aotinductor/"), Kind.LIBRARY),
    (re.compile(r"/constants\.pkl$"), Kind.SCRIPT),
    (re.compile(r"/data\.pkl$"), Kind.PICKLE),
)
"""Members that tell, the most telling first."""
_MAGIC = b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
"""The number 0x1950a86a20f9469cfc6c as pickle writes it."""
_ZIP = b"PK\x03\x04"


def kind_of(path: Path) -> Kind | None:
    """Return what the file holds, or ``None`` if it is none of torch's."""
    try:
        with path.open("rb") as file:
            head = file.read(32)
        if head.startswith(_ZIP):
            return _kind_of_archive(path)
    except OSError:
        return None  # the core says so better
    if _MAGIC in head:
        return Kind.PICKLE
    header_bytes = int.from_bytes(head[:8], "little")
    return Kind.WEIGHTS if head[8:9] == b"{" and header_bytes <= path.stat().st_size - 8 else None


def _kind_of_archive(path: Path) -> Kind | None:
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            names = [f"/{name}" for name in archive.namelist()]
    except zipfile.BadZipFile:
        return None
    return next((kind for pattern, kind in _MEMBERS if any(map(pattern.search, names))), None)
