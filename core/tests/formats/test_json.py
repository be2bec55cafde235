"""JSON, in every shape that is read and every value that is written."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drum.errors import MalformedInputError
from drum.formats.json import drum_read_input, drum_write_output
from drum.types import ModelSpec, Payload, Predictions, TargetType

JSON, LINES = "application/json", "application/x-ndjson"


def read(content: Any, media_type: str = JSON) -> pd.DataFrame:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    frame = drum_read_input(Payload(body=body, media_type=media_type))
    assert frame is not None
    return frame


def write(
    frame: pd.DataFrame,
    extra: pd.DataFrame | None = None,
    target_type: TargetType = TargetType.REGRESSION,
    media_type: str = JSON,
) -> str:
    spec = ModelSpec(code_dir=Path("."), target_type=target_type)
    body = drum_write_output(Predictions(frame=frame, extra=extra), media_type, spec)
    assert body is not None
    return body.decode()


def single(values: Any) -> pd.DataFrame:
    return pd.DataFrame({"Predictions": values})


# ------------------------------------------------------------------------------------- reading


@pytest.mark.parametrize(
    "content",
    [
        [{"a": 1, "b": "x"}, {"a": 2, "b": None}],
        [{"b": "x", "a": 1}, {"a": 2}],
        {"a": [1, 2], "b": ["x", None]},
        {"a": {"0": 1, "1": 2}, "b": {"0": "x", "1": None}},
        {"dataframe_split": {"columns": ["a", "b"], "data": [[1, "x"], [2, None]]}},
        {"dataframe_split": {"index": [7, 8], "columns": ["a", "b"], "data": [[1, "x"], [2, None]]}},
    ],
    ids=["records", "records with holes", "columns", "columns by row", "split", "split with an index"],
)
def test_every_shape_is_the_same_frame(content: Any) -> None:
    frame = read(content)
    assert set(frame) == {"a", "b"}
    assert frame["a"].tolist() == [1, 2]
    assert frame["b"].isna().tolist() == [False, True]
    assert list(frame.index) == [0, 1]


def test_rows_of_columns_belong_together_whatever_their_order() -> None:
    frame = read({"a": {"0": 1, "1": 2}, "b": {"1": 20, "0": 10}})
    assert frame.to_dict("records") == [{"a": 1, "b": 10}, {"a": 2, "b": 20}]


def test_a_record_a_line() -> None:
    frame = read(b'{"a": 1}\n\n{"a": 2}\r\n', LINES)
    assert frame["a"].tolist() == [1, 2]


def test_unusual_line_separators_are_part_of_a_text() -> None:
    text = "one\u2028two\u0085three"
    body = (json.dumps({"a": text}, ensure_ascii=False) + "\n").encode()
    assert read(body, LINES)["a"].tolist() == [text]


def test_byte_order_mark_is_tolerated() -> None:
    assert read(b'\xef\xbb\xbf[{"a": 1}]')["a"].tolist() == [1]


def test_other_media_types_are_passed_on() -> None:
    assert drum_read_input(Payload(body=b"[]", media_type="text/csv")) is None
    spec = ModelSpec(code_dir=Path("."), target_type=TargetType.REGRESSION)
    assert drum_write_output(Predictions(frame=single([1.0])), "text/csv", spec) is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The input is not valid JSON"),
        (b"{", "The input is not valid JSON: Expecting property name"),
        (b'[{"a": 1}', "The input is not valid JSON"),
        (b"\xff", "The JSON input must be UTF-8; byte 0 is not"),
        (b"[" * 100_000, "nested too deeply|not valid JSON"),
        (b"1" * 5000, "not valid JSON|not int"),
        (3, "JSON input must be a list of records .*, not int"),
        ("x", "JSON input must be .*, not str"),
        (None, "JSON input must be .*, not NoneType"),
        ([{"a": 1}, [2]], "element 1 of the list is no record but list"),
        ([1], "element 0 of the list is no record but int"),
        (b'[{"a": %s}]' % (b"9" * 400), "The number in row 0 of column 'a' .* is too large"),
        (b'[{"a": %s}]' % (b"9" * 5000), "a whole number has thousands of digits"),
        (b'[{"a": %s1%s}]' % (b"[" * 200, b"]" * 200), "nested too deeply in row 0 of column 'a'"),
        (b'[{"a": "\\ud800"}]', "holds half a letter"),
        (b'[{"\\udfff": 1}]', "holds half a letter"),
        ({"dataframe_split": {"columns": [["a"], ["b"]], "data": [[1]]}}, "'columns' must hold names"),
        ({"dataframe_split": {"columns": ["a"], "data": {"a": [1]}}}, "'columns' and 'data' must be lists"),
        ({"a": 1}, "this is not: the value of 'a' is no list"),
        ({"a": [1, 2], "b": [1]}, "this is not: "),
        ({"dataframe_split": {"data": [[1]]}}, "this is not: 'columns'"),
        ({"dataframe_split": {"columns": ["a"]}}, "this is not: 'data'"),
        ({"dataframe_split": {"columns": ["a"], "data": [[1, 2]]}}, "this is not: "),
        ({"dataframe_split": {"columns": ["a", "a"], "data": [[1, 2]]}}, "The input has the column 'a' twice"),
        ({"dataframe_split": {"columns": ["a"], "data": []}}, "The input has no rows"),
        ([], "The input has no rows"),
        ({}, "The input has no rows"),
        ({"a": []}, "The input has no rows"),
        ([{}], "The input has no rows"),
    ],
    ids=str,
)
def test_broken_input_says_what_is_wrong(content: Any, message: str) -> None:
    with pytest.raises(MalformedInputError, match=message):
        read(content)


def test_broken_line_is_numbered() -> None:
    with pytest.raises(MalformedInputError, match="not valid JSON in line 3"):
        read(b'{"a": 1}\n\n{"a": \n', LINES)


def test_line_that_is_no_record_is_refused() -> None:
    with pytest.raises(MalformedInputError, match="is no record but int"):
        read(b'{"a": 1}\n2\n', LINES)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(content=json_values)
def test_any_json_is_a_frame_or_the_callers_fault(content: Any) -> None:
    try:
        assert len(read(content)) > 0
    except MalformedInputError:
        return


# ------------------------------------------------------------------------------------- writing


def test_single_column_is_a_list() -> None:
    assert json.loads(write(single([1.0, 2.5]))) == {"predictions": [1.0, 2.5]}


@pytest.mark.parametrize("target_type", [TargetType.BINARY, TargetType.MULTICLASS, TargetType.TRANSFORM])
def test_several_columns_are_records(target_type: TargetType) -> None:
    frame = pd.DataFrame({"no": [0.25, 0.5], "yes": [0.75, 0.5]})
    assert json.loads(write(frame, target_type=target_type)) == {
        "predictions": [{"no": 0.25, "yes": 0.75}, {"no": 0.5, "yes": 0.5}]
    }


def test_extra_output_is_a_table_beside() -> None:
    extra = pd.DataFrame({"why": ["x", None], 7: [1, 2]})
    assert json.loads(write(single([1.0, 2.0]), extra)) == {
        "predictions": [1.0, 2.0],
        "extraModelOutput": {"columns": ["why", "7"], "index": [0, 1], "data": [["x", 1], [None, 2]]},
    }


def test_a_record_a_line_is_written() -> None:
    text = write(single(["ü", "y"]), pd.DataFrame({"n": [1, 2]}), TargetType.TEXT_GENERATION, LINES)
    assert text == '{"Predictions":"ü","n":1}\n{"Predictions":"y","n":2}\n'


@pytest.mark.parametrize("text", ["line\nbreak", 'quote"', "\u2028", "\x00", "😀", "back\\slash", "</script>"])
def test_text_survives_in_both_forms(text: str) -> None:
    frame = single([text])
    assert json.loads(write(frame, target_type=TargetType.TEXT_GENERATION))["predictions"] == [text]
    lines = write(frame, target_type=TargetType.TEXT_GENERATION, media_type=LINES).encode()
    assert read(lines, LINES)["Predictions"].tolist() == [text]


def bits(values: Any) -> list[bytes]:
    return [struct.pack("<d", value) for value in values]


@given(values=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_doubles_survive_to_the_last_bit(values: list[float]) -> None:
    frame = single(np.array(values, dtype="float64"))
    assert bits(json.loads(write(frame))["predictions"]) == bits(values)
    read_back = read(write(frame, media_type=LINES).encode(), LINES)["Predictions"]
    assert bits(read_back) == bits(values)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([np.nan, 1.0]),
        pd.Series([np.inf, 1.0]),
        pd.Series([-np.inf, 1.0]),
        pd.Series([np.nan, 1.0], dtype="float32"),
        pd.Series([None, 1.0], dtype=object),
        pd.Series([np.float32("nan"), 1.0], dtype=object),
        pd.Series([pd.NA, 1], dtype="Int64"),
        pd.Series([pd.NA, 1.0], dtype="Float64"),
        pd.Series([pd.NA, True], dtype="boolean"),
        pd.Series([pd.NA, "1"], dtype="string"),
        pd.Series([pd.NaT, pd.Timestamp(0)]),
        pd.Series(pd.Categorical([None, "a"])),
    ],
    ids=lambda column: f"{column.dtype}-{column[0]}",
)
def test_missing_and_infinite_values_are_null(column: pd.Series[Any]) -> None:
    answer = json.loads(write(single([1.0, 2.0]), column.to_frame("extra")))["extraModelOutput"]["data"]
    assert answer[0] == [None]
    assert answer[1] != [None]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.str_("x"), "x"),
        (np.array([1.5, 2.0]), [1.5, 2.0]),
        ([1, 2], [1, 2]),
        ([1.5, float("nan")], [1.5, None]),
        ({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}),
        ({"a": np.int64(1)}, {"a": 1}),
    ],
    ids=repr,
)
def test_cells_of_any_kind_keep_their_kind(value: Any, expected: Any) -> None:
    """Embeddings and tool calls leave as arrays and objects, numpy's numbers as numbers."""
    column = pd.Series([value, None], dtype=object)
    assert json.loads(write(column.to_frame("Predictions"), target_type=TargetType.AGENTIC_WORKFLOW)) == {
        "predictions": [expected, None]
    }


def test_no_rows_are_an_empty_list() -> None:
    assert json.loads(write(single([]))) == {"predictions": []}
