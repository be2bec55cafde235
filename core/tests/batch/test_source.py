"""Whatever the input comes from, it can be read at any place."""

from __future__ import annotations

import gzip
import io
import os
import threading
from pathlib import Path

import pytest

from drum import media_types
from drum.batch.source import open_source
from drum.errors import MalformedInputError, UnsupportedMediaTypeError

TEXT = b"a,b\n1,2\n"


def test_a_file_is_opened_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "data.CSV"
    path.write_bytes(TEXT)
    with open_source(path, parts={"y": b"1"}) as source:
        assert source.media_type == media_types.CSV
        assert source.size == len(TEXT)
        payload = source.as_payload()
    assert (payload.body, payload.media_type, payload.parts) == (TEXT, "text/csv", {"y": b"1"})


def test_a_compressed_file_is_spooled(tmp_path: Path) -> None:
    path = tmp_path / "data.csv.GZ"
    path.write_bytes(gzip.compress(TEXT))
    with open_source(path) as source:
        assert (source.media_type, source.as_payload().body) == (media_types.CSV, TEXT)


@pytest.mark.parametrize("body", [b"no gzip", gzip.compress(TEXT)[:-9], gzip.compress(TEXT)[:-1] + b"\xff"])
def test_a_broken_compressed_file_is_refused(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "data.csv.gz"
    path.write_bytes(body)
    with pytest.raises(MalformedInputError, match="cannot be decompressed"), open_source(path):
        raise AssertionError("must not be opened")


def test_a_stream_is_a_csv_unless_told_otherwise() -> None:
    with open_source(io.BytesIO(TEXT)) as source:
        assert (source.media_type, source.as_payload().body) == (media_types.CSV, TEXT)
    with open_source(io.BytesIO(b"[]"), media_type=media_types.JSON) as source:
        assert source.media_type == media_types.JSON


def test_a_pipe_is_spooled(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(TEXT,))
    writer.start()
    with open_source(path) as source:
        assert os.pread(source.file.fileno(), 100, 0) == TEXT
    writer.join()


@pytest.mark.parametrize(("name", "message"), [("missing.csv", "No such file"), ("folder.csv", "Is a directory")])
def test_what_cannot_be_read_is_refused(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(MalformedInputError, match=message), open_source(tmp_path / name):
        raise AssertionError("must not be opened")


def test_an_unknown_extension_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedMediaTypeError), open_source(tmp_path / "data.xlsx"):
        raise AssertionError("must not be opened")
