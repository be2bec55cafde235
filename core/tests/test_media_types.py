"""Media types by extension, and files as payloads."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from drum import media_types
from drum.errors import MalformedInputError, UnsupportedMediaTypeError
from drum.types import Payload


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("data.csv", "text/csv"),
        ("DATA.CSV", "text/csv"),
        ("data.csv.gz", "text/csv"),
        ("data.CSV.GZ", "text/csv"),
        ("a.b.mtx", "text/mtx"),
        ("data.arrow", "application/vnd.apache.arrow.file"),
        ("data.feather", "application/vnd.apache.arrow.file"),
        ("data.parquet", "application/vnd.apache.parquet"),
        ("data.json", "application/json"),
        ("data.jsonl", "application/x-ndjson"),
    ],
)
def test_extension_tells_the_media_type(name: str, media_type: str) -> None:
    assert media_types.of_file(Path(name)) == media_type
    assert media_type in media_types.KNOWN


@pytest.mark.parametrize("name", ["data", "data.xlsx", "data.gz", "csv", ".csv"])
def test_unknown_extension_lists_the_known(name: str) -> None:
    with pytest.raises(
        UnsupportedMediaTypeError,
        match=rf"'{name}' is not known by its extension. Known are .csv, .* and .csv.gz",
    ):
        media_types.of_file(Path(name))


def test_both_arrow_formats_are_known() -> None:
    assert {media_types.ARROW_FILE, media_types.ARROW_STREAM} <= set(media_types.KNOWN)


@pytest.mark.parametrize(("name", "content"), [("data.csv", b"a\n1\n"), ("data.csv.gz", gzip.compress(b"a\n1\n"))])
def test_file_becomes_a_payload(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert media_types.payload_of_file(tmp_path / name) == Payload(body=b"a\n1\n", media_type="text/csv", room=None)


def test_media_type_that_is_given_goes_before_the_extension(tmp_path: Path) -> None:
    (tmp_path / "data.txt").write_bytes(b"{}")
    assert media_types.payload_of_file(tmp_path / "data.txt", "application/json").media_type == "application/json"


@pytest.mark.parametrize("content", [b"no gzip", gzip.compress(b"a\n1\n")[:-9], gzip.compress(b"a")[:10] + b"\xff" * 9])
def test_broken_compression_is_the_callers_fault(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "data.csv.gz").write_bytes(content)
    with pytest.raises(MalformedInputError, match="cannot be decompressed"):
        media_types.payload_of_file(tmp_path / "data.csv.gz")


@pytest.mark.parametrize(
    ("name", "reason"), [("missing.csv", "No such file or directory"), ("folder.csv", "Is a directory")]
)
def test_file_that_cannot_be_read_says_why(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(MalformedInputError, match=f"{name}' cannot be read: {reason}"):
        media_types.payload_of_file(tmp_path / name)
