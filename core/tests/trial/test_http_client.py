"""A client that takes the time and never raises for what the other side does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from drum.trial.http_client import HttpAnswer, HttpClient, as_body, scoring_path
from drum.types import Payload, TargetType

FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
REFUSED = b'HTTP/1.1 422 Bad\r\nContent-Length: 27\r\n\r\n{"message": "ERROR: wrong"}'


@contextmanager
def answering(*connections: Sequence[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """Answer as told: connection by connection, request by request; yield the port and what was asked."""
    asked: list[bytes] = []

    def serve() -> None:
        for replies in connections:
            connection, _ = listener.accept()
            with connection:
                for reply in replies:
                    asked.append(_request(connection))
                    connection.sendall(reply)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1], asked
        thread.join()


def _request(connection: socket.socket) -> bytes:
    text = b""
    while b"\r\n\r\n" not in text or (b"Content-Type" in text and not text.endswith(b"x,y")):
        text += connection.recv(2**16)
    return text


def test_one_connection_for_all_requests() -> None:
    with answering([FINE, REFUSED]) as (port, asked), HttpClient("127.0.0.1", port, timeout=10) as client:
        first, second = client.get("/a"), client.post("/b", b"x,y", "text/csv", accept="application/json")
    assert (first.is_ok, first.body, first.seconds > 0) == (True, b"hi", True)
    assert (second.is_ok, second.message) == (False, "422 wrong")
    assert asked[0].startswith(b"GET /a HTTP/1.1")
    assert b"Content-Type: text/csv" in asked[1]
    assert b"Accept: application/json" in asked[1]
    assert asked[1].endswith(b"x,y")


def test_a_connection_that_breaks_is_an_answer_too_and_the_next_request_opens_another() -> None:
    with answering([b""], [FINE]) as (port, _), HttpClient("127.0.0.1", port, timeout=10) as client:
        broken, fine = client.get("/a"), client.get("/a")
    assert (broken.status, broken.is_ok) == (0, False)
    assert broken.message.startswith("no answer: ")
    assert fine.is_ok


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with HttpClient("127.0.0.1", port, timeout=10) as client:
        assert "ConnectionRefusedError" in client.get("/").message


@pytest.mark.parametrize("body", [b"plain text", b"[1]", b"{}", b"null"])
def test_messages_of_any_form(body: bytes) -> None:
    assert HttpAnswer(status=500, body=body, seconds=0).message == f"500 {body.decode()}"


@pytest.mark.parametrize(
    ("payload", "content_type"),
    [
        (Payload(body=b"x", media_type="text/csv"), "text/csv"),
        (Payload(body=b"x", media_type="text/csv", charset="latin-1"), "text/csv; charset=latin-1"),
        (Payload(body=b"x"), ""),
    ],
)
def test_a_body_and_its_type(payload: Payload, content_type: str) -> None:
    assert as_body(payload) == (b"x", content_type)


def test_what_comes_beside_is_sent_in_a_form() -> None:
    body, content_type = as_body(Payload(body=b"matrix", media_type="text/mtx", parts={"X.colnames": b"a\nb"}))
    boundary = content_type.partition("boundary=")[2].encode()
    assert body.count(boundary) == 3
    assert b'name="X"; filename="features.mtx"\r\n\r\nmatrix\r\n' in body
    assert b'name="X.colnames"\r\n\r\na\nb\r\n' in body


def test_routes() -> None:
    assert scoring_path(TargetType.REGRESSION) == "/predict/"
    assert scoring_path(TargetType.TRANSFORM) == "/transform/"
    assert scoring_path(TargetType.UNSTRUCTURED, {"a b": "1&2"}) == "/predictUnstructured/?a+b=1%262"
