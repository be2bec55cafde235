"""A schema is recorded from a sample, written so that people may edit it, and read back."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from drum.errors import MetadataError
from drum.input_schema import FILE_NAME, json_schema, read_input_schema, record, schema_text
from drum.types import Column, ColumnKind

SAMPLE = pd.DataFrame({
    "age": [17, 90, 40],
    "income [k$]": [1.5, None, 3.0],
    "job": ["b", "a", None],
    "member": [True, False, True],
    "when": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"]),
    "nothing": [None, None, None],
})  # fmt: skip


def test_a_sample_shows_types_and_what_may_be_missing() -> None:
    assert record(SAMPLE).columns == (
        Column(name="age", kind=ColumnKind.INTEGER, missing=False, seen={"minimum": 17, "maximum": 90}),
        Column(name="income [k$]", kind=ColumnKind.NUMBER, missing=True, seen={"minimum": 1.5, "maximum": 3.0}),
        Column(name="job", kind=ColumnKind.TEXT, missing=True, seen={"categories": ["a", "b"]}),
        Column(name="member", kind=ColumnKind.BOOLEAN, missing=False),
        Column(name="when", kind=ColumnKind.ANY, missing=False),
        Column(name="nothing", kind=ColumnKind.TEXT, missing=True),
    )


def test_missing_may_be_allowed_everywhere() -> None:
    assert all(column.missing for column in record(SAMPLE, allow_missing=True).columns)


def test_free_text_is_not_listed() -> None:
    column = record(pd.DataFrame({"text": [f"word {number}" for number in range(100)]})).columns[0]
    assert column.seen == {}


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    schema = record(SAMPLE)
    (tmp_path / FILE_NAME).write_text(schema_text(schema, "sample.csv"))
    read = read_input_schema(tmp_path, {})
    assert read is not None
    assert (read.columns, read.source) == (schema.columns, FILE_NAME)


def test_the_metadata_may_name_another_file(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("columns: [{name: a, type: number, minimum: 0, categories: []}]")
    read = read_input_schema(tmp_path, {"inputSchema": "own.yaml"})
    assert read is not None
    assert read.columns == (Column(name="a", kind=ColumnKind.NUMBER, minimum=0),)


def test_without_a_file_there_is_no_schema(tmp_path: Path) -> None:
    assert read_input_schema(tmp_path, {}) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "is not valid YAML"),
        ("columns: []", "must be a list of columns"),
        ("column: []", "Did you mean 'columns'?"),
        ("columns: [{name: a, type: float}]", "must be one of integer, number, boolean, text, any"),
        ("columns: [{name: a, type: text, missin: true}]", "Did you mean 'missing'?"),
        ("columns: [{name: 1, type: text}]", "put it in quotes"),
        ("columns: [{name: a, type: text, missing: maybe}]", "missing is 'maybe'; it must be a bool"),
        ("columns: [{name: a, type: number, minimum: low}]", "minimum is 'low'; it must be a number"),
        ("columns: [{name: a, type: text}, {name: a, type: text}]", "the column 'a' twice"),
    ],
)
def test_a_file_that_is_no_schema_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(MetadataError) as refused:
        read_input_schema(tmp_path, {})
    assert message in refused.value.message


def test_a_file_that_the_metadata_name_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(MetadataError, match="cannot be read"):
        read_input_schema(tmp_path, {"inputSchema": "absent.yaml"})


def test_json_schema_says_what_a_row_looks_like() -> None:
    found = json_schema(record(SAMPLE))
    assert found["required"] == list(SAMPLE.columns)
    assert found["properties"]["age"] == {
        "type": "integer", "description": "Seen: minimum 17; maximum 90", "examples": [17, 90]
    }  # fmt: skip
    assert found["properties"]["job"]["type"] == ["string", "null"]
    assert "type" not in found["properties"]["when"]
