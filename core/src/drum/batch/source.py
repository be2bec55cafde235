"""Open the input, whatever it comes from, as a file that can be read at any place."""

from __future__ import annotations

import gzip
import os
import shutil
import stat
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from drum import media_types
from drum.errors import MalformedInputError
from drum.types import Payload

COPY_BYTES = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An open input: ``parts`` is what comes beside it, such as the column names of a sparse matrix."""

    file: BinaryIO
    media_type: str
    parts: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The bytes in the file."""
        return os.fstat(self.file.fileno()).st_size

    def as_payload(self) -> Payload:
        """Read all of it."""
        self.file.seek(0)
        return Payload(body=self.file.read(), media_type=self.media_type, parts=self.parts, room=None)


@contextmanager
def open_source(
    origin: Path | BinaryIO, *, media_type: str = "", parts: Mapping[str, bytes] | None = None
) -> Iterator[Source]:
    """Open a file, or spool a stream or a compressed file into a temporary one.

    :param media_type: the format; by default a file's extension tells, and a stream is a CSV.
    :raises MalformedInputError: if the input cannot be read or decompressed.
    :raises UnsupportedMediaTypeError: if the extension is not known.
    """
    if isinstance(origin, Path):
        media_type = media_type or media_types.of_file(origin)
        with _opened(origin) as opened, _seekable(opened, str(origin), origin.suffix.lower() == ".gz") as file:
            yield Source(file=file, media_type=media_type, parts=parts or {})
    else:
        with _spooled(origin, "standard input") as file:
            yield Source(file=file, media_type=media_type or media_types.CSV, parts=parts or {})


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise MalformedInputError(f"'{path}' cannot be read: {error.strerror}.") from error


@contextmanager
def _seekable(file: BinaryIO, name: str, is_compressed: bool) -> Iterator[BinaryIO]:
    if is_compressed:
        with gzip.open(file) as plain, _spooled(cast(BinaryIO, plain), f"'{name}'") as spooled:
            yield spooled
    elif stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        yield file
    else:
        with _spooled(file, f"'{name}'") as spooled:
            yield spooled


@contextmanager
def _spooled(stream: BinaryIO, name: str) -> Iterator[BinaryIO]:
    with tempfile.TemporaryFile("w+b") as file:
        try:
            shutil.copyfileobj(stream, file, COPY_BYTES)
            file.flush()
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise MalformedInputError(f"{name} cannot be decompressed: {error}.") from error
        except OSError as error:
            raise MalformedInputError(f"{name} cannot be read: {error.strerror or error}.") from error
        yield file
