"""Rows: what is a frame, how many rows there are, which frames are matrices, and answers in parts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from drum.rows import count_rows, is_frame, matrix_of, split
from drum.types import Predictions

NUMBERS = pd.DataFrame({"a": [1, 2], "b": [0.5, 1.5]})


def test_only_a_frame_of_pandas_is_a_frame() -> None:
    assert is_frame(NUMBERS)
    assert not is_frame(NUMBERS.to_numpy())
    assert not is_frame({"a": [1]})


@pytest.mark.parametrize(
    ("batch", "rows"),
    [(NUMBERS, 2), (np.zeros((3, 1)), 3), ([[1], [2]], 2), ("text", None), (1, None)],
)
def test_rows_are_counted_where_anybody_can(batch: object, rows: int | None) -> None:
    assert count_rows(batch) == rows


def test_a_frame_of_these_numbers_is_a_matrix() -> None:
    matrix = matrix_of(NUMBERS, ("a", "b"))
    assert matrix is not None
    assert matrix.tolist() == [[1.0, 0.5], [2.0, 1.5]]


@pytest.mark.parametrize(
    ("batch", "columns"),
    [
        (NUMBERS, None),
        (NUMBERS, ("b", "a")),
        (NUMBERS, ("a",)),
        (NUMBERS.to_numpy(), ("a", "b")),
        (pd.DataFrame({"a": ["x"]}), ("a",)),
        (pd.DataFrame({"a": [True]}), ("a",)),
        (pd.DataFrame({"a": pd.array([1, None], dtype="Int64")}), ("a",)),
    ],
)
def test_anything_else_is_none(batch: object, columns: tuple[str, ...] | None) -> None:
    assert matrix_of(batch, columns) is None


def test_an_answer_is_split_with_its_further_columns() -> None:
    frame, extra = pd.DataFrame({"Predictions": [1.0, 2.0, 3.0]}), pd.DataFrame({"why": ["x", "y", "z"]})
    one, none, two = split(Predictions(frame=frame, extra=extra), [1, 0, 2])
    assert (one.frame["Predictions"].tolist(), none.frame["Predictions"].tolist()) == ([1.0], [])
    assert two.extra is not None
    assert (two.frame.index.tolist(), two.extra["why"].tolist()) == ([0, 1], ["y", "z"])
