"""Tell whose objects a pickle holds by reading its opcodes; nothing is imported, nothing executed.

Format: ``pickletools`` of the standard library. ``joblib`` writes numpy buffers between the opcodes, which
``genops`` cannot pass; from there on the names of classes are found by their encoding.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickletools
import re
import zlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import IO, Any, cast

WINDOW_BYTES = 2**20
LONGEST_NAME = 600

_SCAFFOLDING = frozenset(
    {"builtins", "__builtin__", "copyreg", "copy_reg", "collections", "numpy", "joblib", "_codecs"}
)
"""Packages whose objects hold other objects: they do not say whose the pickle is."""

_COMPRESSIONS: tuple[tuple[bytes, Callable[[Path], Any]], ...] = (
    (b"\x1f\x8b", gzip.open),
    (b"BZh", bz2.open),
    (b"\xfd7zXZ", lzma.open),
    (b"\x5d\x00\x00", lzma.open),
    (b"\x78", lambda path: io.BufferedReader(_ZlibReader(path))),
)

_CLASS_AFTER_ARRAYS = re.compile(
    rb"\x8c.([A-Za-z_][\w.]*)\x94\x8c.[A-Za-z_]\w*\x94\x93"  # protocol 4: two short strings, memoized, STACK_GLOBAL
    rb"|c([A-Za-z_][\w.]*)\n[A-Za-z_]\w*\n",  # protocols 0 to 3: GLOBAL
    re.DOTALL,
)


class _ZlibReader(io.RawIOBase):
    """A zlib stream, decompressed no further than it is read."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._zlib = zlib.decompressobj()

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a part of ``buffer``; 0 is the end."""
        data = b""
        while not data and not self._zlib.eof:
            packed = self._zlib.unconsumed_tail or self._file.read(io.DEFAULT_BUFFER_SIZE)
            if not packed:
                break
            data = self._zlib.decompress(packed, len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the file below."""
        self._file.close()
        super().close()


def pickled_package(path: Path) -> str | None:
    """Return the package of the object in a pickle, such as ``sklearn``; ``None`` if it is not a pickle.

    Plain and joblib pickles are understood, compressed ones as well (zlib, gzip, bz2, lzma, xz).
    """
    return next(_packages(path), None)


def pickled_packages(path: Path) -> tuple[str, ...]:
    """Return every package that a pickle needs, in order of appearance: a pipeline's steps included."""
    return tuple(dict.fromkeys(_packages(path)))


def _packages(path: Path) -> Iterator[str]:
    for module in _modules(path):
        package = module.partition(".")[0]
        if package not in _SCAFFOLDING:
            yield package


def _modules(path: Path) -> Iterator[str]:
    try:
        with _open(path) as file:
            stopped_at = yield from _modules_by_opcode(file)
        if stopped_at >= 0:
            with _open(path) as file:
                file.read(stopped_at)
                yield from _modules_by_encoding(file)
    except (OSError, EOFError, zlib.error, lzma.LZMAError):
        return  # broken compression: the framework's own loader says so better


def _modules_by_encoding(file: IO[bytes]) -> Iterator[str]:
    """Yield modules wherever bytes look like the name of a class; a window at a time, for files may be large."""
    window = b""
    while chunk := file.read(WINDOW_BYTES):
        window = window[-LONGEST_NAME:] + chunk
        for match in _CLASS_AFTER_ARRAYS.finditer(window):
            yield (match[1] or match[2]).decode()


def _open(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        head = file.read(6)
    for magic, opener in _COMPRESSIONS:
        if head.startswith(magic):
            return cast(IO[bytes], opener(path))
    return path.open("rb")


def _modules_by_opcode(file: IO[bytes]) -> Generator[str, None, int]:
    """Yield modules; return the offset at which the opcodes stop making sense, or -1 at a proper end."""
    strings: list[str] = []
    memo: dict[Any, str] = {}
    position = 0
    try:
        for opcode, argument, offset in pickletools.genops(file):
            position = offset or position
            name = opcode.name
            if name in ("GLOBAL", "STACK_GLOBAL"):
                module = str(argument).partition(" ")[0] if name == "GLOBAL" else "".join(strings[-2:-1])
                if module.startswith("joblib."):
                    return position  # from here on, bytes of arrays lie between the opcodes
                yield module
            elif "UNICODE" in name:
                strings.append(str(argument))
            elif name == "MEMOIZE":
                memo[len(memo)] = strings[-1] if strings else ""
            elif name in ("BINPUT", "LONG_BINPUT"):
                memo[argument] = strings[-1] if strings else ""
            elif name in ("BINGET", "LONG_BINGET"):
                strings.append(memo.get(argument, ""))
            del strings[:-4]
    except (ValueError, MemoryError, OverflowError):
        return position
    return -1
