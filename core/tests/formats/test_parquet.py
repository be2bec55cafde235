"""Parquet."""

from __future__ import annotations

import io
import struct

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drum.errors import MalformedInputError, ModelContractError
from drum.formats.parquet import drum_read_input, drum_write_output
from drum.types import Payload, Predictions

PARQUET = "application/vnd.apache.parquet"


def read(body: bytes) -> pd.DataFrame:
    frame = drum_read_input(Payload(body=body, media_type=PARQUET))
    assert frame is not None
    return frame


def write(frame: pd.DataFrame, extra: pd.DataFrame | None = None) -> bytes:
    body = drum_write_output(Predictions(frame=frame, extra=extra), PARQUET)
    assert body is not None
    return body


def encode(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def test_what_is_written_is_read() -> None:
    frame = pd.DataFrame({"n": [1, 2], "x": [0.1, None], "t": ["ü", None], "b": [True, False]})
    pd.testing.assert_frame_equal(read(write(frame)), frame)


@given(values=st.lists(st.floats(allow_nan=False), min_size=1))
def test_doubles_survive_to_the_last_bit(values: list[float]) -> None:
    read_back = read(write(pd.DataFrame({"Predictions": np.array(values, dtype="float64")})))["Predictions"]
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


def test_index_of_a_frame_that_was_saved_is_no_feature() -> None:
    sink = io.BytesIO()
    pd.DataFrame({"a": [1, 2]}, index=[7, 8]).to_parquet(sink)
    assert read(sink.getvalue()).to_dict("list") == {"a": [1, 2]}


def test_other_media_types_are_passed_on() -> None:
    assert drum_read_input(Payload(body=b"", media_type="text/csv")) is None
    assert drum_write_output(Predictions(frame=pd.DataFrame()), "text/csv") is None


WHOLE = encode(pa.table({"a": list(range(100))}))


@pytest.mark.parametrize(
    "body",
    [b"", b"a,b\n1,2\n", b"PAR1", WHOLE[:-20], WHOLE[20:], b"PAR1" + bytes(50) + b"PAR1"],
    ids=lambda body: f"{body[:8]!r} {len(body)}",
)
def test_what_is_no_file_of_the_format_is_the_callers_fault(body: bytes) -> None:
    with pytest.raises(MalformedInputError, match="The input is no valid Parquet file"):
        read(body)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), "twice|no valid Parquet"),
        (pa.table({"a": pa.array([], pa.int64())}), "The input has no rows"),
    ],
    ids=["twice", "empty"],
)
def test_table_that_no_model_can_take_is_refused(table: pa.Table, message: str) -> None:
    with pytest.raises(MalformedInputError, match=message):
        read(encode(table))
