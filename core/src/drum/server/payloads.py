"""Turn an HTTP request into a payload, and the ``Accept`` header into a media type."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from drum import media_types
from drum.errors import MalformedInputError, NotAcceptableError, PayloadTooLargeError
from drum.types import Payload

NO_DATA = (
    "Samples should be provided as: the body of the request with its Content-Type (text/csv if there is none), "
    "or a multipart form with the file in the field X."
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much, in bytes, and how long, in seconds, a request may take to arrive.

    ``receive`` is the time for the request line and headers, and again for the body.
    """

    body: int = 2**27
    head: int = 2**16
    receive: float = 30.0


class ReceiveTimeoutError(PayloadTooLargeError):
    """The request took too long to arrive."""


async def read_payload(request: Request, limits: Limits, *, rows: bool, whole: bool) -> Payload:
    """Read a request.

    :param rows: whether it must hold rows to score, so that an empty one is refused.
    :param whole: whether somebody wants to know the query and the headers too.
    :raises PayloadTooLargeError: before more than the limit is read.
    :raises MalformedInputError: if there is no data.
    """
    _refuse_large(int(request.headers.get("content-length") or 0), limits)
    media_type, charset = media_types.parse(request.headers.get("content-type", ""))
    try:
        async with asyncio.timeout(limits.receive):
            if rows and media_type == media_types.MULTIPART:
                return await _multipart(request, limits)
            body = await _body(request, limits)
    except TimeoutError:
        raise ReceiveTimeoutError(f"The request did not arrive within {limits.receive:g} seconds.") from None
    if rows and not body:
        raise MalformedInputError(NO_DATA)
    if rows and media_type == media_types.URL_ENCODED:
        media_type = ""  # what curl says of a body where it was told nothing
    if not whole:
        return Payload(body=body, media_type=media_type, charset=charset)
    query, headers = dict(request.query_params), dict(request.headers)
    return Payload(body=body, media_type=media_type, charset=charset, query=query, headers=headers)


def _refuse_large(size: int, limits: Limits) -> None:
    if size > limits.body:
        raise PayloadTooLargeError(f"The request has more than {limits.body:,} bytes. Send fewer rows at once.")


async def _body(request: Request, limits: Limits) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        _refuse_large(size, limits)
        if not message.get("more_body"):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def _multipart(request: Request, limits: Limits) -> Payload:
    try:
        async with _Counted(request, limits).form(max_files=4, max_fields=8) as form:
            return await _payload_of_form(form)
    except HTTPException as error:  # what Starlette makes of a form that is none
        raise MalformedInputError(f"The multipart form cannot be read: {error.detail}") from error


class _Counted(Request):
    """A request whose body is counted while it is read."""

    def __init__(self, request: Request, limits: Limits) -> None:
        super().__init__(request.scope, request.receive)
        self._limits = limits

    async def stream(self) -> AsyncGenerator[bytes]:
        """Yield the body's chunks, no more of them than the limit allows."""
        size = 0
        async for chunk in super().stream():
            size += len(chunk)
            _refuse_large(size, self._limits)
            yield chunk


async def _payload_of_form(form: FormData) -> Payload:
    parts = {name: await _content(value) for name, value in form.items()}
    features = form.get("X")
    if features is None or not parts["X"]:
        raise MalformedInputError(NO_DATA)
    return Payload(
        body=parts.pop("X"),
        media_type=_type_of_upload(features) if isinstance(features, UploadFile) else media_types.CSV,
        parts=parts,
    )


async def _content(value: UploadFile | str) -> bytes:
    return value.encode() if isinstance(value, str) else await value.read()


def _type_of_upload(file: UploadFile) -> str:
    """Return what the file's name says; else what the sender says; else CSV."""
    by_name = media_types.BY_EXTENSION.get(PurePath(file.filename or "").suffix.lower())
    stated = media_types.parse(file.content_type or "")[0]
    return by_name or (stated if stated in media_types.KNOWN else media_types.CSV)


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
    raise NotAcceptableError(f"None of '{accept}' can be written. Known are {', '.join(media_types.KNOWN)}.")


def _matches(wanted: str, media_type: str) -> bool:
    return wanted in ("", "*/*", media_type) or (wanted.endswith("/*") and media_type.startswith(wanted[:-1]))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
