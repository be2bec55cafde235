"""The wire between the front and a worker: length-prefixed frames of JSON and raw bytes; no pickle.

A frame is 12 bytes (lengths of header and blobs, big-endian), a JSON header, and the blobs one after the
other. The header holds the frame's kind and, for each item, its fields and the lengths of its blobs.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drum.types import Payload

PREFIX = struct.Struct(">IQ")
WORTH_NO_COPY = 2**16
_to_json = json.JSONEncoder(separators=(",", ":"), default=str).encode

Item = tuple[Mapping[str, Any], Sequence[bytes]]
"""Fields that JSON can hold, and blobs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request on its way to a worker; ``accept`` is the media type that it wants, if any, ``name`` is for logs."""

    id: int
    payload: Payload
    accept: str = ""
    name: str = ""

    def to_item(self) -> Item:
        """Take the request apart."""
        payload = self.payload
        fields: dict[str, Any] = {"id": self.id, "accept": self.accept, "name": self.name}
        fields |= {"media_type": payload.media_type, "charset": payload.charset, "room": payload.room}
        if payload.query or payload.headers or payload.parts:
            fields |= {
                "query": dict(payload.query),
                "headers": dict(payload.headers),
                "parts": list(payload.parts),
            }
        return fields, [payload.body, *payload.parts.values()]

    @classmethod
    def from_item(cls, item: Item) -> Request:
        """Put a request together again."""
        fields, blobs = item
        payload = Payload(
            body=blobs[0],
            media_type=fields["media_type"],
            charset=fields["charset"],
            room=fields["room"],
            parts=dict(zip(fields.get("parts", ()), blobs[1:], strict=True)),
            query=fields.get("query", {}),
            headers=fields.get("headers", {}),
        )
        return cls(id=fields["id"], payload=payload, accept=fields["accept"], name=fields["name"])


@dataclass(frozen=True, slots=True, kw_only=True)
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
        fields: dict[str, Any] = {"id": self.id, "media_type": self.media_type, "charset": self.charset}
        fields |= {"rows": self.rows, "shared": self.shared, "seconds": self.seconds}
        if self.error:
            fields |= {"error": self.error, "status": self.status}
        return fields, [self.body]

    @classmethod
    def from_item(cls, item: Item) -> Answer:
        """Put an answer together again."""
        fields, blobs = item
        return cls(body=blobs[0], **fields)


def encode(kind: str, items: Sequence[Item]) -> list[bytes]:
    """Return the buffers of a frame, to be sent one after the other: few, but what is large is not copied."""
    blobs = [blob for _, item_blobs in items for blob in item_blobs]
    lengths = [[len(blob) for blob in item_blobs] for _, item_blobs in items]
    header = _to_json([kind, [fields for fields, _ in items], lengths]).encode()
    total = sum(map(len, blobs))
    buffers = [PREFIX.pack(len(header), total), header, *blobs]
    return [b"".join(buffers)] if total < WORTH_NO_COPY else buffers


def decode(header: bytes, blobs: bytes) -> tuple[str, list[Item]]:
    """Return the kind and the items of a frame whose prefix has been read."""
    kind, fields, lengths = json.loads(header)
    items: list[Item] = []
    position = 0
    for item_fields, item_lengths in zip(fields, lengths, strict=True):
        item_blobs = []
        for length in item_lengths:
            item_blobs.append(blobs[position : position + length])  # all of it is not copied
            position += length
        items.append((item_fields, item_blobs))
    return kind, items
