"""Ask a server of our own over HTTP, and take the time."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from types import TracebackType
from urllib.parse import urlencode

from drum import media_types
from drum.types import Payload, TargetType

OK = 200
NOTHING_CAME = 0
"""What stands for a status where no answer came."""

NO_QUERY: Mapping[str, str] = {}
ROUTES = {TargetType.TRANSFORM: "/transform/", TargetType.UNSTRUCTURED: "/predictUnstructured/"}


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """What came back, and the seconds from the first byte sent to the last one received.

    ``status`` is :data:`NOTHING_CAME` where the connection failed; ``body`` then says how.
    """

    status: int
    body: bytes
    seconds: float

    @property
    def is_ok(self) -> bool:
        """Whether the request was answered as it should be."""
        return self.status == OK

    @property
    def message(self) -> str:
        """What an error says, with its status in front."""
        text = self.body.decode(errors="replace")
        with suppress(ValueError, TypeError, KeyError):
            text = str(json.loads(text)["message"]).removeprefix("ERROR: ")
        return f"{self.status} {text}" if self.status else f"no answer: {text}"


def scoring_path(target_type: TargetType, query: Mapping[str, str] = NO_QUERY) -> str:
    """Return the path to which the data of such a model are posted, with a query behind it if there is one."""
    return ROUTES.get(target_type, "/predict/") + (f"?{urlencode(query)}" if query else "")


def as_body(payload: Payload) -> tuple[bytes, str]:
    """Return the body of a request and its content type; a form, where more than the features is sent."""
    if not payload.parts:
        charset = "" if payload.charset in ("utf-8", "utf8") else f"; charset={payload.charset}"
        return payload.body, payload.media_type + (charset if payload.media_type else "")
    boundary = secrets.token_hex(16)
    extension = next((end for end, known in media_types.BY_EXTENSION.items() if known == payload.media_type), "")
    names = {"X": f'name="X"; filename="features{extension}"'} | {name: f'name="{name}"' for name in payload.parts}
    sections = [
        f"--{boundary}\r\nContent-Disposition: form-data; {names[name]}\r\n\r\n".encode() + content + b"\r\n"
        for name, content in {"X": payload.body, **payload.parts}.items()
    ]
    return b"".join([*sections, f"--{boundary}--\r\n".encode()]), f"{media_types.MULTIPART}; boundary={boundary}"


class HttpClient:
    """One connection, which stays open from request to request; one thread uses it at a time.

    :param timeout: seconds without any byte after which an answer is given up.
    """

    def __init__(self, host: str, port: int, *, timeout: float) -> None:
        self._connection = HTTPConnection(host, port, timeout=timeout)

    def get(self, path: str) -> HttpAnswer:
        """Ask for what stands at a path."""
        return self._ask("GET", path, None, {})

    def post(self, path: str, body: bytes, content_type: str, accept: str = "*/*") -> HttpAnswer:
        """Send a body of this content type (none, if it is empty)."""
        headers = {"Accept": accept} | ({"Content-Type": content_type} if content_type else {})
        return self._ask("POST", path, body, headers)

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> HttpAnswer:
        started = time.perf_counter()
        try:
            self._connection.request(method, path, body, headers)
            reply = self._connection.getresponse()
            status, content = reply.status, reply.read()
        except (OSError, HTTPException) as error:
            self._connection.close()  # the next request opens it again
            status, content = NOTHING_CAME, f"{type(error).__name__}: {error}".encode()
        return HttpAnswer(status=status, body=content, seconds=time.perf_counter() - started)

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._connection.close()
