"""What is read by hand is what pandas reads, or left to pandas; joined rows are those that were read apart."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from drum.formats import plain_kinds
from drum.formats.csv import read_csv
from drum.formats.plain_rows import MOST_FIELDS, _text_type, join, kinds_of, read_plain

PLAIN = [
    "<30",
    "#7",
    '"x, y"',
    '"say ""hi"""',
    '"5"',
    '""',
    "1",
    "-7",
    "007",
    "250.01",
    "-0.5",
    "1e5",
    "1E-30",
    "12.",
    "V57",
    "5-10",
    "2024-01-05",
    "?",
    "é",
    "a b ",
    "",
]
AWKWARD = [
    "-0", "+5", ".5", "1e400", "0x1A", "1_000", "NA", "nan", "-nan", "NULL", "None", "n/a", "#N/A", "<NA>", "1.#IND",
    "inf", "-inf", "Infinity", "True", "FALSE", " 5", "5 ", " x", "12345678901234567890", "99999999999999999999999",
    '"q" ', '"q"x', '"q', 'x"y"', '" "', '"NA"', '"1,5"', '5" pipe',
    "1e5x", "٣", "½", "1\t", "\t", " ", "0.1234567890123456789012345",
    "1e-320", "-", "+", ".", "e5", "1e",
]  # fmt: skip
FIELDS = st.one_of(
    st.sampled_from(PLAIN),
    st.sampled_from(AWKWARD),
    st.integers().map(str),
    st.floats(allow_nan=True, allow_infinity=True).map(repr),
    st.text(st.characters(blacklist_characters=",\n\r\0", blacklist_categories=["Cs"]), max_size=6),
)
NAMES = ["a", "b c", "ü", "x[1]"]


@st.composite
def csv_texts(draw: st.DrawFn, fields: st.SearchStrategy[str] = FIELDS) -> bytes:
    width = draw(st.integers(1, 4))
    rows = draw(st.lists(st.lists(fields, min_size=width, max_size=width), min_size=1, max_size=4))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    lines = [",".join(NAMES[:width]), *(",".join(row) for row in rows)]
    return (end.join(lines) + draw(st.sampled_from(["", end]))).encode()


@given(csv_texts())
def test_frames_are_those_of_pandas(text: bytes) -> None:
    plain = read_plain(text)
    if plain is not None:
        assert_frame_equal(plain.frame(), read_csv(text), check_exact=True)


@given(
    csv_texts(st.one_of(st.sampled_from(["1", "2.5", ""]), st.floats(-1e90, 1e90).map(repr), st.integers().map(str)))
)
def test_matrices_are_those_that_numpy_makes_of_the_frame(text: bytes) -> None:
    plain = read_plain(text)
    if plain is not None:
        expected = read_csv(text).to_numpy()
        matrix = plain.matrix()
        assert (matrix.dtype, matrix.flags.f_contiguous) == (expected.dtype, True)
        assert np.array_equal(matrix, expected, equal_nan=True)


@given(st.lists(csv_texts(), min_size=2, max_size=5))
def test_joined_rows_are_those_that_were_read_apart(texts: list[bytes]) -> None:
    plain = [rows for rows in map(read_plain, texts) if rows is not None]
    for rows in plain:
        assert kinds_of(rows.frame()) == rows.kinds
    alike = [rows for rows in plain if (rows.names, rows.kinds) == (plain[0].names, plain[0].kinds)]
    if alike:
        apart = pd.concat([rows.frame() for rows in alike], ignore_index=True)
        assert_frame_equal(join(alike).frame(), apart, check_exact=True)


@pytest.fixture
def unfamiliar(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what rows have looked like."""
    monkeypatch.setattr(plain_kinds, "_FAMILIAR", {})
    monkeypatch.setattr(plain_kinds, "_LATEST", {})
    monkeypatch.setattr(plain_kinds, "_compilations_left", itertools.repeat(None, 2))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(FIELDS, min_size=3, max_size=3), st.lists(FIELDS, min_size=3, max_size=3))
@pytest.mark.usefixtures("unfamiliar")
def test_a_row_is_the_same_when_another_is_familiar(familiar: list[str], row: list[str]) -> None:
    one, other = (f"a,b,c\n{','.join(fields)}\n".encode() for fields in (familiar, row))
    plain_kinds._FAMILIAR.clear()
    fresh = read_plain(other)
    plain_kinds._FAMILIAR.clear()
    plain_kinds._compilations_left = itertools.repeat(None, 2)
    for _ in range(3):
        read_plain(one)
    assert read_plain(other) == fresh


@pytest.mark.usefixtures("unfamiliar")
def test_rows_become_familiar_when_they_come_twice_and_only_so_often() -> None:
    for fields, known in (("1,x", None), ("1,y", "is"), ("2.5,z", "is"), ("3.5,z", "fs"), ("x,1", "fs"), ("y,2", "fs")):
        assert read_plain(f"a,b\n{fields}\n".encode()) is not None
        assert getattr(plain_kinds._FAMILIAR.get(2), "kinds", None) == known


@pytest.mark.parametrize("field", PLAIN)
def test_what_is_plain_is_read_by_hand(field: str) -> None:
    text = f"a,b\n{field},1\n".encode()
    plain = read_plain(text)
    assert plain is not None
    assert_frame_equal(plain.frame(), pd.read_csv(io.BytesIO(text)), check_exact=True)


@pytest.mark.parametrize(
    "text",
    [
        b"", b"a", b"a\n", b"a,b\n1\n", b"a,b\n1,2,3\n", b"a,a\n1,2\n", b"a,\n1,2\n", b"a\n\n1\n", b"\na\n1\n",
        b'"a",b\n1,2\n',
        b'a,b\n"1,2\n', b'a,b\n"1\n2",3\n',
        b"a\r1\r", b"\xef\xbb\xbfa\n1\n", b"a\n\xff\n", b"\xff\n1\n", b"a\n1\0\n",
        b"a\n" + b"1\n" * (MOST_FIELDS + 1),
    ],
)  # fmt: skip
def test_all_else_is_left_to_pandas(text: bytes) -> None:
    assert read_plain(text) is None


def test_texts_need_no_arrow() -> None:
    """Where pyarrow is not installed, pandas keeps texts as objects of Python's."""
    text = b"a,b,c\nx,1,y\n,2,z\n"
    with pd.option_context("mode.string_storage", "python"):
        _text_type.cache_clear()
        rows, expected = read_plain(text), read_csv(text)
        assert rows is not None
        assert_frame_equal(rows.frame(), expected)
        assert expected["a"].dtype.storage == "python"  # type: ignore[union-attr]
    _text_type.cache_clear()
