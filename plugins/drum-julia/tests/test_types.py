"""Columns of every type, with and without missing values, of every size: there and back without a change."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from drum.errors import MalformedInputError, ScoreError
from drum.scorer import Scorer

Serve = Callable[..., Scorer]

DATE = pd.ArrowDtype(pa.date32())
ECHO = "transform(data, model) = data"
EVERY_TYPE = {
    "float": (pd.Series([1.5, -0.0]), "Array{Float64,1}"),
    "float, gaps": (pd.Series([1.5, np.nan]), "Array{Union{Missing, Float64},1}"),
    "float32": (pd.Series([0.1, 2], dtype="float32"), "Array{Float64,1}"),
    "int": (pd.Series([1, -(2**62)]), "Array{Int64,1}"),
    "int8": (pd.Series([1, -2], dtype="int8"), "Array{Int64,1}"),
    "uint64": (pd.Series([1, 2], dtype="uint64"), "Array{Int64,1}"),
    "large uint64": (pd.Series([1, 2**63], dtype="uint64"), "Array{Float64,1}"),
    "Int64, gaps": (pd.Series([1, None], dtype="Int64"), "Array{Union{Missing, Int64},1}"),
    "bool": (pd.Series([True, False]), "Array{Bool,1}"),
    "bool, gaps": (pd.Series([True, None], dtype="object"), "Array{Union{Missing, Bool},1}"),
    "text": (pd.Series(["Zürich", "東京 🗾"]), "Array{String,1}"),
    "text, gaps": (pd.Series(["", None]), "Array{Union{Missing, String},1}"),
    "no text": (pd.Series([None, None], dtype="str"), "Array{Union{Missing, String},1}"),
    "category": (pd.Series(["a", "ß"], dtype="category"), "Array{String,1}"),
    "category, gaps": (pd.Series(["a", None], dtype="category"), "Array{Union{Missing, String},1}"),
    "category of numbers": (pd.Series([3, 4], dtype="category"), "Array{Int64,1}"),
    "time": (pd.Series(pd.to_datetime([1582977600125, -86400000], unit="ms")), "Array{Dates.DateTime,1}"),
    "time, gaps": (pd.Series(pd.to_datetime(["2020-02-29", None])), "Array{Union{Missing, Dates.DateTime},1}"),
    "date": (pd.Series([date(2020, 2, 29), date(1, 1, 1)], dtype=DATE), "Array{Dates.DateTime,1}"),
    "nothing": (pd.Series([None, None], dtype="object"), "Array{Union{Missing, Float64},1}"),
    "sparse": (pd.Series(pd.arrays.SparseArray([0.0, 2.5])), "Array{Float64,1}"),
    "decimal": (pd.Series([1, None], dtype=pd.ArrowDtype(pa.decimal128(5, 2))), "Array{Union{Missing, Float64},1}"),
}  # fmt: skip
SAME_BACK = {"float", "float, gaps", "int", "bool", "bool, gaps", "text", "text, gaps", "no text"}


def test_types_in_julia(serve: Serve) -> None:
    frame = pd.DataFrame({name: column for name, (column, _) in EVERY_TYPE.items()})
    scorer = serve("transform(data, model) = (a=[join(typeof.(values(data)), ';'), \"\"],)", "transform")
    assert scorer.score(frame).frame["a"][0].split(";") == [kind for _, kind in EVERY_TYPE.values()]


@pytest.mark.parametrize("name", EVERY_TYPE)
def test_there_and_back(serve: Serve, name: str) -> None:
    column = EVERY_TYPE[name][0]
    frame = pd.DataFrame({'it\'s "odd" (ä)': column})
    back = serve(ECHO, "transform").score(frame).frame
    if name in SAME_BACK:
        pd.testing.assert_frame_equal(back, frame)
    else:
        assert [_plain(value) for value in back.iloc[:, 0]] == [_plain(value) for value in column]


def _plain(value: Any) -> Any:
    """Return a value as it is told apart here: a date is its midnight, and a decimal its number."""
    if pd.isna(value):
        return None
    return pd.Timestamp(value) if isinstance(value, date) else float(value) if isinstance(value, Decimal) else value


@pytest.mark.parametrize(
    ("julia", "expected"),
    [
        ("Float32[0.5, 2]", [0.5, 2.0]),
        ("[1 // 2, 3 // 1]", [0.5, 3.0]),
        ("UInt8[1, 255]", [1, 255]),
        ("[big(1), big(2)]", [1, 2]),
        ("BitVector([true, false])", [True, False]),
        ("1:2", [1, 2]),
        ("[1, missing]", [1.0, None]),
        ("Any[1, nothing]", [1.0, None]),
        ("[1.5, missing]", [1.5, None]),
        ("[missing, missing]", [None, None]),
        ("[nothing, nothing]", [None, None]),
        ("[:a, :b]", ["a", "b"]),
        ("['a', 'ß']", ["a", "ß"]),
        ("split(\"x y\")", ["x", "y"]),
        ("Any[\"x\", missing]", ["x", None]),
        ("[Main.Drum.Date(2020), Main.Drum.Date(1960)]", [pd.Timestamp("2020-01-01"), pd.Timestamp("1960-01-01")]),
        ("[Main.Drum.DateTime(2020), missing]", [pd.Timestamp("2020-01-01"), None]),
    ],
)  # fmt: skip
def test_what_comes_back(serve: Serve, julia: str, expected: list[Any]) -> None:
    frame = serve(f"transform(data, model) = (a={julia},)", "transform").score(pd.DataFrame({"x": [1, 2]})).frame
    assert [None if pd.isna(value) else value for value in frame["a"]] == expected


@pytest.mark.parametrize("julia", ["[1im, 2im]", "[[1], [2]]", 'Any["x", 1]', "[10^18 * big(100), big(1)]"])
def test_what_cannot_come_back(serve: Serve, julia: str) -> None:
    with pytest.raises(ScoreError, match=r"column 'a' holds values of type|InexactError"):
        serve(f"transform(data, model) = (a={julia},)", "transform").score(pd.DataFrame({"x": [1, 2]}))


@pytest.mark.parametrize("values", [["a", 1], [[1], [2]], [{"a": 1}, {"b": 2}], [b"a", "b"]])
def test_columns_of_no_one_type(serve: Serve, values: list[Any]) -> None:
    with pytest.raises(MalformedInputError, match="Column 'odd' holds values of"):
        serve(ECHO, "transform").score(pd.DataFrame({"odd": pd.Series(values, dtype="object")}))


@pytest.mark.parametrize("rows", [0, 1, 100_000])
def test_rows(serve: Serve, rows: int) -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "number": random.normal(size=rows),
            "whole": random.integers(-9, 9, rows),
            "text": pd.Series([f"row {row} ü" for row in range(rows)], dtype="str"),
            "word": pd.Series(random.choice(["a", "b", None], rows), dtype="str"),
        }
    )
    back = serve(ECHO, "transform").score(frame).frame
    pd.testing.assert_frame_equal(back, frame)


def test_500_columns(serve: Serve) -> None:
    frame = pd.DataFrame({f"c{number}": [number / 7, -1.0] if number % 2 else ["x", None] for number in range(500)})
    pd.testing.assert_frame_equal(serve(ECHO, "transform").score(frame).frame, frame)


def test_slices_of_larger_frames(serve: Serve) -> None:
    """Memory that begins in the middle of something, and strides that are not those of a vector."""
    whole = pd.DataFrame(np.arange(40.0).reshape(10, 4), columns=list("abcd")).assign(t=[f"t{n}" for n in range(10)])
    part = whole.iloc[3:9:2]
    expected = part.reset_index(drop=True)
    pd.testing.assert_frame_equal(serve(ECHO, "transform").score(part).frame, expected)


def test_hooks_may_change_their_data(serve: Serve) -> None:
    """Data are copies: what a hook does to them is not done to the caller's."""
    scorer = serve("KEPT = []\nscore(data, model) = (push!(KEPT, data.x); data.x .*= 2; sum(KEPT))")
    data = pd.DataFrame({"x": [1.0, 2.0]})
    assert scorer.score(data).frame["Predictions"].tolist() == [2.0, 4.0]
    assert scorer.score(data).frame["Predictions"].tolist() == [4.0, 8.0]
    assert data["x"].tolist() == [1.0, 2.0]
