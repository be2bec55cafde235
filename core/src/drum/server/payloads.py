"""Turn an HTTP request into a payload, and the ``Accept`` header into a media type."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope

from drum import media_types
from drum.decompression import Decompress, decompressor, gunzip
from drum.errors import MalformedInputError, NotAcceptableError, PayloadTooLargeError
from drum.types import ROOM, ROOM_PER_BYTE, Payload

AT_ONCE_BYTES = 2**12
"""Compressed bytes that the event loop waits for; they become four megabytes at the most."""

NO_DATA = (
    "Samples should be provided as: the body of the request with its Content-Type (text/csv if there is none), "
    "or a multipart form with the file in the field X."
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much, in bytes, and how long, in seconds, a request may take to arrive.

    ``receive`` is the time for the request line and headers, and again for the body; the protocol looks after it.
    """

    body: int = 2**27
    head: int = 2**16
    receive: float = 30.0

    @property
    def room(self) -> int:
        """The memory, in bytes, that rows may take when they are read."""
        return max(ROOM, ROOM_PER_BYTE * self.body)


class Incoming:
    """A request to score: what Starlette's would tell, for less."""

    __slots__ = ("_headers", "receive", "scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.receive = receive
        self._headers: dict[bytes, bytes] = dict(scope["headers"])

    def header(self, name: bytes) -> str:
        """Return the value of a header, of several the last; nothing if there is none."""
        return self._headers[name].decode("latin-1") if name in self._headers else ""

    @property
    def announced_bytes(self) -> int:
        """The bytes that the body will have, as far as its sender says so."""
        return int(self._headers.get(b"content-length", 0))

    @property
    def in_full(self) -> Request:
        """Starlette's view of the request."""
        return Request(self.scope, self.receive)


async def read_payload(request: Incoming, limits: Limits, *, rows: bool, whole: bool) -> Payload:
    """Read a request.

    :param rows: whether it must hold rows to score, so that an empty one is refused.
    :param whole: whether somebody wants to know the query and the headers too.
    :raises PayloadTooLargeError: before more than the limit is read.
    :raises MalformedInputError: if there is no data, or they cannot be decompressed.
    :raises UnsupportedMediaTypeError: if they are compressed in an unknown way.
    """
    _refuse_large(request.announced_bytes, limits)
    media_type, charset = media_types.parse(request.header(b"content-type"))
    encoded = request.header(b"content-encoding")
    decompress = decompressor(",".join(request.in_full.headers.getlist("content-encoding"))) if encoded else None
    if rows and media_type == media_types.MULTIPART:
        return await _multipart(request.in_full, limits, decompress)
    body = await _body(request.receive, limits, decompress)
    if rows and not body:
        raise MalformedInputError(NO_DATA)
    if rows and media_type == media_types.URL_ENCODED:
        media_type = ""  # what curl says of a body where it was told nothing
    if not whole:
        return Payload(body=body, media_type=media_type, charset=charset, room=limits.room)
    query, headers = dict(request.in_full.query_params), dict(request.in_full.headers)
    headers.pop("content-encoding", None)  # it is undone
    return Payload(body=body, media_type=media_type, charset=charset, query=query, headers=headers, room=limits.room)


def _refuse_large(size: int, limits: Limits) -> None:
    if size > limits.body:
        raise PayloadTooLargeError(f"The request has more than {limits.body:,} bytes. Send fewer rows at once.")


async def _body(receive: Receive, limits: Limits, decompress: Decompress | None) -> bytes:
    body = await _received(receive, limits)
    return body if decompress is None or not body else await _decompressed(decompress, body, limits.body)


async def _decompressed(decompress: Decompress, body: bytes, most: int) -> bytes:
    """Decompress, beside the event loop where it could take long."""
    if len(body) <= AT_ONCE_BYTES:
        return decompress(body, most)
    return await asyncio.to_thread(decompress, body, most)


async def _received(receive: Receive, limits: Limits) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        _refuse_large(size, limits)
        if not message.get("more_body"):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def _multipart(request: Request, limits: Limits, decompress: Decompress | None) -> Payload:
    try:
        async with _Counted(request, limits, decompress).form(max_files=4, max_fields=8) as form:
            return await _payload_of_form(form, limits)
    except MultiPartException as error:
        raise MalformedInputError(f"The multipart form cannot be read: {error.message}") from error


class _Counted(Request):
    """A request whose body is counted while it is read; one that is compressed is read as a whole."""

    def __init__(self, request: Request, limits: Limits, decompress: Decompress | None) -> None:
        super().__init__(request.scope, request.receive)
        self._limits = limits
        self._decompress = decompress

    async def stream(self) -> AsyncGenerator[bytes]:
        """Yield the body's chunks, no more of them than the limit allows."""
        if self._decompress is not None:
            yield await _body(self.receive, self._limits, self._decompress)
            return
        size = 0
        async for chunk in super().stream():
            size += len(chunk)
            _refuse_large(size, self._limits)
            yield chunk


async def _payload_of_form(form: FormData, limits: Limits) -> Payload:
    parts: dict[str, bytes] = {}
    for name, value in form.items():
        parts[name] = await _content(value, limits.body - sum(map(len, parts.values())))
    features = form.get("X")
    if features is None or not parts["X"]:
        raise MalformedInputError(NO_DATA)
    media_type, charset = _type_of_upload(features) if isinstance(features, UploadFile) else (media_types.CSV, "utf8")
    return Payload(body=parts.pop("X"), media_type=media_type, charset=charset, parts=parts, room=limits.room)


async def _content(value: UploadFile | str, most: int) -> bytes:
    if isinstance(value, str):
        return value.encode()
    content = await value.read()
    return await _decompressed(gunzip, content, most) if _suffix(value.filename) == ".gz" else content


def _type_of_upload(file: UploadFile) -> tuple[str, str]:
    """Return what the file's name says; else what the sender says; else CSV; and the charset."""
    name = PurePath(file.filename or "")
    by_name = media_types.BY_EXTENSION.get(_suffix(name.with_suffix("") if _suffix(name) == ".gz" else name))
    stated, charset = media_types.parse(file.content_type or "")
    return by_name or (stated if stated in media_types.KNOWN else media_types.CSV), charset


def _suffix(name: str | PurePath | None) -> str:
    return PurePath(name or "").suffix.lower()


@lru_cache(maxsize=256)
def accepted_type(accept: str, default: str) -> str:
    """Choose the media type of the answer from an ``Accept`` header.

    :raises NotAcceptableError: if none of the wanted types can be written.
    """
    wanted: list[tuple[float, str]] = []
    for part in accept.split(","):
        media_type, *parameters = (piece.strip().lower() for piece in part.split(";"))
        stated = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
        wanted.append((_number(stated), media_type))
    for quality, media_type in sorted(wanted, key=lambda pair: -pair[0]):
        written = [known for known in (default, *media_types.KNOWN) if _matches(media_type, known)]
        if quality > 0 and written:
            return written[0]
    raise NotAcceptableError(f"None of '{accept[:200]}' can be written. Known are {', '.join(media_types.KNOWN)}.")


def _matches(wanted: str, media_type: str) -> bool:
    return wanted in ("", "*/*", media_type) or (wanted.endswith("/*") and media_type.startswith(wanted[:-1]))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
