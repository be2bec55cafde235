"""A charset that is stated is believed; what is none, or none that a sender means, is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from drum.errors import MalformedInputError, UnsupportedMediaTypeError
from drum.formats import csv
from drum.formats import json as json_format
from drum.formats.charsets import is_utf8, utf8_body
from drum.types import ModelSpec, Payload, TargetType

SPEC = ModelSpec(code_dir=Path(), target_type=TargetType.REGRESSION)
TEXT = "ä,b\nü,1\n"


@pytest.mark.parametrize(
    "charset", ["latin-1", "ISO-8859-1", "windows-1252", "utf-16", "UTF-16LE", "utf-32", "utf8", "UTF-8"]
)
def test_csv(charset: str) -> None:
    payload = Payload(body=TEXT.encode(charset), media_type="text/csv", charset=charset)
    frame = csv.drum_read_input(payload, SPEC)
    assert frame is not None
    assert frame.to_dict("list") == {"ä": ["ü"], "b": [1]}


@pytest.mark.parametrize("charset", ["latin-1", "utf-16", "shift_jis"])
@pytest.mark.parametrize("media_type", ["application/json", "application/x-ndjson"])
def test_json(media_type: str, charset: str) -> None:
    text = "¥ 5" if charset != "shift_jis" else "日本"
    record = json.dumps({"a": text}, ensure_ascii=False)
    body = (record if media_type.endswith("ndjson") else f"[{record}]").encode(charset)
    frame = json_format.drum_read_input(Payload(body=body, media_type=media_type, charset=charset))
    assert frame is not None
    assert frame["a"].tolist() == [text]


@pytest.mark.parametrize("charset", ["klingon", "", "a\0b", "punycode", "idna", "unicode_escape", "x" * 9999, "ü"])
def test_what_is_no_charset_is_refused(charset: str) -> None:
    with pytest.raises(UnsupportedMediaTypeError, match=r"The charset .* is not known") as refused:
        utf8_body(Payload(body=b"a", charset=charset))
    assert len(refused.value.message) < 200


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        ("ascii", b"a\xe4"),
        ("utf-16", b"\xff\xfea"),
        ("cp1252", b"\x81"),
        ("utf-7", b"+2AA-"),
        ("zlib", b"x"),
        ("hex", b"00"),
    ],
)
def test_what_is_not_in_its_charset_is_the_callers_fault(charset: str, body: bytes) -> None:
    with pytest.raises(MalformedInputError, match=f"charset={charset}"):
        utf8_body(Payload(body=body, charset=charset))


def test_utf_8_is_not_looked_at() -> None:
    body = b"\xff"
    assert utf8_body(Payload(body=body, charset="Utf_8")) is body
    assert is_utf8("utf8")
    assert not is_utf8("latin-1")
