"""Writing: exact doubles, few quotes, and the same values with and without PyArrow."""

from __future__ import annotations

import io
import math
import struct
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drum.formats.csv_writing import csv_text


@pytest.fixture(params=["with pyarrow", "without pyarrow"])
def _writer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "without pyarrow":
        monkeypatch.setitem(sys.modules, "pyarrow.csv", None)
    else:
        pytest.importorskip("pyarrow.csv")


def bits(value: float) -> bytes:
    return struct.pack("<d", value)


COMMON = {
    "doubles": ({"p": [0.1, 1.0, 0.0, -2.0, 123456789.0]}, "p\n0.1\n1.0\n0.0\n-2.0\n123456789.0\n"),
    "negative zero": ({"p": [-0.0, 0.5]}, "p\n-0.0\n0.5\n"),
    "infinity": ({"p": [math.inf, -math.inf]}, "p\ninf\n-inf\n"),
    "missing": ({"no": [0.25, math.nan], "yes": [math.nan, 1.0]}, "no,yes\n0.25,\n,1.0\n"),
    "missing alone in its line": ({"p": [0.25, math.nan]}, 'p\n0.25\n""\n'),
    "integers": ({"p": [1, -2, 2**62]}, f"p\n1\n-2\n{2**62}\n"),
    "truth values": ({"p": [True, False]}, "p\nTrue\nFalse\n"),
    "truth values, one missing": ({"p": [True, None], "q": [1, 2]}, "p,q\nTrue,1\n,2\n"),
    "text": ({"p": ["a", "b c"]}, "p\na\nb c\n"),
    "text to quote": ({"p": ["a,b", 'say "hi"', "x\ny"]}, 'p\n"a,b"\n"say ""hi"""\n"x\ny"\n'),
    "text, one missing": ({"p": ["a", None], "q": [1.5, 2.0]}, "p,q\na,1.5\n,2.0\n"),
    "empty text alone in its line": ({"p": ["a", ""]}, 'p\na\n""\n'),
    "objects of several kinds": ({"p": [1, "a", 2.5]}, "p\n1\na\n2.5\n"),
    "labels to quote": ({"a,b": [1.0], 'c"d': [2.0]}, '"a,b","c""d"\n1.0,2.0\n'),
    "letters beyond ascii": ({"größe": ["ü"]}, "größe\nü\n"),
    "single precision": ({"p": np.array([0.1, 1.0], "float32")}, "p\n0.10000000149011612\n1.0\n"),
    "categories": ({"p": pd.Categorical(["x", "y"])}, "p\nx\ny\n"),
}


@pytest.mark.usefixtures("_writer")
@pytest.mark.parametrize(("columns", "text"), COMMON.values(), ids=COMMON)
def test_common_values_look_the_same_however_they_are_written(columns: dict[str, object], text: str) -> None:
    assert csv_text(pd.DataFrame(columns)).decode() == text


@pytest.mark.usefixtures("_writer")
def test_columns_may_share_a_name_or_have_a_number_for_one() -> None:
    frame = pd.DataFrame([[1.0, np.float32(2.0)]])
    assert csv_text(frame).decode() == "0,1\n1.0,2.0\n"
    assert csv_text(frame.set_axis(["a", "a"], axis=1)).decode() == "a,a\n1.0,2.0\n"


@given(st.lists(st.floats(allow_nan=False), min_size=1))
def test_every_double_survives_with_pyarrow_and_without(values: list[float]) -> None:
    frame = pd.DataFrame({"p": values, "q": 0.5})
    quick = csv_text(frame)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "pyarrow.csv", None)
        slow = csv_text(frame)
    for text in (quick, slow):
        read = [float(line.split(",")[0]) for line in text.decode().splitlines()[1:]]
        assert [bits(value) for value in read] == [bits(value) for value in values]


def test_an_index_is_not_written() -> None:
    frame = pd.DataFrame({"p": [1.5, 2.5]}, index=[7, 9])
    assert pd.read_csv(io.BytesIO(csv_text(frame))).columns.tolist() == ["p"]
