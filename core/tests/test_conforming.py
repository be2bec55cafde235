"""Declared types win over what a payload looks like; what breaks them is said by column and row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from drum.conforming import conform
from drum.errors import MalformedInputError
from drum.formats.csv import read_csv
from drum.formats.plain_rows import read_plain
from drum.types import Column, ColumnKind, InputSchema


def schema(*columns: Column) -> InputSchema:
    return InputSchema(columns=columns, source="input-schema.yaml")


def column(kind: str, **rules: Any) -> Column:
    return Column(name="x", kind=ColumnKind(kind), **rules)


@pytest.mark.parametrize(
    ("declared", "values", "dtype", "expected"),
    [
        (column("integer", missing=False), [1, 2], "int64", [1, 2]),
        (column("integer", missing=False), [1.0, 2.0], "int64", [1, 2]),
        (column("integer", missing=False), ["1", "2"], "int64", [1, 2]),
        (column("integer"), [1, None], "float64", [1.0, np.nan]),
        (column("integer"), [1, 2], "float64", [1.0, 2.0]),
        (column("number", missing=False), [1, 2], "float64", [1.0, 2.0]),
        (column("number"), [None, None], "float64", [np.nan, np.nan]),
        (column("number"), ["1.5", None], "float64", [1.5, np.nan]),
        (column("text"), ["a", None], "str", ["a", np.nan]),
        (column("text"), [5, 7], "str", ["5", "7"]),
        (column("text"), [True, None], "str", ["True", np.nan]),
        (column("text"), [None, None], "str", [np.nan, np.nan]),
        (column("boolean", missing=False), [True, False], "bool", [True, False]),
        (column("boolean"), [True, False], "object", [True, False]),
        (column("any"), [1, 2], "int64", [1, 2]),
    ],
)
def test_values_get_the_declared_type(declared: Column, values: list[Any], dtype: str, expected: list[Any]) -> None:
    got = conform(pd.DataFrame({"x": values}), schema(declared))
    assert_frame_equal(got, pd.DataFrame({"x": pd.Series(expected, dtype=dtype)}))


@pytest.mark.parametrize(
    ("declared", "values", "message"),
    [
        (column("integer"), [1.0, 2.5], "Column 'x' holds whole numbers, says input-schema.yaml; row 8 (the first"),
        (column("integer"), [1, float("inf")], "holds whole numbers"),
        (column("number"), [1, []], "Column 'x' holds numbers, says input-schema.yaml; row 8 (the first row is 0) is"),
        (column("text"), ["x", {"a": 1}], "Column 'x' holds text"),
        (column("boolean"), [True, [1]], "Column 'x' holds true or false"),
        (column("number"), [1, "lots"], "Column 'x' holds numbers, says input-schema.yaml; row 8 (the first row is 0) "
         "is 'lots'."),
        (column("number"), [True, False], "holds numbers"),
        (column("number", missing=False), [1.0, None], "Column 'x' has no missing values, says "
         "input-schema.yaml; row 8 (the first row is 0) is missing."),
        (column("boolean"), [True, "perhaps"], "holds true or false"),
        (column("number", minimum=0), [1, -1], "is at least 0"),
        (column("number", maximum=1), [1, 2], "is at most 1"),
        (column("text", categories=("a", "b")), ["a", "c"], "is one of a, b"),
    ],
)  # fmt: skip
def test_what_breaks_it_is_said_by_column_and_row(declared: Column, values: list[Any], message: str) -> None:
    with pytest.raises(MalformedInputError) as refused:
        conform(pd.DataFrame({"x": values}), schema(declared), first_row=7)
    assert message in refused.value.message


def test_missing_values_break_no_other_rule() -> None:
    frame = pd.DataFrame({"x": [None, "a"]})
    assert conform(frame, schema(column("text", categories=("a",))))["x"].isna().tolist() == [True, False]


def test_columns_are_put_in_order_and_others_left_out() -> None:
    both = schema(Column(name="b", kind=ColumnKind.ANY), Column(name="a", kind=ColumnKind.ANY))
    assert conform(pd.DataFrame({"a": [1], "c": [2], "b": [3]}), both).columns.tolist() == ["b", "a"]


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(MalformedInputError, match="lacks the column 'x', which input-schema"):
        conform(pd.DataFrame({"y": [1]}), schema(column("any")))


def test_sparse_columns_stay_sparse() -> None:
    frame = pd.DataFrame({"x": pd.arrays.SparseArray([0.0, 1.0])})
    assert str(conform(frame, schema(column("number"))).dtypes["x"]).startswith("Sparse")


FIELDS = st.sampled_from(["1", "-3", "007", "2.5", "1e3", "abc", "V57", "250.01", "", "NA", "-0", "True", "5 ", "x,y"])
KINDS = st.sampled_from(["integer", "number", "text"])


@given(
    st.lists(st.tuples(KINDS, st.booleans()), min_size=1, max_size=3).flatmap(
        lambda kinds: st.tuples(
            st.just(kinds), st.lists(st.lists(FIELDS, min_size=len(kinds), max_size=len(kinds)), min_size=1, max_size=3)
        )
    )
)
def test_rows_read_by_hand_are_what_pandas_reads_and_conforms(
    case: tuple[list[tuple[str, bool]], list[list[str]]],
) -> None:
    kinds, rows = case
    names = [f"c{place}" for place in range(len(kinds))]
    declared = schema(*(Column(name=n, kind=ColumnKind(k), missing=m) for n, (k, m) in zip(names, kinds, strict=True)))
    text = "".join(",".join(row) + "\n" for row in [names, *rows]).encode()
    plain = read_plain(text, declared)
    if plain is not None:
        assert_frame_equal(plain.frame(), conform(read_csv(text, texts=declared.texts), declared), check_exact=True)
