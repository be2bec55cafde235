"""What clients compress is decompressed, to a bound."""

from __future__ import annotations

import gzip
import zlib

import pytest

from drum.decompression import decompressor, gunzip
from drum.errors import DrumError, MalformedInputError, PayloadTooLargeError, UnsupportedMediaTypeError

DATA = b"a,b\n1,2\n" * 5000
MOST = len(DATA)
PACKED = gzip.compress(DATA)
RAW = zlib.compress(DATA, wbits=-15)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", PACKED),
        (" X-GZIP ", PACKED),
        ("deflate", zlib.compress(DATA)),
        ("deflate", RAW),
        ("gzip", gzip.compress(DATA[:100]) + gzip.compress(DATA[100:])),
        ("gzip", PACKED + b"\0" * 100_000),
    ],
    ids=["gzip", "x-gzip", "deflate", "deflate without a head", "two files", "zeros behind"],
)
def test_what_was_compressed_comes_out(encoding: str, body: bytes) -> None:
    decompress = decompressor(encoding)
    assert decompress is not None
    assert decompress(body, MOST) == DATA


@pytest.mark.parametrize("encoding", ["", "identity"])
def test_nothing_is_done_to_what_is_not_compressed(encoding: str) -> None:
    assert decompressor(encoding) is None


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "zstd", "x" * 9999])
def test_what_is_not_known_is_refused(encoding: str) -> None:
    with pytest.raises(UnsupportedMediaTypeError, match="gzip or deflate") as refused:
        decompressor(encoding)
    assert len(refused.value.message) < 200


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (PACKED[:-1], MalformedInputError),
        (PACKED[:50], MalformedInputError),
        (PACKED[:-8] + b"12345678", MalformedInputError),
        (PACKED + b"junk", MalformedInputError),
        (DATA, MalformedInputError),
        (gzip.compress(DATA + b"x"), PayloadTooLargeError),
        (gzip.compress(bytes(10**9)), PayloadTooLargeError),
        (PACKED * 2, PayloadTooLargeError),
        (gzip.compress(b"") * 100_000, MalformedInputError),
    ],
    ids=[
        "last byte lacks",
        "cut off",
        "wrong checksum",
        "junk behind",
        "plain",
        "a byte too much",
        "bomb",
        "two",
        "many",
    ],
)
def test_broken_and_endless_data_are_refused(body: bytes, error: type[DrumError]) -> None:
    with pytest.raises(error):
        gunzip(body, MOST)
