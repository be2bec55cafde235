"""The promise of batching: any CSV, cut anywhere, has the values and the types that it has as a whole."""

from __future__ import annotations

import tempfile
from collections.abc import Callable

import pandas as pd
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from drum.batch.csv_blocks import CsvFile
from drum.batch.file_types import FileTypes, TypesChangedError, guess_types
from drum.batch.type_scan import scan_types
from drum.batch.typed_blocks import read_block
from drum.errors import MalformedInputError
from drum.formats.csv import read_csv

MISSING = ("", "NA", "nan", "None", '""', '"NA"', " ", "\t")
INTEGERS = ("0", "1", "-1", "007", "-0", "-00", "+5", " 5", "5 ", "1_000", '"1"', "0" * 25 + "5")
LARGE = ("9007199254740993", "-9223372036854775808", "9223372036854775808", "18446744073709551615")
HUGE = ("99999999999999999999", "-99999999999999999999")
DOUBLES = ("1.5", "-1.5", "1e5", "1e20", "1e400", ".5", "1.", "inf", "-Infinity", "0.1234567890123456789")
TRUTHS = ("True", "false", "TRUE", '"True"')
TEXTS = ("-", "-x", "x", "abc", "é", "2020-01-01", "12 Main", "0x10", "1.5.5", "e5", "NAN", "'")
QUOTES = ('"a,b"', '"a\nb"', '"a\r\nb"', '"a""b"', 'a"b', '"', '"x', '"q"w')
WORDS = (*MISSING, *INTEGERS, *LARGE, *HUGE, *DOUBLES, *TRUTHS, *TEXTS, *QUOTES)


@st.composite
def csv_texts(draw: st.DrawFn) -> bytes:
    """Columns that mix a few words each, so that types meet; ragged rows, blank lines and quotes left open."""
    columns = draw(st.integers(1, 3))
    pools = [draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4)) for _ in range(columns)]
    rows = draw(st.lists(st.tuples(*map(st.sampled_from, pools)), min_size=1, max_size=12))
    lines = [",".join("abc"[:columns]), *map(",".join, rows)]
    if draw(st.booleans()):
        lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(["", "  ", "\t", "1", "1,2,3", '""'])))
    end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    text = end.join(lines) + draw(st.sampled_from(["", end]))
    return (draw(st.sampled_from(["", "\ufeff"])) + text).encode()


def read_in_blocks(text: bytes, rows: int) -> pd.DataFrame:
    with tempfile.TemporaryFile() as file:
        file.write(text)
        file.flush()
        csv = CsvFile(file, block_rows=rows)
        try:
            frames = read_all(csv, guess_types(csv))
        except TypesChangedError:
            frames = read_all(csv, scan_types(csv))
    for frame in frames:
        assert frame.dtypes.tolist() == frames[0].dtypes.tolist()
    return pd.concat(frames, ignore_index=True)


def read_all(csv: CsvFile, types: FileTypes) -> list[pd.DataFrame]:
    return [read_block(csv.header, block, types) for block in csv.blocks()]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(csv_texts(), st.integers(1, 5))
@example(b"a,b\n1,x\n2,y\n,z\n", 1)
@example(b"a,b\n18446744073709551615,1\n,2\n", 1)
@example(b"a,b\n18446744073709551615,1\n,2\n1.5,3\n", 2)
@example(b"a,b\n1,1\n,2\n18446744073709551615,3\n1.5,4\n", 2)
@example(b"a,b\nTrue,1\n1.5,2\n", 1)
@example(b"a,b\n1.5,1\n99999999999999999999,2\n", 1)
@example(b"a\n\n99999999999999999999", 1)
@example(b"a\n18446744073709551615\n-0", 1)
@example(b"a,b\n,1\n-99999999999999999999,2\n-,3\nx,4\n", 1)
@example(b"a,b\n18446744073709551615,1\n-1.5,2\n1.5,3\n", 1)
def test_blocks_are_the_whole_in_pieces(text: bytes, rows: int) -> None:
    whole, pieces = outcome(lambda: read_csv(text)), outcome(lambda: read_in_blocks(text, rows))
    if isinstance(whole, pd.DataFrame):
        assert isinstance(pieces, pd.DataFrame), pieces
        assert_frame_equal(pieces, whole, check_exact=True)
    elif "never closed" in whole:  # an earlier block may be ragged, and its error comes first
        assert isinstance(pieces, str)
    else:
        assert pieces == whole


def outcome(read: Callable[[], pd.DataFrame]) -> pd.DataFrame | str:
    try:
        return read()
    except MalformedInputError as refused:
        return refused.message


def test_zeros_and_large_integers_are_read_again_as_doubles_where_their_bits_differ() -> None:
    text = b"a,b\n1.5,1\n-0,2\n0,3\n9007199254740993,4\n"
    assert_frame_equal(read_in_blocks(text, 1), read_csv(text), check_exact=True)
    assert str(read_in_blocks(text, 1)["a"][1]) == "-0.0"
