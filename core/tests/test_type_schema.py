"""The ``typeSchema`` of the metadata: every field with every condition."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from drum.errors import MalformedInputError, MetadataError, ModelContractError
from drum.type_schema import CONDITIONS, FIELDS, read_type_schema

NUMBERS = pd.DataFrame({"a": [1, 2], "b": [0.5, 1.5]})
TEXTS = pd.DataFrame({"a": ["x", "y"]})
MIXED = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
DATES = pd.DataFrame({"a": pd.to_datetime(["2024-01-01", "2024-01-02"])})
TRUTHS = pd.DataFrame({"a": [True, False]})
HOLES = pd.DataFrame({"a": [1.0, None]})
NOTHING = pd.DataFrame({"a": pd.Series([None, None], dtype=float)})
SPARSE = pd.DataFrame({"a": pd.arrays.SparseArray([0.0, 1.0])})


def schema(field: str, condition: str, value: Any) -> dict[str, Any]:
    line = {"field": field, "condition": condition, "value": value}
    return {"typeSchema": {"input_requirements": [line], "output_requirements": [line]}}


@pytest.mark.parametrize(
    ("field", "condition", "value", "frame", "broken"),
    [
        ("number_of_columns", "EQUALS", 2, NUMBERS, None),
        ("number_of_columns", "EQUALS", 3, NUMBERS, "there are 2 columns"),
        ("number_of_columns", "NOT_EQUALS", 2, NUMBERS, "there are 2 columns"),
        ("number_of_columns", "NOT_EQUALS", 3, NUMBERS, None),
        ("number_of_columns", "IN", [1, 2], NUMBERS, None),
        ("number_of_columns", "IN", [1, 3], NUMBERS, "there are 2 columns"),
        ("number_of_columns", "NOT_IN", [1, 2], NUMBERS, "there are 2 columns"),
        ("number_of_columns", "NOT_IN", [1, 3], NUMBERS, None),
        ("number_of_columns", "GREATER_THAN", 1, NUMBERS, None),
        ("number_of_columns", "GREATER_THAN", 2, NUMBERS, "there are 2 columns"),
        ("number_of_columns", "NOT_GREATER_THAN", 2, NUMBERS, None),
        ("number_of_columns", "NOT_GREATER_THAN", 1, NUMBERS, "there are 2 columns"),
        ("number_of_columns", "GREATER_THAN_OR_EQUAL", 2, NUMBERS, None),
        ("number_of_columns", "GREATER_THAN_OR_EQUAL", 3, NUMBERS, "there are 2 columns"),
        ("number_of_columns", "LESS_THAN", 3, NUMBERS, None),
        ("number_of_columns", "LESS_THAN", 2, NUMBERS, "there are 2 columns"),
        ("number_of_columns", "NOT_LESS_THAN", 2, NUMBERS, None),
        ("number_of_columns", "NOT_LESS_THAN", 3, NUMBERS, "there are 2 columns"),
        ("number_of_columns", "LESS_THAN_OR_EQUAL", 2, NUMBERS, None),
        ("number_of_columns", "LESS_THAN_OR_EQUAL", 1, NUMBERS, "there are 2 columns"),
        ("data_types", "EQUALS", "NUM", NUMBERS, None),
        ("data_types", "EQUALS", "num", NUMBERS, None),
        ("data_types", "EQUALS", "NUM", MIXED, "column 'b' is CAT"),
        ("data_types", "EQUALS", "TXT", NUMBERS, "column 'a' is NUM"),
        ("data_types", "IN", ["NUM", "TXT"], MIXED, None),
        ("data_types", "IN", ["NUM", "DATE"], TEXTS, None),
        ("data_types", "NOT_IN", ["NUM"], NUMBERS, "column 'a' is NUM"),
        ("data_types", "NOT_IN", ["NUM"], TEXTS, None),
        ("data_types", "NOT_EQUALS", "TXT", NUMBERS, None),
        ("data_types", "EQUALS", "DATE", DATES, None),
        ("data_types", "EQUALS", "NUM", DATES, "column 'a' is DATE"),
        ("data_types", "EQUALS", "NUM", TRUTHS, None),
        ("data_types", "EQUALS", "CAT", TRUTHS, None),
        ("data_types", "EQUALS", "TXT", TRUTHS, "column 'a' is CAT or NUM"),
        ("data_types", "EQUALS", "CAT", NOTHING, None),
        ("data_types", "EQUALS", "NUM", SPARSE, None),
        ("sparse", "EQUALS", "FORBIDDEN", NUMBERS, None),
        ("sparse", "EQUALS", "FORBIDDEN", SPARSE, "the data is sparse"),
        ("sparse", "EQUALS", "SUPPORTED", SPARSE, None),
        ("sparse", "EQUALS", "SUPPORTED", NUMBERS, None),
        ("sparse", "EQUALS", "REQUIRED", SPARSE, None),
        ("sparse", "EQUALS", "REQUIRED", NUMBERS, "the data is dense"),
        ("sparse", "EQUALS", "ALWAYS", NUMBERS, "the data is dense"),
        ("sparse", "EQUALS", "NEVER", SPARSE, "the data is sparse"),
        ("sparse", "EQUALS", "DYNAMIC", SPARSE, None),
        ("contains_missing", "EQUALS", "FORBIDDEN", NUMBERS, None),
        ("contains_missing", "EQUALS", "FORBIDDEN", HOLES, "there are missing values"),
        ("contains_missing", "EQUALS", "NEVER", HOLES, "there are missing values"),
        ("contains_missing", "EQUALS", "SUPPORTED", HOLES, None),
        ("contains_missing", "EQUALS", False, HOLES, "there are missing values"),
        ("contains_missing", "EQUALS", True, HOLES, None),
        ("contains_missing", "NOT_EQUALS", "SUPPORTED", HOLES, "there are missing values"),
    ],
)
def test_requirement_holds_or_says_what_breaks_it(
    field: str, condition: str, value: Any, frame: pd.DataFrame, broken: str | None
) -> None:
    checked = read_type_schema(schema(field, condition, value))
    if broken is None:
        checked.check_input(frame)
        checked.check_output(frame)
        return
    with pytest.raises(MalformedInputError, match=f"The input breaks the typeSchema .* asks for {field} .*{broken}"):
        checked.check_input(frame)
    with pytest.raises(ModelContractError, match=f"The transformed output breaks the typeSchema .*{broken}"):
        checked.check_output(frame)


def test_message_quotes_the_requirement() -> None:
    checked = read_type_schema(schema("number_of_columns", "in", [1, 3]))
    with pytest.raises(MalformedInputError) as caught:
        checked.check_input(NUMBERS)
    assert str(caught.value) == (
        "The input breaks the typeSchema of model-metadata.yaml: it asks for number_of_columns IN 1, 3, but there are "
        "2 columns."
    )


@pytest.mark.parametrize("metadata", [{}, {"typeSchema": None}, {"typeSchema": {"input_requirements": None}}])
def test_without_requirements_everything_passes(metadata: dict[str, Any]) -> None:
    read_type_schema(metadata).check_input(pd.DataFrame())


def test_every_field_and_condition_has_a_home() -> None:
    assert set(FIELDS) == {"data_types", "sparse", "number_of_columns", "contains_missing"}
    for condition in CONDITIONS:
        read_type_schema(schema("number_of_columns", condition, 1))


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        (schema("columns", "EQUALS", 1), "field 'columns' is unknown; known are data_types, sparse"),
        (schema("sparse", "IS", "NEVER"), "takes no condition 'IS'; it takes EQUALS, IN"),
        (schema("number_of_columns", "EQUALS", "two"), "number_of_columns does not take the value 'two'"),
        (schema("number_of_columns", "EQUALS", True), "number_of_columns does not take the value True"),
        (schema("number_of_columns", "EQUALS", None), "number_of_columns does not take the value None"),
        (schema("number_of_columns", "IN", []), "number_of_columns does not take the value 'nothing'"),
        (schema("data_types", "EQUALS", "NUMBER"), "data_types does not take the value 'NUMBER'"),
        (schema("sparse", "EQUALS", "SOMETIMES"), "sparse does not take the value 'SOMETIMES'"),
        (schema("sparse", "GREATER_THAN", "NEVER"), "sparse"),
        (schema("data_types", "LESS_THAN", "NUM"), "data_types"),
        ({"typeSchema": {"inputs": []}}, "unknown key 'inputs'. Known keys: input_requirements, output_"),
        ({"typeSchema": {"input_requirements": [{"fields": "sparse"}]}}, "unknown key 'fields'. Did you mean 'field'"),
        ({"typeSchema": {"input_requirements": ["sparse"]}}, "must be a mapping of keys to values, not str"),
        ({"typeSchema": {"input_requirements": 5}}, "input_requirements"),
        ({"typeSchema": [1]}, "must be a mapping of keys to values, not list"),
    ],
)  # fmt: skip
def test_schema_that_makes_no_sense_is_a_metadata_error(metadata: dict[str, Any], message: str) -> None:
    with pytest.raises(MetadataError, match=message):
        read_type_schema(metadata)
