"""Decompress what clients send, to no more bytes than they might have sent uncompressed."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from drum.errors import MalformedInputError, PayloadTooLargeError, UnsupportedMediaTypeError

Decompress = Callable[[bytes, int], bytes]
"""Takes bytes and how many they may become."""

CHUNK_BYTES = 2**14
MOST_MEMBERS = 2**16
"""Files that may stand one after the other in one of gzip's: each costs time, though it may hold nothing."""
GZIP, ZLIB, RAW = 31, 15, -15
"""Forms of compressed data, as zlib calls them."""


def decompressor(encoding: str) -> Decompress | None:
    """Return what undoes a ``Content-Encoding``, or ``None`` if there is nothing to undo.

    :raises UnsupportedMediaTypeError: if it is not known, or there are several.
    """
    name = encoding.strip().lower()
    if name not in _KNOWN:
        raise UnsupportedMediaTypeError(
            f"The Content-Encoding {encoding[:40]!r} is not known. Send the data as they are, or with gzip or deflate."
        )
    return _KNOWN[name]


def gunzip(data: bytes, most: int) -> bytes:
    """Decompress a gzip file.

    :param most: bytes that it may become.
    :raises MalformedInputError: if it is broken.
    :raises PayloadTooLargeError: if it becomes more.
    """
    return _decompress(GZIP, data, most)


def _inflate(data: bytes, most: int) -> bytes:
    """Undo ``deflate``, which should mean zlib's form, but which some send without its head."""
    has_head = len(data) > 1 and data[0] & 15 == zlib.DEFLATED and int.from_bytes(data[:2], "big") % 31 == 0
    return _decompress(ZLIB if has_head else RAW, data, most)


_KNOWN: dict[str, Decompress | None] = {
    "": None,
    "identity": None,
    "gzip": gunzip,
    "x-gzip": gunzip,
    "deflate": _inflate,
}


def _decompress(form: int, data: bytes, most: int) -> bytes:
    inflating = _Inflating(form, most)
    try:
        for start in range(0, len(data), CHUNK_BYTES):
            inflating.feed(data[start : start + CHUNK_BYTES])
    except zlib.error as error:
        raise MalformedInputError(f"The compressed data cannot be read: {error}.") from error
    return inflating.finished()


class _Inflating:
    """Data on their way through zlib, chunk by chunk: what is left of a chunk where a file ends is copied."""

    def __init__(self, form: int, most: int) -> None:
        self._form = form
        self._most = most
        self._current = zlib.decompressobj(form)
        self._pieces: list[bytes] = []
        self._size = 0
        self._ended = 0

    def feed(self, chunk: bytes) -> None:
        """Decompress some more bytes; there may be a file behind a file, and zeros behind the last."""
        while chunk := chunk.lstrip(b"\0") if self._current.eof else chunk:
            if self._current.eof:
                self._begin_another()
            self._keep(self._current.decompress(chunk, self._most + 1 - self._size))
            chunk = self._current.unused_data

    def _begin_another(self) -> None:
        self._ended += 1
        if self._form != GZIP or self._ended >= MOST_MEMBERS:
            raise MalformedInputError("The compressed data go on behind their end.")
        self._current = zlib.decompressobj(self._form)

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._most:
            raise PayloadTooLargeError(
                f"The data have more than {self._most:,} bytes when they are decompressed. Send fewer rows at once."
            )
        self._pieces.append(piece)

    def finished(self) -> bytes:
        """Return all that was decompressed."""
        if not self._current.eof:
            raise MalformedInputError("The compressed data end too early; something was cut off.")
        return b"".join(self._pieces)
