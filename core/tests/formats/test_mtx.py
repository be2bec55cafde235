"""Matrix Market, with and without column names."""

from __future__ import annotations

import io
import struct

import numpy as np
import pandas as pd
import pytest
import scipy.io
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

from drum.errors import MalformedInputError, ModelContractError
from drum.formats.mtx import drum_read_input, drum_write_output
from drum.types import Payload, Predictions

MTX = "text/mtx"
COORDINATES = b"%%MatrixMarket matrix coordinate real general\n2 3 2\n1 1 0.5\n2 3 -1.5\n"
ARRAY = b"%%MatrixMarket matrix array real general\n2 3\n0.5\n0\n0\n0\n0\n-1.5\n"
VALUES = [[0.5, 0.0, 0.0], [0.0, 0.0, -1.5]]


def read(body: bytes, names: bytes | None = None) -> pd.DataFrame:
    parts = {} if names is None else {"X.colnames": names}
    frame = drum_read_input(Payload(body=body, media_type=MTX, parts=parts))
    assert frame is not None
    return frame


def write(frame: pd.DataFrame, extra: pd.DataFrame | None = None) -> bytes:
    body = drum_write_output(Predictions(frame=frame, extra=extra), MTX)
    assert body is not None
    return body


def sparse(*columns: list[float], fill: float = 0.0) -> pd.DataFrame:
    return pd.DataFrame(
        {f"c{number}": pd.arrays.SparseArray(column, fill_value=fill) for number, column in enumerate(columns)}
    )


# ------------------------------------------------------------------------------------- reading


@pytest.mark.parametrize("body", [COORDINATES, ARRAY], ids=["coordinates", "array"])
def test_both_forms_are_the_same_frame(body: bytes) -> None:
    frame = read(body)
    assert list(frame.columns) == ["0", "1", "2"]
    assert frame.to_numpy(dtype=float).tolist() == VALUES


def test_coordinates_stay_sparse() -> None:
    frame = read(COORDINATES)
    assert all(isinstance(dtype, pd.SparseDtype) for dtype in frame.dtypes)
    assert frame.sparse.density == pytest.approx(1 / 3)


@pytest.mark.parametrize("kind", ["integer", "pattern"])
def test_numbers_of_every_kind_are_read(kind: str) -> None:
    value = "" if kind == "pattern" else " 1"
    body = f"%%MatrixMarket matrix coordinate {kind} general\n1 2 1\n1 2{value}\n".encode()
    assert read(body).to_numpy(dtype=float).tolist() == [[0.0, 1.0]]


@pytest.mark.parametrize("names", [b"a\nb c\n\xc3\xbc", b"a\nb c\n\xc3\xbc\n", b"\xef\xbb\xbfa\r\nb c\r\n\xc3\xbc\r\n"])
def test_columns_are_named_by_the_part_beside(names: bytes) -> None:
    assert list(read(COORDINATES, names).columns) == ["a", "b c", "ü"]


@pytest.mark.parametrize(("names", "count"), [(b"a\nb", 2), (b"a\nb\nc\nd\n", 4), (b"", 0)])
def test_wrong_number_of_names_gives_both_counts(names: bytes, count: int) -> None:
    with pytest.raises(MalformedInputError, match=f"The matrix has 3 columns, but {count} column names are given"):
        read(COORDINATES, names)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (b"a\nb\na", "The input has the column 'a' twice"),
        (b"a\n\xff\nc", "The column names of the matrix must be UTF-8; byte 2 is not"),
    ],
)
def test_names_that_no_frame_can_have_are_refused(names: bytes, message: str) -> None:
    with pytest.raises(MalformedInputError, match=message):
        read(COORDINATES, names)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"a,b\n1,2\n",
        b"%%MatrixMarket",
        b"%%MatrixMarket matrix coordinate real general\n",
        b"%%MatrixMarket matrix coordinate real general\n2 3\n",
        b"%%MatrixMarket matrix coordinate real general\n2 3 2\n1 1 0.5\n",
        b"%%MatrixMarket matrix coordinate real general\n2 3 1\n9 9 0.5\n",
        b"%%MatrixMarket matrix coordinate real general\n2 3 1\n1 1 x\n",
        b"%%MatrixMarket matrix coordinate real general\n-2 3 1\n1 1 1\n",
        b"%%MatrixMarket vector coordinate real general\n2 1\n1 0.5\n",
        b"\x00\xff" * 20,
    ],
    ids=repr,
)
def test_what_is_no_matrix_is_the_callers_fault(body: bytes) -> None:
    with pytest.raises(MalformedInputError, match="The input is no valid Matrix Market file"):
        read(body)


def test_complex_numbers_are_the_callers_fault() -> None:
    with pytest.raises(MalformedInputError, match="complex"):
        read(b"%%MatrixMarket matrix coordinate complex general\n1 1 1\n1 1 1.0 2.0\n")


def test_matrix_without_rows_is_refused() -> None:
    with pytest.raises(MalformedInputError, match="The input has no rows"):
        read(b"%%MatrixMarket matrix coordinate real general\n0 3 0\n")


def test_other_media_types_are_passed_on() -> None:
    assert drum_read_input(Payload(body=COORDINATES, media_type="text/csv")) is None
    assert drum_write_output(Predictions(frame=pd.DataFrame({"a": [1.0]})), "text/csv") is None


# ------------------------------------------------------------------------------------- writing


@pytest.mark.parametrize(
    "frame",
    [
        sparse([0.5, 0.0], [0.0, -1.5]),
        sparse([0.5, 0.0], [0.0, -1.5], fill=np.nan),
        pd.DataFrame({"a": [0.5, 0.0], "b": [0.0, -1.5]}),
        sparse([0.5, 0.0]).assign(b=[0.0, -1.5]),
    ],
    ids=["sparse", "sparse without a zero", "dense", "mixed"],
)
def test_what_is_written_is_read(frame: pd.DataFrame) -> None:
    body = write(frame)
    assert b"matrix coordinate real" in body
    assert read(body).to_numpy(dtype=float).tolist() == [[0.5, 0.0], [0.0, -1.5]]


def test_foreign_readers_understand_what_is_written() -> None:
    matrix = scipy.io.mmread(io.BytesIO(write(pd.DataFrame({"a": [1, 0], "b": [True, False]}))))
    assert scipy.sparse.issparse(matrix)
    assert matrix.toarray().tolist() == [[1.0, 1.0], [0.0, 0.0]]


@given(values=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_doubles_survive_to_the_last_bit(values: list[float]) -> None:
    read_back = read(write(pd.DataFrame({"a": np.array(values, dtype="float64")})))["0"]
    expected = [value if value else 0.0 for value in values]  # a zero is not written, nor is its sign
    assert [struct.pack("<d", value) for value in read_back] == [struct.pack("<d", value) for value in expected]


@pytest.mark.parametrize("column", [["x", "y"], pd.to_datetime(["2024-01-01"] * 2), pd.Categorical(["a", "b"])])
def test_column_that_is_no_number_is_named(column: object) -> None:
    with pytest.raises(ModelContractError, match="Column 'why' is no number and cannot be written as Matrix Market"):
        write(pd.DataFrame({"a": [1.0, 2.0], "why": column}))
