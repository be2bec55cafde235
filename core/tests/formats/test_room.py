"""What is small and unfolds to much is refused before it does, and files of one's own are not."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from drum.errors import DrumError, MalformedInputError, PayloadTooLargeError
from drum.formats import arrow, csv, json_reading, mtx, parquet
from drum.formats.room import BYTES_OF_A_COLUMN, BYTES_OF_A_ROW, check_room
from drum.types import ROOM, Payload

ONE_BY_ONE = BYTES_OF_A_COLUMN + BYTES_OF_A_ROW + 8


@pytest.mark.parametrize(("room", "fits"), [(None, True), (ONE_BY_ONE, True), (ONE_BY_ONE - 1, False)])
def test_rows_columns_and_cells_are_counted(room: int | None, fits: bool) -> None:
    if fits:
        check_room(room, rows=1, columns=1)
    else:
        with pytest.raises(
            PayloadTooLargeError, match=r"1 rows of 1 columns count as 32,904 bytes, 32,903 are allowed"
        ):
            check_room(room, rows=1, columns=1)


def test_five_million_rows_fit_into_a_request() -> None:
    check_room(ROOM, rows=5_000_000, columns=30)


@pytest.mark.parametrize(
    "text",
    [b",".join(b"c%d" % n for n in range(100_000)) + b"\n1\n", b"a\n" + b"1\n" * 20_000_000, b"," * 10_000_000],
    ids=["columns", "rows", "a header without an end"],
)
def test_csv(text: bytes) -> None:
    with pytest.raises(PayloadTooLargeError):
        csv.read_csv(text, room=ROOM)


@pytest.mark.parametrize(
    "text", [b"a,b\n" + b"," * 1_000_000 + b"\n1" * 999_999, b"\n" * 5_000_000, b"a\n" + b'"",' * 1_000_000]
)
def test_csv_that_would_take_minutes(text: bytes) -> None:
    with pytest.raises(MalformedInputError):
        csv.read_csv(text, room=ROOM)


@pytest.mark.parametrize(
    "content",
    [
        [{str(n): 1 for n in range(100_000)}],
        [{str(n): 1} for n in range(20_000)],
        {str(n): {str(n): 1} for n in range(20_000)},
        {"dataframe_split": {"columns": ["a"], "data": [[1] * 20_000, *[[1]] * 20_000]}},
        [{"a": [1] * 40_000_000}],
    ],
    ids=["columns", "other keys", "other rows", "a long row", "values"],
)
def test_json(content: Any) -> None:
    with pytest.raises(PayloadTooLargeError):
        json_reading.read_json(json.dumps(content).encode(), ROOM)


HEAD = "%%MatrixMarket matrix coordinate real "


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (f"{HEAD}general\n100000000 2 1\n1 1 1\n", PayloadTooLargeError),
        (f"{HEAD}general\n2 100000000 1\n1 1 1\n", PayloadTooLargeError),
        (f"{HEAD}general\n2 2 100000000\n1 1 1\n", MalformedInputError),
        (f"{HEAD}symmetric\n2 3 1\n1 3 1\n", MalformedInputError),
        ("%%MatrixMarket matrix array real general\n10000 10000\n1\n", MalformedInputError),
    ],
)
def test_matrix(text: str, error: type[DrumError]) -> None:
    with pytest.raises(error):
        mtx.drum_read_input(Payload(body=text.encode(), media_type="text/mtx"))


# ------------------------------------------------------------------------------------- Arrow and Parquet

MANY = pa.array(np.zeros(20_000_000, np.int8))
LONG = pa.DictionaryArray.from_arrays(np.zeros(100_000, np.int32), ["x" * 100_000])
VIEW = pa.array(["x" * 100_000], pa.string_view())
VIEWS = pa.Array.from_buffers(
    pa.string_view(), 100_000, [None, pa.py_buffer(VIEW.buffers()[1].to_pybytes() * 100_000), VIEW.buffers()[2]]
)
COLUMNS = {
    "rows": MANY,
    "a text": LONG,
    "a text in lists": pa.ListArray.from_arrays(pa.array(range(100_001), pa.int32()), LONG),
    "a long list": pa.ListArray.from_arrays([0, 20_000_000], pa.array(np.zeros(20_000_000))),
}
ARROW_ONLY = {
    "nothing": pa.nulls(2_000_000_000),
    "a list of nothing": pa.ListArray.from_arrays([0, 2_000_000_000], pa.nulls(2_000_000_000)),
    "runs": pa.RunEndEncodedArray.from_arrays([2_000_000_000], [5]),
    "overlapping views": VIEWS,
    "a record of long texts": pa.StructArray.from_arrays([LONG], ["text"]),
}


def encoded(column: pa.Array, kind: str) -> bytes:
    table, sink = pa.table({"a": column}), io.BytesIO()
    if kind == "parquet":
        pq.write_table(table, sink, compression="zstd")
        return sink.getvalue()
    create = pa.ipc.new_file if kind == "file" else pa.ipc.new_stream
    with create(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    return sink.getvalue()


@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
def test_parquet(column: pa.Array) -> None:
    payload = Payload(body=encoded(column, "parquet"), media_type="application/vnd.apache.parquet", room=2**27)
    with pytest.raises(PayloadTooLargeError):
        parquet.drum_read_input(payload)


@pytest.mark.parametrize("kind", ["stream", "file"])
@pytest.mark.parametrize("column", [*COLUMNS.values(), *ARROW_ONLY.values()], ids=[*COLUMNS, *ARROW_ONLY])
def test_arrow(column: pa.Array, kind: str) -> None:
    payload = Payload(body=encoded(column, kind), media_type=f"application/vnd.apache.arrow.{kind}", room=2**27)
    with pytest.raises(PayloadTooLargeError):
        arrow.drum_read_input(payload)


@pytest.mark.parametrize("kind", ["parquet", "stream", "file"])
def test_files_of_ones_own_may_be_as_large_as_they_are(kind: str) -> None:
    media_type = "application/vnd.apache.parquet" if kind == "parquet" else f"application/vnd.apache.arrow.{kind}"
    reader = parquet if kind == "parquet" else arrow
    payload = Payload(body=encoded(pa.array(np.zeros(20_000_000, np.int8)), kind), media_type=media_type, room=None)
    frame = reader.drum_read_input(payload)
    assert frame is not None
    assert len(frame) == 20_000_000


def test_texts_and_categories_are_what_they_are_without_a_bound() -> None:
    frame = pd.DataFrame({"t": ["x", None, "y"] * 9, "c": pd.Categorical(["x", None, "y"] * 9), "n": range(27)})
    frame["l"] = [["a"], [], None] * 9
    sink = io.BytesIO()
    frame.to_parquet(sink)
    payloads = [
        Payload(body=sink.getvalue(), media_type="application/vnd.apache.parquet", room=r) for r in (ROOM, None)
    ]
    bounded, unbounded = map(parquet.drum_read_input, payloads)
    assert bounded is not None
    assert unbounded is not None
    pd.testing.assert_frame_equal(bounded, unbounded)
