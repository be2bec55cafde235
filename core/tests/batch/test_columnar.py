"""Parquet and Arrow in portions: the frames of the whole, in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from drum import media_types
from drum.batch.columnar import columnar_portions
from drum.errors import MalformedInputError

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

COLUMNS: dict[str, Any] = {
    "whole": pa.array([1, 2, 3, 4, 5], pa.int32()),
    "whole, one missing": pa.array([1, 2, 3, None, 5]),
    "truth": pa.array([True, False, True, True, False]),
    "truth, one missing": pa.array([True, False, True, None, False]),
    "text": pa.array(["a", None, "c", "d", "e"]),
    "double": pa.array([0.5, None, 1.5, 2.5, 3.5]),
    "when": pa.array([1, 2, None, 4, 5], pa.timestamp("us")),
    "nothing": pa.nulls(5),
}


def write(path: Path, table: Any, kind: str, chunk: int) -> str:
    if kind == "parquet":
        pq.write_table(table, path, row_group_size=chunk)
        return media_types.PARQUET
    create = pa.ipc.new_stream if kind == "arrow stream" else pa.ipc.new_file
    with create(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=chunk)
    return media_types.ARROW_FILE


def frames(path: Path, media_type: str, rows: int | None) -> Iterator[pd.DataFrame]:
    with path.open("rb") as file:
        for portion in columnar_portions(file, media_type, rows):
            yield portion.batch


@pytest.mark.parametrize("kind", ["parquet", "arrow file", "arrow stream"])
@pytest.mark.parametrize("chunk", [1, 2, 5])
@pytest.mark.parametrize("rows", [1, 2, 3, None])
def test_portions_have_the_types_of_the_whole(tmp_path: Path, kind: str, chunk: int, rows: int | None) -> None:
    table = pa.table(COLUMNS)
    media_type = write(tmp_path / "data", table, kind, chunk)
    portions = list(frames(tmp_path / "data", media_type, rows))
    assert [len(frame) for frame in portions][:-1] == [rows or 5] * (len(portions) - 1)
    whole = table.to_pandas()
    assert all(frame.dtypes.equals(whole.dtypes) for frame in portions)
    assert_frame_equal(pd.concat(portions, ignore_index=True), whole, check_exact=True)


def test_what_pandas_wrote_comes_back_without_its_index(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": pd.array([1, None, 3], "Int64"), "b": [1, 2, 3]}, index=pd.Index([7, 8, 9], name="key"))
    frame.to_parquet(tmp_path / "data")
    portions = list(frames(tmp_path / "data", media_types.PARQUET, 2))
    assert_frame_equal(pd.concat(portions, ignore_index=True), frame.reset_index(drop=True))


def test_categories_are_read_as_a_whole(tmp_path: Path) -> None:
    media_type = write(
        tmp_path / "data", pa.table({"c": pa.array(["x", "y", "x"]).dictionary_encode()}), "arrow file", 1
    )
    (frame,) = frames(tmp_path / "data", media_type, 1)
    assert frame["c"].cat.categories.tolist() == ["x", "y"]


def test_portions_tell_where_they_begin_and_how_far_they_reach(tmp_path: Path) -> None:
    media_type = write(tmp_path / "data", pa.table({"a": [1, 2, 3, 4]}), "parquet", 4)
    with (tmp_path / "data").open("rb") as file:
        portions = list(columnar_portions(file, media_type, 3))
    assert [(portion.first_row, portion.share) for portion in portions] == [(0, 0.75), (3, 1.0)]


@pytest.mark.parametrize("media_type", [media_types.PARQUET, media_types.ARROW_FILE])
@pytest.mark.parametrize("body", [b"", b"ARROW1\0\0", b"no such format at all", b"PAR1"])
def test_what_is_no_such_file_is_refused(tmp_path: Path, media_type: str, body: bytes) -> None:
    (tmp_path / "data").write_bytes(body)
    with pytest.raises(MalformedInputError):
        list(frames(tmp_path / "data", media_type, None))


@pytest.mark.parametrize("kind", ["parquet", "arrow file", "arrow stream"])
def test_no_rows_and_two_columns_of_one_name_are_refused(tmp_path: Path, kind: str) -> None:
    media_type = write(tmp_path / "data", pa.table({"a": pa.array([], pa.int64())}), kind, 1)
    with pytest.raises(MalformedInputError, match="no rows"):
        list(frames(tmp_path / "data", media_type, None))
    media_type = write(tmp_path / "data", pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"]), kind, 1)
    with pytest.raises(MalformedInputError, match="'a' twice"):
        list(frames(tmp_path / "data", media_type, None))
