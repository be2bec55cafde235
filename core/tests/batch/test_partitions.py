"""The promise of parts: any input, cut into files anywhere, has the values and the types that it has as a whole."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from drum.batch.partitions import (
    NoRowsError,
    Survey,
    WholeTypes,
    declared,
    differences,
    joined,
    open_places,
    score_part,
    survey,
    survey_words,
)
from drum.batch.source import open_source
from drum.errors import MalformedInputError
from drum.formats.csv import read_csv
from drum.formats.json_reading import read_json_lines
from drum.types import Column, ColumnKind, InputSchema

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

WORDS = (
    "", "NA", "1", "-1", "007", "-0", " 5", "1_000", "9223372036854775808", "18446744073709551615",
    "99999999999999999999", "-99999999999999999999", "1.5", "1e400", "inf", "True", "false", "-", "-x", "x", '"a,b"',
)  # fmt: skip
VALUES = (
    None, True, False, 0, 1, -1, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 2**70,
    0.5, -0.0, 1e300, float("nan"), float("inf"), "", "x", "1", [1], {"a": 1},
)  # fmt: skip
ABSENT = object()


def parts_of(folder: str | Path, extension: str, bodies: Sequence[bytes]) -> list[Path]:
    paths = [Path(folder) / f"{number}{extension}" for number, _ in enumerate(bodies)]
    for path, body in zip(paths, bodies, strict=True):
        path.write_bytes(body)
    return paths


def sent(answer: Any) -> Any:
    """Let an answer go through what it goes through between machines."""
    return pickle.loads(pickle.dumps(answer))


def types_of_whole(paths: Sequence[Path]) -> WholeTypes:
    surveys = [sent(survey(path)) for path in paths]
    places = open_places(surveys)
    return sent(joined(surveys, [sent(survey_words(path, places)) for path in paths] if places else ()))


def frames_of(path: Path, types: WholeTypes, rows: int | None = None) -> list[pd.DataFrame]:
    with open_source(path) as source:
        return [portion.batch for portion in types.portions(source, rows)]


def read_in_parts(paths: Sequence[Path], rows: int | None) -> pd.DataFrame:
    types = types_of_whole(paths)
    frames = [frame for path in paths for frame in frames_of(path, types, rows)]
    for frame in frames:
        assert frame.dtypes.tolist() == frames[0].dtypes.tolist()
        assert frame.columns.tolist() == frames[0].columns.tolist()
    return pd.concat(frames, ignore_index=True)


# ------------------------------------------------------------------------------------- CSV


@st.composite
def csv_parts(draw: st.DrawFn) -> list[list[str]]:
    pools = [draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4)) for _ in range(draw(st.integers(2, 3)))]
    rows = st.tuples(*map(st.sampled_from, pools)).map(",".join)
    return draw(st.lists(st.lists(rows, min_size=1, max_size=5), min_size=1, max_size=4))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(parts=csv_parts(), rows=st.sampled_from([None, 0, 1, 2]))
@example(parts=[["1,a", "2,b"], ["1.5,c"], [",d"]], rows=None)
@example(parts=[["1,007", "2,1"], ["3,2"], ["4,x"]], rows=None)
@example(parts=[["1,99999999999999999999"], ["2,1.5"]], rows=1)
@example(parts=[["1,1.5"], ["2,99999999999999999999"]], rows=1)
@example(parts=[["1,True"], ["2,1"]], rows=None)
def test_csv(parts: list[list[str]], rows: int | None) -> None:
    header = ",".join("abc"[: parts[0][0].replace("a,b", "").count(",") + 1])
    whole = read_csv("\n".join([header, *(line for part in parts for line in part), ""]).encode())
    with tempfile.TemporaryDirectory() as folder:
        paths = parts_of(folder, ".csv", ["\n".join([header, *part, ""]).encode() for part in parts])
        assert_frame_equal(read_in_parts(paths, rows), whole, check_exact=True)


def test_compressed_csv(tmp_path: Path) -> None:
    paths = parts_of(tmp_path, ".csv.gz", [gzip.compress(b"a,b\n1,x\n"), gzip.compress(b"a,b\n0.5,\n")])
    assert_frame_equal(read_in_parts(paths, None), read_csv(b"a,b\n1,x\n0.5,\n"))


# ------------------------------------------------------------------------------------- JSON lines


@st.composite
def json_parts(draw: st.DrawFn) -> list[list[dict[str, Any]]]:
    pools = [
        draw(st.lists(st.sampled_from([*VALUES, ABSENT]), min_size=1, max_size=4))
        for _ in range(draw(st.integers(1, 3)))
    ]
    rows = st.tuples(*map(st.sampled_from, pools)).map(
        lambda row: {name: value for name, value in zip("abc", row, strict=False) if value is not ABSENT}
    )
    return draw(st.lists(st.lists(rows, min_size=1, max_size=5), min_size=1, max_size=4))


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(parts=json_parts(), rows=st.sampled_from([None, 0, 1, 2]))
@example(parts=[[{"a": 1}], [{"a": None}], [{"a": 0.5}]], rows=None)
@example(parts=[[{"a": 1, "b": 1}], [{"b": 2}], [{"c": "x", "a": "text"}]], rows=None)
@example(parts=[[{"a": None}], [{"a": 2**70}]], rows=None)
@example(parts=[[{"a": 2**70}], [{"a": None}]], rows=None)
@example(parts=[[{"a": True}], [{"b": 1}]], rows=None)
@example(parts=[[{"a": -1}], [{"a": 2**64 - 1}]], rows=1)
def test_json_lines(parts: list[list[dict[str, Any]]], rows: int | None) -> None:
    bodies = ["".join(json.dumps(record) + "\n" for record in part).encode() for part in parts]
    try:
        whole = read_json_lines(b"".join(bodies), None)
    except MalformedInputError:
        return
    if whole.empty:  # records without any column
        return
    with tempfile.TemporaryDirectory() as folder:
        paths = parts_of(folder, ".jsonl", bodies)
        if any(not any(part) for part in parts):  # a part of such records alone
            return
        assert_frame_equal(read_in_parts(paths, rows), whole, check_exact=True)


# ------------------------------------------------------------------------------------- Parquet

COLUMNS = {
    "whole": ([1, 2], [3, None], [4, 5]),
    "whole, none missing": ([1, 2], [3, 4], [5, 6]),
    "truth": ([True, False], [True, True], [None, False]),
    "text": (["a", "b"], ["c", None], ["d", "e"]),
    "double": ([0.5, 1.5], [None, 2.5], [3.5, 4.5]),
}


@pytest.mark.parametrize("rows", [None, 0, 1])
@pytest.mark.parametrize("statistics", [True, False])
@pytest.mark.parametrize("group", [1, 2])
def test_parquet(tmp_path: Path, rows: int | None, statistics: bool, group: int) -> None:
    tables = [pa.table({name: parts[number] for name, parts in COLUMNS.items()}) for number in range(3)]
    paths = [tmp_path / f"{number}.parquet" for number in range(3)]
    for table, path in zip(tables, paths, strict=True):
        pq.write_table(table, path, write_statistics=statistics, row_group_size=group)
    assert_frame_equal(read_in_parts(paths, rows), pa.concat_tables(tables).to_pandas(), check_exact=True)


def test_parquet_in_which_a_part_knows_nothing_of_a_column(tmp_path: Path) -> None:
    frames = [
        pd.DataFrame({"a": [None, None], "b": [1, 2], "c": pd.array([1, None], "Int64")}),
        pd.DataFrame({"a": ["x", None], "b": [3, 4], "c": pd.array([3, 4], "Int64")}),
        pd.DataFrame({"a": ["y", "z"], "b": [None, None], "c": pd.array([5, 6], "Int64")}),
    ]
    paths = [tmp_path / f"{number}.parquet" for number in range(3)]
    for frame, path in zip(frames, paths, strict=True):
        frame.to_parquet(path)
    assert pq.read_schema(paths[0]).field("a").type == pa.null()
    whole = pa.concat_tables([pq.read_table(path) for path in paths], promote_options="default").to_pandas()
    assert_frame_equal(read_in_parts(paths, None), whole.reset_index(drop=True))


def test_parquet_with_categories(tmp_path: Path) -> None:
    tables = [pa.table({"c": pa.array(texts).dictionary_encode()}) for texts in (["x", "y"], ["z", "x"], ["w", None])]
    paths = [tmp_path / f"{number}.parquet" for number in range(3)]
    for table, path in zip(tables, paths, strict=True):
        pq.write_table(table, path)
    assert_frame_equal(read_in_parts(paths, 1), pa.concat_tables(tables).unify_dictionaries().to_pandas())


# ------------------------------------------------------------------------------------- what does not fit


def parquet_survey(tmp_path: Path, name: str, **columns: Any) -> Survey:
    path = tmp_path / f"{name}.parquet"
    pq.write_table(pa.table(columns), path)
    return survey(path)


def test_differences_name_column_and_types(tmp_path: Path) -> None:
    surveys = {
        name: parquet_survey(tmp_path, name, **columns)
        for name, columns in {
            "first": {"a": [1], "b": pa.nulls(1)},
            "typed": {"a": [2], "b": ["x"]},
            "other type": {"a": ["x"], "b": ["x"]},
            "other type, later": {"a": [1], "b": [1.5]},
            "fewer": {"a": [1]},
            "more": {"a": [1], "b": ["x"], "c": [1]},
            "swapped": {"b": ["x"], "a": [1]},
            "fine": {"a": [3], "b": pa.nulls(1)},
        }.items()
    }
    assert differences(surveys) == {
        "other type": "Its column 'a' is of type string, but of type int64 in 'first'.",
        "other type, later": "Its column 'b' is of type double, but of type string in 'typed'.",
        "fewer": "It lacks the column 'b' of 'first'.",
        "more": "It has the column 'c', which 'first' has not.",
        "swapped": "Its columns stand in another order than those of 'first'.",
    }


def test_csvs_differ_by_names_alone_and_json_lines_by_nothing(tmp_path: Path) -> None:
    bodies = (b"a,b\n1,2\n", b"a,b\nx,\n", b"a,c\n1,2\n")
    csvs = {path.name: survey(path) for path in parts_of(tmp_path, ".csv", bodies)}
    assert differences(csvs) == {"2.csv": "It lacks the column 'b' of '0.csv'."}
    lines = {path.name: survey(path) for path in parts_of(tmp_path, ".jsonl", (b'{"a": 1}\n', b'{"b": "x"}\n'))}
    assert differences(lines) == {}


@pytest.mark.parametrize(
    ("extension", "body"),
    [(".csv", b""), (".csv", b"a,b\n"), (".jsonl", b""), (".jsonl", b"\n\n"), (".parquet", None)],
)
def test_a_part_without_rows_says_so(tmp_path: Path, scorer: Any, extension: str, body: bytes | None) -> None:
    path = tmp_path / f"part{extension}"
    path.write_bytes(body if body is not None else _empty_parquet())
    with pytest.raises(NoRowsError):
        survey(path)
    schema = InputSchema(columns=(Column(name="a", kind=ColumnKind.NUMBER),), source="s")
    types = declared(schema, "text/csv" if extension == ".csv" else "application/vnd.apache.parquet")
    assert types is not None
    if extension != ".jsonl":
        with pytest.raises(NoRowsError):
            score_part(scorer, path, tmp_path / "out.csv", types)
        assert not (tmp_path / "out.csv").exists()


def _empty_parquet() -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"a": pa.array([], pa.int64())}), sink)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("extension", "body"), [(".csv", b"a,b\n1\n"), (".jsonl", b'{"a": 1}\n{'), (".parquet", b"PAR1 no such thing")]
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, extension: str, body: bytes) -> None:
    (path,) = parts_of(tmp_path, extension, [body])
    with pytest.raises(MalformedInputError):
        survey(path)


# ------------------------------------------------------------------------------------- scoring


@pytest.mark.parametrize("extension", [".csv", ".parquet"])
@pytest.mark.parametrize("rows", [None, 0, 1])
def test_a_part_is_scored_with_the_types_of_the_whole(
    tmp_path: Path, scorer: Any, extension: str, rows: int | None
) -> None:
    first, second = parts_of(tmp_path, ".csv", [b"a,b\n1,007\n2,008\n", b"a,b\n,x\n"])
    types = types_of_whole([first, second])
    scorer.answer = lambda batch: ["|".join(map(str, row)) for row in batch.itertuples(index=False)]
    output = tmp_path / f"out{extension}"
    assert score_part(scorer, first, output, types, batch_rows=rows) == 2
    written = pd.read_csv(output) if extension == ".csv" else pd.read_parquet(output)
    assert written["answer"].tolist() == ["1.0|007", "2.0|008"]
    assert written["row"].tolist() == [0, 1]
    assert len(scorer.batches) == (2 if rows == 1 else 1)


def test_an_error_leaves_no_output(tmp_path: Path, scorer: Any) -> None:
    (path,) = parts_of(tmp_path, ".csv", [b"a,b\n1,2\n"])

    def answer(batch: pd.DataFrame) -> Any:
        raise MalformedInputError("no")

    scorer.answer = answer
    with pytest.raises(MalformedInputError):
        score_part(scorer, path, tmp_path / "out.csv", types_of_whole([path]))
    assert [path.name for path in tmp_path.iterdir()] == ["0.csv"]


def test_declared_types_need_no_survey_but_where_each_row_says_which_columns_it_has(tmp_path: Path) -> None:
    schema = InputSchema(columns=(Column(name="code", kind=ColumnKind.TEXT),), source="s")
    types = declared(schema, "text/csv")
    assert types is not None
    (path,) = parts_of(tmp_path, ".csv", [b"code,n\n007,1\n"])
    (frame,) = frames_of(path, types)
    assert frame["code"].tolist() == ["007"]
    assert declared(schema, "application/x-ndjson") is None
    assert declared(None, "text/csv") is None
