"""Requests hold the rows of the input, as many as were asked for, whatever they hold."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drum import media_types
from drum.errors import MalformedInputError, UnsupportedMediaTypeError
from drum.formats.csv import read_csv
from drum.perf.cases import MEGABYTE, CsvRows, case_as_it_is, case_of_rows, default_cases, rows_of
from drum.plugins import create_plugin_manager
from drum.trial.features import Features
from drum.types import Payload

TEXT = b'a,b\r\n1,"x\ny"\r\n\r\n2,"q""q"\r\n3,z'


def features() -> Features:
    return Features(create_plugin_manager(), Path())


@given(rows=st.integers(1, 20), first=st.integers(0, 20))
def test_rows_of_a_csv_follow_each_other_without_end(rows: int, first: int) -> None:
    frame = pd.read_csv(io.BytesIO(CsvRows(TEXT).body(rows, first)))
    whole = pd.read_csv(io.BytesIO(TEXT))
    assert frame["a"].tolist() == [whole["a"][(first + row) % 3] for row in range(rows)]
    assert frame["b"].tolist() == [whole["b"][(first + row) % 3] for row in range(rows)]


@pytest.mark.parametrize("text", [b"\xef\xbb\xbfa\n1\n\n2\n", b"a\r1\r\r2", b"\n\na\n1\n\n2"])
def test_odd_line_ends_and_beginnings(text: bytes) -> None:
    rows = CsvRows(text)
    assert read_csv(rows.body(6))["a"].fillna(0).tolist() == [1, 0, 2] * 2


@pytest.mark.parametrize("text", [b"", b"a,b\n", b"a,b\n\n \n"])
def test_a_csv_without_rows(text: bytes) -> None:
    with pytest.raises(MalformedInputError):
        CsvRows(text)


def test_a_quote_that_is_never_closed() -> None:
    with pytest.raises(MalformedInputError, match="never closed"):
        CsvRows(b'a\n1\n"2\n')


def test_sizes_are_those_asked_for() -> None:
    one, small, large, largest = default_cases(CsvRows(TEXT), None)
    assert [case.name for case in (one, small, large, largest)] == ["1 row", "0.1 MB", "10 MB", "50 MB"]
    assert [case.requests for case in (one, small, large, largest)] == [100, 50, 5, 1]
    for case, size in ((small, 0.1), (large, 10), (largest, 50)):
        assert case.bytes == pytest.approx(size * MEGABYTE, rel=1e-3)
        assert case.rows is not None
        assert case.bodies[0].count(b"\r\n") + case.bodies[0].count(b"z\n") >= case.rows
    assert len(one.bodies) == 100
    assert len(set(one.bodies)) == 3


def test_an_input_that_is_larger_than_a_case_is_cut() -> None:
    text = b"a\n" + b"1234567\n" * 30_000
    _, small, _, _ = default_cases(CsvRows(text), 7)
    assert (small.bytes, small.rows, small.requests) == (100_002, 12_500, 7)


def test_a_case_of_rows() -> None:
    case = case_of_rows(CsvRows(TEXT), 1000, 5)
    assert (case.name, case.rows, case.requests, len(case.bodies)) == ("1,000 rows", 1000, 5, 1)


@pytest.mark.parametrize(
    "media_type", [media_types.JSON, media_types.JSON_LINES, media_types.PARQUET, media_types.ARROW_FILE]
)
def test_rows_of_other_formats_stay_in_them(media_type: str) -> None:
    frame = pd.DataFrame({"code": ["007", "x"], "n": [1.5, 2.5]})
    body = features().write(frame, media_type)
    rows = rows_of(Payload(body=body, media_type=media_type), features())
    read = features().read(Payload(body=rows.body(5, 1), media_type=rows.content_type))
    assert read is not None
    assert read["code"].tolist() == ["x", "007", "x", "007", "x"]
    larger = features().read(Payload(body=rows.body(rows.fitting(20_000)), media_type=media_type))
    assert larger is not None
    size = larger.memory_usage(index=False, deep=True).sum() if "apache" in media_type else len(rows.body(len(larger)))
    assert size == pytest.approx(20_000, rel=0.1)


@pytest.mark.parametrize("media_type", [media_types.MTX, "application/x-thing"])
def test_rows_that_cannot_be_repeated(media_type: str) -> None:
    with pytest.raises(UnsupportedMediaTypeError, match="cannot be repeated"):
        rows_of(Payload(body=b"x", media_type=media_type), features())


def test_an_input_as_it_is() -> None:
    case = case_as_it_is(Payload(body=b"anything", media_type="text/plain", charset="latin-1"), 3)
    assert (case.bodies, case.rows, case.requests) == ((b"anything",), None, 3)
    assert case.content_type == "text/plain; charset=latin-1"
