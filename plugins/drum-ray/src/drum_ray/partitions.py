"""The files that make up an input: found by name, a folder or a pattern, in the order of their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

from drum import media_types
from drum.errors import MalformedInputError, UnsupportedMediaTypeError
from drum_ray.locations import Location, refusing

PATTERN_LETTERS = frozenset("*?[")
HIDDEN = ("_", ".")
FORMATS = {media_types.CSV: ".csv", media_types.PARQUET: ".parquet", media_types.JSON_LINES: ".jsonl"}


@dataclass(frozen=True, slots=True)
class Partition:
    """A file of the input; ``name`` is its path below what all have in common, ``modified`` in ns since the epoch."""

    number: int
    name: str
    path: str
    size: int
    modified: int

    def output_name(self, count: int, extension: str) -> str:
        """Return the name of the file of predictions: in order of names, those of ``count`` files are in theirs."""
        width = max(5, len(str(count - 1)))
        return f"part-{self.number:0{width}}-{_stem(self.name).replace('/', '-')}{extension}"


def _stem(name: str) -> str:
    path = PurePosixPath(name)
    plain = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return str(plain.with_suffix(""))


@dataclass(frozen=True, slots=True)
class Input:
    """The files of an input, all of one format."""

    location: Location
    media_type: str
    partitions: tuple[Partition, ...]


def find_input(location: Location) -> Input:
    """Find the files: the one that is named, those of a folder that are not hidden, or those that fit a pattern.

    :raises MalformedInputError: if there is none.
    :raises UnsupportedMediaTypeError: if they are of different formats, or of one that does not come in files.
    """
    with refusing(location.text, MalformedInputError):
        base, files = _listed(location)
    files = [file for file in files if not PurePosixPath(file.path).name.startswith(HIDDEN)]
    if not files:
        raise MalformedInputError(f"There is no file '{location.text}', nor any that it stands for.")
    files.sort(key=lambda file: file.path)
    partitions = tuple(
        Partition(number, file.path.removeprefix(base).lstrip("/"), file.path, file.size or 0, file.mtime_ns or 0)
        for number, file in enumerate(files)
    )
    return Input(location, _common_format(partitions), partitions)


def _listed(location: Location) -> tuple[str, list[Any]]:
    """Return the folder that all have in common, and PyArrow's description of each file."""
    import pyarrow.fs as fs

    found = location.filesystem.get_file_info(location.path)
    if found.type == fs.FileType.File:
        return str(PurePosixPath(location.path).parent), [found]
    if found.type == fs.FileType.Directory:
        return location.path, _files(location.filesystem.get_file_info(fs.FileSelector(location.path)))
    parts = location.path.split("/")
    fixed = next((place for place, part in enumerate(parts) if PATTERN_LETTERS & set(part)), None)
    if fixed is None:
        return location.path, []
    base = "/".join(parts[:fixed])
    selector = fs.FileSelector(base, allow_not_found=True, recursive=fixed < len(parts) - 1)
    return base, [file for file in _files(location.filesystem.get_file_info(selector)) if _fits(file.path, parts)]


def _files(found: Sequence[Any]) -> list[Any]:
    return [one for one in found if one.is_file]


def _fits(path: str, pattern: Sequence[str]) -> bool:
    """Compare part by part: a star stands for no slash."""
    parts = path.split("/")
    return len(parts) == len(pattern) and all(map(fnmatchcase, parts, pattern))


def _common_format(partitions: Sequence[Partition]) -> str:
    formats = {partition.name: media_types.of_file(Path(partition.name)) for partition in partitions}
    first = partitions[0].name
    for name, media_type in formats.items():
        if media_type not in FORMATS:
            raise UnsupportedMediaTypeError(
                f"'{name}' is of a format that the engine 'ray' does not read. It reads {', '.join(FORMATS.values())} "
                "and .csv.gz; use --engine local for others."
            )
        if media_type != formats[first]:
            raise UnsupportedMediaTypeError(
                f"All files must be of one format: '{first}' is {formats[first]}, but '{name}' is {media_type}. "
                "Choose by a pattern, such as 'folder/*.parquet'."
            )
    return formats[first]
