"""The header, and records of a file read with it."""

from __future__ import annotations

import pytest

from drum.errors import MalformedInputError
from drum.formats.csv_parsing import read_column, read_header, read_records
from drum.formats.csv_records import find_records


def test_a_header_tells_names_and_where_the_rows_begin() -> None:
    header = read_header(b'\xef\xbb\xbf\n  \n"a\nb",, c\r\n1,2,3\n', at_end=True)
    assert header is not None
    assert header.names == ("a\nb", "Unnamed: 1", " c")
    assert (header.text, header.lines, header.size) == (b'"a\nb",, c\n', 4, 18)


def test_a_header_without_its_line_end_asks_for_more() -> None:
    assert read_header(b'a,"b\n', at_end=False) is None
    assert read_header(b"a,b", at_end=False) is None


def test_a_header_keeps_blanks_before_the_first_name() -> None:
    header = read_header(b"\n a,b\n", at_end=True)
    assert header is not None
    assert header.names == (" a", "b")
    assert header.text == b" a,b\n"


def test_lines_are_counted_from_that_of_the_records() -> None:
    header = read_header(b"a,b\n", at_end=True)
    assert header is not None
    with pytest.raises(MalformedInputError, match="Line 101 of"):
        read_records(header, find_records(b"1,2\n3\n", at_end=True), first_line=100)
    with pytest.raises(MalformedInputError, match="Line 101 is not"):
        read_records(header, find_records(b"1,2\n3,\xff\n", at_end=True), first_line=100)


def test_one_column_can_be_read_as_another_type() -> None:
    header = read_header(b"a,b\n", at_end=True)
    assert header is not None
    records = find_records(b"1,007\n2,\n", at_end=True)
    assert read_column(header, records, 1, "str").tolist()[0] == "007"
    assert read_column(header, records, 1, "str", missing=False).tolist() == ["007", ""]
    assert read_column(header, records, 0, "float64").tolist() == [1.0, 2.0]
