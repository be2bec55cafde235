"""Where records begin and end."""

from __future__ import annotations

import pytest

from drum.errors import MalformedInputError
from drum.formats.csv_records import Records, check_field_counts, check_quotes_closed, find_records


def pieces(records: Records) -> list[bytes]:
    starts = [0, *records.ends.tolist()]
    return [records.text[start:end] for start, end in zip(starts, records.ends.tolist(), strict=False)]


def test_records_end_behind_their_line_ends() -> None:
    assert pieces(find_records(b"1,2\n3,4\r\n5,6", at_end=True)) == [b"1,2\n", b"3,4\r\n", b"5,6"]


def test_the_last_line_needs_a_line_end_unless_the_file_ends() -> None:
    assert pieces(find_records(b"1\n2", at_end=False)) == [b"1\n"]


def test_a_line_end_within_quotes_ends_nothing() -> None:
    assert pieces(find_records(b'"1\n2",3\n4,5\n', at_end=True)) == [b'"1\n2",3\n', b"4,5\n"]


def test_an_open_quote_holds_the_rest_back() -> None:
    assert pieces(find_records(b'1\n"2\n3\n', at_end=False)) == [b"1\n"]


def test_blank_lines_count_only_where_they_are_rows() -> None:
    text = b"1\n\n \t\r\n2\n"
    assert len(find_records(text, at_end=True)) == 2
    assert len(find_records(text, at_end=True, blank_lines_count=True)) == 4


def test_a_line_that_begins_with_a_blank_is_not_blank() -> None:
    assert len(find_records(b" x,1\n ,2\n", at_end=True)) == 2


def test_lone_crs_become_newlines_of_the_same_length() -> None:
    records = find_records(b'1\r2\r\n"a\rb"\r', at_end=True)
    assert records.text == b'1\n2\r\n"a\rb"\n'
    assert len(records) == 3


def test_a_cr_at_the_end_waits_for_what_follows() -> None:
    assert pieces(find_records(b"1\r2\r", at_end=False)) == [b"1\n"]
    assert pieces(find_records(b"1\r2\r", at_end=True)) == [b"1\n", b"2\n"]


def test_the_first_records_can_be_cut_off() -> None:
    first = find_records(b'1,"a,b"\n2,c\n3,d\n', at_end=True).first(2)
    assert first.text == b'1,"a,b"\n2,c\n'
    assert first.count_commas() == 2
    assert first.count_lines() == 2


def test_wrong_field_counts_name_the_line_of_the_file() -> None:
    records = find_records(b'1,2\n\n"a\nb",3\n4\n', at_end=True)
    with pytest.raises(MalformedInputError, match=r"Line 14 of the CSV input has 1 field, but its header has 2\."):
        check_field_counts(records, 2, first_line=10)


def test_right_field_counts_pass() -> None:
    check_field_counts(find_records(b'1,2\n"a,b",3\n', at_end=True), 2, first_line=1)


def test_a_quote_that_never_closes_is_named_by_its_line() -> None:
    with pytest.raises(MalformedInputError, match="begins in line 6 "):
        check_quotes_closed(find_records(b'1,2\n3,"x\ny\n', at_end=True), first_line=5)
    check_quotes_closed(find_records(b'1,2\n3,"x\ny"\n', at_end=True), first_line=5)
