"""Arrow, in both of its formats."""

from __future__ import annotations

import io
import json
import struct
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drum.errors import MalformedInputError, ModelContractError
from drum.formats.arrow import drum_read_input, drum_write_output
from drum.types import Payload, Predictions

STREAM, FILE = "application/vnd.apache.arrow.stream", "application/vnd.apache.arrow.file"
both_formats = pytest.mark.parametrize("media_type", [STREAM, FILE])


def read(body: bytes, media_type: str = STREAM) -> pd.DataFrame:
    frame = drum_read_input(Payload(body=body, media_type=media_type))
    assert frame is not None
    return frame


def write(frame: pd.DataFrame, extra: pd.DataFrame | None = None, media_type: str = STREAM) -> bytes:
    body = drum_write_output(Predictions(frame=frame, extra=extra), media_type)
    assert body is not None
    return body


def encode(table: pa.Table, media_type: str = STREAM) -> bytes:
    sink = io.BytesIO()
    with (pa.ipc.new_file if media_type == FILE else pa.ipc.new_stream)(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


@both_formats
def test_what_is_written_is_read(media_type: str) -> None:
    frame = pd.DataFrame({"n": [1, 2], "x": [0.1, None], "t": ["ü", None], "b": [True, False]})
    frame["when"] = pd.to_datetime(["2024-01-01", None])
    pd.testing.assert_frame_equal(read(write(frame, media_type=media_type), media_type), frame)


@both_formats
@pytest.mark.parametrize("declared", [STREAM, FILE])
def test_first_bytes_tell_the_format(media_type: str, declared: str) -> None:
    assert read(encode(pa.table({"a": [1]}), media_type), declared)["a"].tolist() == [1]


@both_formats
@given(values=st.lists(st.floats(allow_nan=False), min_size=1))
def test_doubles_survive_to_the_last_bit(media_type: str, values: list[float]) -> None:
    frame = pd.DataFrame({"Predictions": np.array(values, dtype="float64")})
    read_back = read(write(frame, media_type=media_type), media_type)["Predictions"]
    assert [struct.pack("<d", value) for value in read_back] == [struct.pack("<d", value) for value in values]


def test_extra_output_stands_beside_the_predictions() -> None:
    frame, extra = pd.DataFrame({"Predictions": [1.0]}), pd.DataFrame({"why": ["x"], 7: [1]})
    assert read(write(frame, extra)).to_dict("list") == {"Predictions": [1.0], "why": ["x"], "7": [1]}


def test_sparse_columns_are_written_dense() -> None:
    frame = pd.DataFrame({"a": pd.arrays.SparseArray([0.0, 1.5], fill_value=0.0), "b": [1, 2]})
    assert read(write(frame)).to_dict("list") == {"a": [0.0, 1.5], "b": [1, 2]}


def test_column_of_mixed_kinds_is_the_models_fault() -> None:
    with pytest.raises(ModelContractError, match="why"):
        write(pd.DataFrame({"Predictions": [1.0, 2.0]}), pd.DataFrame({"why": ["x", 1]}, dtype=object))


def test_other_media_types_are_passed_on() -> None:
    assert drum_read_input(Payload(body=b"", media_type="text/csv")) is None
    assert drum_write_output(Predictions(frame=pd.DataFrame()), "text/csv") is None


WHOLE = encode(pa.table({"a": list(range(100))}))


@pytest.mark.parametrize(
    "body",
    [b"", b"a,b\n1,2\n", b"ARROW1", WHOLE[:-40], WHOLE[:20], b"ARROW1\x00\x00" + bytes(100), b"\xff" * 50],
    ids=lambda body: f"{body[:8]!r} {len(body)}",
)
@both_formats
def test_what_is_no_table_is_the_callers_fault(media_type: str, body: bytes) -> None:
    with pytest.raises(MalformedInputError, match="The input is no valid Arrow table"):
        read(body, media_type)


def table(columns: list[tuple[str, Any]]) -> pa.Table:
    return pa.Table.from_arrays([pa.array(values) for _, values in columns], names=[name for name, _ in columns])


@both_formats
@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ([("a", [1]), ("a", [2])], "The input has the column 'a' twice"),
        ([("a", [])], "The input has no rows"),
        ([], "The input has no rows"),
    ],
)
def test_table_that_no_model_can_take_is_refused(media_type: str, columns: list[tuple[str, Any]], message: str) -> None:
    with pytest.raises(MalformedInputError, match=message):
        read(encode(table(columns), media_type), media_type)


def test_text_that_is_not_utf_8_is_the_callers_fault() -> None:
    values = pa.StringArray.from_buffers(1, pa.py_buffer(struct.pack("<ii", 0, 2)), pa.py_buffer(b"\xff\xfe"))
    with pytest.raises(MalformedInputError, match="no valid Arrow table"):
        read(encode(pa.table({"a": values})))


@both_formats
def test_what_a_file_says_of_its_own_columns_may_be_nonsense(media_type: str) -> None:
    nonsense = json.dumps({"index_columns": [], "columns": [], "column_indexes": [{"pandas_type": "object"}]})
    body = encode(pa.table({"a": [1]}).replace_schema_metadata({"pandas": nonsense}), media_type)
    with pytest.raises(MalformedInputError, match="no valid Arrow table"):
        read(body, media_type)
