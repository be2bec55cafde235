"""Bodies that come compressed, or in another charset."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Any

import pytest

from drum.testing import CodeDir, client

CODE = """
import pandas as pd

def score(data, model): return pd.DataFrame({"p": data["ä"] * 2.0})
"""
DATA = "ä,t\n1,x\n"
PACKED = gzip.compress(DATA.encode())
LARGE = DATA + "2,y\n" * 3000
FORM = b'--x\r\nContent-Disposition: form-data; name="X"; filename="x.csv"\r\n\r\n%s\r\n--x--\r\n'


def ask(tmp_path: Path, max_body: int = 10**6, **sent: Any) -> Any:
    with client(CodeDir(tmp_path / "m", {"custom.py": CODE}), "regression", max_body=max_body) as http:
        return http.post("/predict/", **sent)


def with_encoding(body: bytes, encoding: str, media_type: str = "text/csv") -> dict[str, Any]:
    return {"content": body, "headers": {"Content-Encoding": encoding, "Content-Type": media_type}}


@pytest.mark.parametrize(
    "sent",
    [
        with_encoding(PACKED, "gzip"),
        with_encoding(zlib.compress(DATA.encode()), "deflate"),
        with_encoding(DATA.encode(), "identity"),
        with_encoding(gzip.compress(DATA.encode("latin-1")), "gzip", "text/csv; charset=latin-1"),
        with_encoding(gzip.compress(FORM % DATA.encode()), "gzip", "multipart/form-data; boundary=x"),
        {"content": DATA.encode("utf-16"), "headers": {"Content-Type": "text/csv; charset=utf-16"}},
        {"files": {"X": ("x.csv.gz", PACKED)}},
        {"files": {"X": ("X.CSV.GZ", PACKED, "application/gzip")}},
        {"files": {"X": ("x.gz", PACKED, "text/csv")}},
        {"files": {"X": ("x.json.gz", gzip.compress('[{"ä": 1}]'.encode()))}},
        {"files": {"X": ("x.csv", DATA.encode("latin-1"), "text/csv; charset=latin-1")}},
    ],
    ids=["gzip", "deflate", "identity", "gzip and charset", "form", "charset", "name", "NAME", "type", "json", "part"],
)
def test_it_is_read(tmp_path: Path, sent: dict[str, Any]) -> None:
    answer = ask(tmp_path, **sent)
    assert (answer.status_code, answer.json()) == (200, {"predictions": [2.0]})


def test_large_bodies_too(tmp_path: Path) -> None:
    answer = ask(tmp_path, **with_encoding(gzip.compress(LARGE.encode(), 0), "gzip"))
    assert len(answer.json()["predictions"]) == 3001


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        (with_encoding(PACKED, "br"), 415, "Content-Encoding 'br' is not known"),
        (with_encoding(PACKED, "gzip, gzip"), 415, "Content-Encoding"),
        (with_encoding(PACKED[:-3], "gzip"), 422, "end too early"),
        (with_encoding(DATA.encode(), "gzip"), 422, "cannot be read"),
        (with_encoding(gzip.compress(LARGE.encode()), "gzip"), 413, "1,000 bytes when they are decompressed"),
        (with_encoding(b"", "gzip"), 422, "Samples should be provided"),
        ({"files": {"X": ("x.csv.gz", gzip.compress(LARGE.encode()))}}, 413, "when they are decompressed"),
        ({"files": {"X": ("x.csv.gz", DATA.encode())}}, 422, "cannot be read"),
        ({"content": b"a\n1\n", "headers": {"Content-Type": "text/csv; charset=klingon"}}, 415, "charset 'klingon'"),
        ({"content": b"\xff", "headers": {"Content-Type": "text/csv; charset=ascii"}}, 422, "charset=ascii"),
    ],
)  # fmt: skip
def test_it_is_refused(tmp_path: Path, sent: dict[str, Any], status: int, words: str) -> None:
    answer = ask(tmp_path, max_body=1000, **sent)
    assert (answer.status_code, words in answer.json()["message"]) == (status, True), answer.text


def test_parts_are_decompressed_to_the_limit_together(tmp_path: Path) -> None:
    part = ("x.csv.gz", gzip.compress(b"a\n" * 300))
    assert ask(tmp_path, max_body=1000, files={"X": part, "y": part}).status_code == 413


def test_hooks_do_not_see_that_it_was_compressed(tmp_path: Path) -> None:
    code = """
        def load_model(code_dir): return 1
        def score_unstructured(model, data, headers): return f"{sorted(headers)}{data}"
    """
    with client(CodeDir(tmp_path / "m", {"custom.py": code}), "unstructured") as http:
        answer = http.post("/predictUnstructured/", **with_encoding(gzip.compress(b"text"), "gzip", "text/plain"))
    assert answer.text.endswith("text")
    assert "content-encoding" not in answer.text
