"""Frames as matrices of numbers; what is no number is said by its column."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from drum.columns import in_groups, is_numeric, is_sparse, listed, numbers_of
from drum.errors import MalformedInputError


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2], [1, 2]),
        ([True, False], [1, 0]),
        ([None, 1.5], [np.nan, 1.5]),
        ([Decimal("1.5"), Decimal(2)], [1.5, 2]),
        ([True, None], [1, np.nan]),
        ([None, None], [np.nan, np.nan]),
        (pd.array([1, None], dtype="Int64"), [1, np.nan]),
    ],
)
def test_numbers_of_every_kind(values: Any, expected: list[float]) -> None:
    frame = pd.DataFrame({"a": values, "b": [0.5, 0.5]})
    assert np.array_equal(numbers_of(frame), np.column_stack([expected, [0.5, 0.5]]), equal_nan=True)
    assert is_numeric(frame["a"])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["x", "y"], "there is text in column 'a'."),
        ([1, "y"], "there is text in column 'a'."),
        (pd.to_datetime(["2024-01-01", None]), "there are values of type datetime64"),
        (pd.Categorical(["x", "y"]), "there are values of type category in column 'a'."),
    ],
)
def test_all_else_is_said_by_column(values: Any, message: str) -> None:
    with pytest.raises(MalformedInputError) as refused:
        numbers_of(pd.DataFrame({"a": values, "b": [1, 2]}))
    assert message in refused.value.message


def test_names_in_messages() -> None:
    assert listed(["a"]) == "column 'a'"
    assert listed(["a", 1]) == "columns 'a', '1'"
    assert listed(["a", "b"], " or ") == "column 'a' or 'b'"
    assert listed(range(12), most=2) == "columns '0', '1' and 10 more"


def test_sparse_is_what_is_sparse_throughout() -> None:
    sparse = pd.arrays.SparseArray([0.0, 1.0])
    assert is_sparse(pd.DataFrame({"a": sparse}))
    assert not is_sparse(pd.DataFrame({"a": sparse, "b": [1, 2]}))
    assert not is_sparse(pd.DataFrame(index=[0]))


def test_columns_in_groups_keep_their_values() -> None:
    frame = pd.DataFrame({
        "x": [0.5, np.nan], "n": [2**60 + 1, -1], "t": pd.array(["a", None], "str"), "b": [True, False],
        "y": [1.0, 2.0],
    })  # fmt: skip
    groups = in_groups(frame)
    assert groups is not None
    found = {letter: (places, values) for letter, places, values in groups}
    assert {letter: places for letter, (places, _) in found.items()} == {"f": [0, 4], "i": [1], "s": [2], "b": [3]}
    assert np.array_equal(found["f"][1], [[0.5, 1.0], [np.nan, 2.0]], equal_nan=True)
    assert found["i"][1].tolist() == [[2**60 + 1], [-1]]
    assert found["b"][1].tolist() == [[True], [False]]
    assert found["s"][1][0, 0] == "a"
    assert pd.isna(found["s"][1][1, 0])


@pytest.mark.parametrize("dtype", ["category", "Int64", "float32", "datetime64[us]", "object"])
def test_columns_of_other_types_are_not_grouped(dtype: str) -> None:
    assert in_groups(pd.DataFrame({"a": [1, 2], "b": pd.Series([1, 2]).astype(dtype)})) is None
