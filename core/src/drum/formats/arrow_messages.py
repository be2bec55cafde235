"""Look into Arrow's messages for what they claim, before anything is decompressed or made of them.

A compressed buffer begins with the length that it has when it is decompressed, and PyArrow allocates that much; rows of
some types have no buffers at all. PyArrow shows neither, so the few fields are taken from the FlatBuffers by hand.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

BLOCK = struct.Struct("<qi4xq")
BUFFER = struct.Struct("<qq")
FILE_END = struct.Struct("<i6s")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a table says that it holds: rows, and the bytes of all columns when they are decompressed."""

    rows: int = 0
    size: int = 0


def claims_of_stream(body: bytes) -> Claims:
    """Add up what the messages of a stream claim.

    :raises ValueError: if they cannot be read; PyArrow's own errors are of that kind.
    """
    import pyarrow as pa

    return _sum(pa.ipc.MessageReader.open_stream(body))


def claims_of_file(body: bytes) -> Claims:
    """Add up what the messages of a file claim that its footer lists: those are read, whatever else there is.

    :raises ValueError: if they cannot be read.
    """
    return _sum(_messages_of_file(body))


def _messages_of_file(body: bytes) -> Iterator[Any]:
    import pyarrow as pa

    size, _ = FILE_END.unpack_from(body, len(body) - FILE_END.size)
    start = len(body) - FILE_END.size - size
    footer = _Table.root(body[start : start + size])
    source = pa.BufferReader(body)
    for vector in (2, 3):  # dictionaries, record batches
        for offset, _, _ in footer.structs(vector, BLOCK):
            source.seek(offset)
            yield pa.ipc.read_message(source)


def _sum(messages: Any) -> Claims:
    rows = size = 0
    try:
        for message in messages:
            claims = _claims(message)
            rows, size = rows + claims.rows, size + claims.size
    except (struct.error, IndexError, EOFError) as error:
        raise ValueError("what it says of its parts points outside itself") from error
    return Claims(rows, size)


def _claims(message: Any) -> Claims:
    if message.type not in ("record batch", "dictionary"):
        return Claims()
    header = _Table.root(message.metadata.to_pybytes()).table(2)
    batch = header if message.type == "record batch" else header.table(1)
    buffers = batch.structs(2, BUFFER)
    compressed = batch.has(3)
    body = message.body
    sizes = (_decompressed(body, offset, length) if compressed else length for offset, length in buffers)
    return Claims(batch.number(0) if message.type == "record batch" else 0, sum(sizes))


def _decompressed(body: Any, offset: int, length: int) -> int:
    if not length:
        return 0
    (size,) = struct.unpack("<q", body[offset : offset + 8].to_pybytes())
    return length if size == -1 else max(int(size), 0)  # -1: kept as it was, because it became no smaller


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of a FlatBuffer: its fields are found by number."""

    data: bytes
    start: int

    @classmethod
    def root(cls, data: bytes) -> _Table:
        return cls(data, *struct.unpack_from("<I", data))

    def has(self, field: int) -> bool:
        return self._place(field) != 0

    def number(self, field: int) -> int:
        place = self._place(field)
        return int(struct.unpack_from("<q", self.data, place)[0]) if place else 0

    def table(self, field: int) -> _Table:
        return _Table(self.data, self._target(field))

    def structs(self, field: int, layout: struct.Struct) -> list[tuple[int, ...]]:
        """Return the structs of a vector."""
        if not self.has(field):
            return []
        start = self._target(field)
        (count,) = struct.unpack_from("<I", self.data, start)
        stretch = self.data[start + 4 : start + 4 + count * layout.size]
        return list(layout.iter_unpack(stretch))

    def _target(self, field: int) -> int:
        place = self._place(field)
        return place + int(struct.unpack_from("<I", self.data, place)[0])

    def _place(self, field: int) -> int:
        """Return where a field stands; 0 if it is not there."""
        table = self.start - struct.unpack_from("<i", self.data, self.start)[0]
        (size,) = struct.unpack_from("<H", self.data, table)
        slot = 4 + 2 * field
        if table < 0 or slot >= size:
            return 0
        offset = struct.unpack_from("<H", self.data, table + slot)[0]
        return self.start + int(offset) if offset else 0
