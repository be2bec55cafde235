"""Numbers are to the matrix what they are to pandas, or are left to it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drum.errors import MalformedInputError
from drum.formats.csv import read_csv
from drum.formats.numeric_rows import joined, read_numeric

NAMES = ("a", "b b")
FIELDS = st.one_of(
    st.floats(allow_nan=False).map(repr),
    st.integers().map(str),
    st.sampled_from(
        ["", "1", "2.5", "-0", "-0.0", "+5", ".5", "5.", "1e400", "-", "1-2", "1e", "--1", "1.2.3", "x", "NA"]
    ),
)


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    rows = draw(st.lists(st.lists(FIELDS, min_size=1, max_size=3).map(",".join), min_size=1, max_size=4))
    return "\n".join(["a,b b", *rows, *draw(st.sampled_from([[], [""]]))]).encode()


@given(st.lists(texts(), min_size=1, max_size=3))
def test_together_is_as_alone(bodies: list[bytes]) -> None:
    parts = [part for part in (read_numeric(body, NAMES) for body in bodies) if part is not None]
    if len(parts) < len(bodies):
        return
    together = joined([part.values for part in parts])
    alone = [read_csv(body).to_numpy() for body in bodies]
    assert together.dtype == np.float64
    assert together.flags.f_contiguous
    assert {matrix.dtype.kind for matrix in alone} == {"f"}
    assert np.array_equal(together, np.concatenate(alone), equal_nan=True)
    assert np.array_equal(np.signbit(together), np.signbit(np.concatenate(alone)))


def test_numbers_are_read() -> None:
    parts = [read_numeric(text, NAMES) for text in (b"a,b b\n1,2.5\n3,\n,\n", b"a,b b\r\n-1.5,1e3")]
    assert [len(part) for part in parts if part] == [3, 1]
    nan = np.nan
    assert np.array_equal(
        joined([part.values for part in parts if part]), [[1, 2.5], [3, nan], [nan, nan], [-1.5, 1000]], equal_nan=True
    )


@pytest.mark.parametrize(
    "body",
    [
        b"a,c\n1.5,2\n", b"a,b b\n1,2\n", b"a,b b\n1.5,x\n", b"a,b b\n", b"a,b b\n1.5,2\n\n1,2\n",
        b"a,b b\n1.5,-0\n", b"a,b b\n1.5,9223372036854775808\n", b"a,b b\n1.5,007\n", b"a,b b\n1.5,null\n",
    ],
)  # fmt: skip
def test_all_else_is_left_to_others(body: bytes) -> None:
    assert read_numeric(body, NAMES) is None


@pytest.mark.parametrize("lines", [b"1.5,2,3\n4\n", b"4\n1.5,2,3\n"])
def test_rows_are_not_evened_out(lines: bytes) -> None:
    assert read_numeric(b"a,b b\n" + lines, NAMES) is None
    with pytest.raises(MalformedInputError):
        read_csv(b"a,b b\n" + lines)
