"""score_unstructured in R: text or raw in, text or raw out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from drum.errors import MalformedInputError, ModelContractError, ScoreError
from drum.scorer import Scorer
from drum.types import Payload, Reply

Serve = Callable[..., Scorer]


def answer(serve: Serve, body: str, payload: Payload | None = None) -> Reply:
    code = f"score_unstructured <- function(model, data, ...) {{ stated <- list(...); {body} }}"
    return serve(code, "unstructured").score_unstructured(payload or Payload(body="größer".encode()))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("toupper(data)", Reply(body="GRÖSSER".replace("SS", "ß").encode(), media_type="text/plain")),
        ("paste(is.character(data), nchar(data))", Reply(body=b"TRUE 6", media_type="text/plain")),
        ("as.raw(c(0, 255))", Reply(body=b"\x00\xff")),
        ("raw()", Reply(body=b"")),
        ("NULL", Reply(body=b"", media_type="text/plain")),
        ("list('[1]', list(mimetype = 'application/json'))", Reply(body=b"[1]", media_type="application/json")),
        ("list('ä', list(charset = 'latin-1'))", Reply(body=b"\xe4", media_type="text/plain", charset="latin-1")),
        ("list(as.raw(1), list(mimetype = 'image/png'))", Reply(body=b"\x01", media_type="image/png")),
        ("list('x', NULL)", Reply(body=b"x", media_type="text/plain")),
    ],
)
def test_answers(serve: Serve, body: str, expected: Reply) -> None:
    assert answer(serve, body) == expected


def test_bytes_arrive_as_raw(serve: Serve) -> None:
    payload = Payload(body=bytes(range(256)), media_type="application/octet-stream")
    assert answer(serve, "rev(data)", payload).body == bytes(range(255, -1, -1))


def test_keyword_arguments(serve: Serve) -> None:
    payload = Payload(
        body=b"{}", media_type="application/json", charset="utf-8", query={"top": "2"}, headers={"x-own": "ä"}
    )
    body = "paste(stated$mimetype, stated$charset, stated$query$top, stated$headers[['X-Own']])"
    assert answer(serve, body, payload).body == "application/json utf-8 2 ä".encode()


def test_hook_may_leave_keywords_out(serve: Serve) -> None:
    opened = serve("score_unstructured <- function(model, data, query) query$a", "unstructured")
    assert opened.score_unstructured(Payload(body=b"x", query={"a": "b"})).body == b"b"


@pytest.mark.parametrize(
    "body", ["1", "c('a', 'b')", "NA_character_", "list('a')", "list('a', 'text/csv')", "list(1, list())", "TRUE"]
)
def test_other_answers_are_refused(serve: Serve, body: str) -> None:
    with pytest.raises(ModelContractError, match="must return one character string, raw or NULL"):
        answer(serve, body)


def test_failure_is_that_of_the_hook(serve: Serve) -> None:
    with pytest.raises(ScoreError, match=r"Model 'score_unstructured' hook failed to make predictions. Exception: no"):
        answer(serve, "stop('no')")


def test_text_with_nul_is_the_callers_fault(serve: Serve) -> None:
    with pytest.raises(MalformedInputError, match="NUL characters in the data"):
        answer(serve, "data", Payload(body=b"a\0b"))
