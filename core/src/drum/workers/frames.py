"""The wire between the front and a worker: length-prefixed frames of JSON and raw bytes; no pickle.

A frame is 12 bytes (lengths of header and blobs, big-endian), a JSON header, and the blobs one after the
other. The header holds the frame's kind and, for each item, its fields and the lengths of its blobs.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from drum.types import Payload

PREFIX = struct.Struct(">IQ")
WORTH_NO_COPY = 2**16
_to_json = msgspec.json.Encoder(enc_hook=str).encode
_from_json = msgspec.json.Decoder().decode

Item = tuple[Any, Sequence[bytes]]
"""Fields that JSON can hold, and blobs."""


@dataclass(slots=True)
class Request:
    """One request on its way to a worker; ``accept`` is the media type that it wants, if any, ``name`` is for logs."""

    id: int
    payload: Payload
    accept: str = ""
    name: str = ""

    def to_item(self) -> Item:
        """Take the request apart."""
        payload = self.payload
        fields: list[Any] = [self.id, self.accept, self.name, payload.media_type, payload.charset, payload.room]
        if not (payload.query or payload.headers or payload.parts):
            return fields, (payload.body,)
        fields += dict(payload.query), dict(payload.headers), list(payload.parts)
        return fields, (payload.body, *payload.parts.values())

    @classmethod
    def from_item(cls, item: Item) -> Request:
        """Put a request together again."""
        (number, accept, name, media_type, charset, room, *rest), (body, *blobs) = item
        query, headers, parts = rest or ({}, {}, ())
        payload = Payload(
            body=body, media_type=media_type, charset=charset, room=room, query=query, headers=headers,
            parts=dict(zip(parts, blobs, strict=True)),
        )  # fmt: skip
        return cls(number, payload, accept, name)


@dataclass(slots=True)
class Answer:
    """What a worker answers to one request.

    ``error`` is the name of an error's class, empty for a success; then ``body`` is the message.
    ``seconds`` is the time by stage (queue, read, score, write); ``shared`` counts the requests that one call of
    the model answered.
    """

    id: int
    body: bytes
    media_type: str = ""
    charset: str = ""
    error: str = ""
    status: int = 0
    rows: int = 0
    shared: int = 1
    seconds: dict[str, float] = field(default_factory=dict)

    def to_item(self) -> Item:
        """Take the answer apart."""
        fields = (
            self.media_type, self.charset, self.error, self.status, self.rows, self.shared, self.seconds,
        )  # fmt: skip
        return (self.id, *fields), (self.body,)

    @classmethod
    def from_item(cls, item: Item) -> Answer:
        """Put an answer together again."""
        (number, *fields), (body,) = item
        return cls(number, body, *fields)


def encode(kind: str, items: Sequence[Item]) -> list[bytes]:
    """Return the buffers of a frame, to be sent one after the other: few, but what is large is not copied."""
    blobs = [blob for _, item_blobs in items for blob in item_blobs]
    lengths = [[len(blob) for blob in item_blobs] for _, item_blobs in items]
    header = _to_json((kind, [fields for fields, _ in items], lengths))
    total = sum(map(len, blobs))
    buffers = [PREFIX.pack(len(header), total), header, *blobs]
    return [b"".join(buffers)] if total < WORTH_NO_COPY else buffers


def decode(header: bytes, blobs: bytes) -> tuple[str, list[Item]]:
    """Return the kind and the items of a frame whose prefix has been read."""
    kind, fields, lengths = _from_json(header)
    items: list[Item] = []
    position = 0
    for item_fields, item_lengths in zip(fields, lengths, strict=True):
        item_blobs = []
        for length in item_lengths:
            item_blobs.append(blobs[position : position + length])  # all of it is not copied
            position += length
        items.append((item_fields, item_blobs))
    return kind, items
