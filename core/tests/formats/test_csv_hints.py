"""What is sent as a CSV and is none is called by its name."""

from __future__ import annotations

import pytest

from drum.errors import MalformedInputError
from drum.formats.csv import read_csv
from drum.formats.csv_hints import hint


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"PK\x03\x04\x14\x00\xff\xff\n", "It seems to be an Excel workbook or another zip archive."),
        (b"\x1f\x8b\x08\x00\xff\n", "compressed by gzip; call it .csv.gz"),
        (b"PAR1\x15\xff\x04\n", "a Parquet file"),
        (b"\x00\x01\xff\xfe\x00", "a binary file, not text"),
        ("a,b\n1,ü\n".encode("utf-16"), "charset=utf-16"),
        (b'{"a": 1}', "JSON; call it .json"),
        (b"a;b\n1,5;2\n", "separated by semicolons; separate them by commas."),
        (b"a\tb\n1,5\t2\n", "separated by tabs"),
    ],
    ids=lambda value: repr(value[:12]),
)
def test_an_error_says_what_it_seems_to_be(text: bytes, words: str) -> None:
    with pytest.raises(MalformedInputError) as refused:
        read_csv(text)
    assert words in refused.value.message


@pytest.mark.parametrize("text", [b"", b"a,b\n1\n", b"a;b,c\n1\n", b"\n", b"a"])
def test_often_there_is_nothing_to_say(text: bytes) -> None:
    assert hint(text) == ""


@pytest.mark.parametrize("text", [b"a;b\n1;2\n", b"{a}\n1\n", b"PK\x03\x04\n1\n"])
def test_what_can_be_read_means_what_it_meant(text: bytes) -> None:
    assert len(read_csv(text)) == 1
