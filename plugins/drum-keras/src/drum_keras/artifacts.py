"""Tell what a file holds without Keras.

Formats: ``.keras`` is a zip with ``config.json`` (https://keras.io/api/models/model_saving_apis); ``.h5`` is HDF5, with
the attribute ``model_config`` where it holds more than weights.
"""

from __future__ import annotations

import mmap
from enum import Enum
from pathlib import Path

from drum.detection import pickled_packages

EXTENSIONS = (".keras", ".h5", ".hdf5")
PICKLES = (".pkl", ".pickle", ".joblib")
PACKAGES = frozenset({"keras", "scikeras", "tensorflow"})
"""Packages whose objects in a pickle are Keras models, or stand around one."""


class Kind(str, Enum):
    """What a file holds."""

    ARCHIVE = "Keras 3"
    HDF5 = "HDF5"
    WEIGHTS = "weights"
    PICKLE = "pickle"


def kind_of(path: Path) -> Kind | None:
    """Return what of Keras' a file holds, or ``None``."""
    if path.suffix.lower() in PICKLES:
        return Kind.PICKLE if PACKAGES & set(pickled_packages(path)) else None
    try:
        with path.open("rb") as file:
            head = file.read(8)
        if head == b"\x89HDF\r\n\x1a\n":
            return Kind.HDF5 if _holds(path, b"model_config") else Kind.WEIGHTS
        return Kind.ARCHIVE if head.startswith(b"PK") and "config.json" in _members(path) else None
    except OSError:
        return None  # the core says so better


def _holds(path: Path, name: bytes) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(name) >= 0


def _members(path: Path) -> list[str]:
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except zipfile.BadZipFile:
        return []
