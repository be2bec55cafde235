"""When two predictions for the same rows count as the same, and what is said where they do not."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from drum.types import Predictions
from drum.validation.comparison import compare


def predictions(values: object, extra: object = None) -> Predictions:
    frame = pd.DataFrame({"Predictions": values})
    return Predictions(frame=frame, extra=None if extra is None else pd.DataFrame({"cost": extra}))


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ([1.0, 2.0], [1.0, 2.0], True),
        ([1.0], [1.0 + 1e-7], True),
        ([1.0], [1.0 + 1e-5], False),
        ([1e6], [1e6 + 0.5], True),
        ([1e6], [1e6 + 2], False),
        ([0.0], [1e-7], True),
        ([1], [1.0], True),
        ([math.nan], [math.nan], True),
        ([math.nan], [1.0], False),
        ([1.0], [math.nan], False),
        ([math.inf], [math.inf], True),
        ([math.inf], [-math.inf], False),
        ([math.inf], [1.0], False),
        (["a", None], ["a", None], True),
        (["a"], ["b"], False),
        (["1"], [1], False),
        ([[1, 2]], [[1, 2]], True),
        ([[1, 2]], [[1, 3]], False),
        ([True], [True], True),
    ],
)
def test_values(one: object, other: object, is_same: bool) -> None:
    assert compare(predictions(one), predictions(other), 1e-6).is_same is is_same


def test_tolerance_of_zero_allows_the_same_bits_only() -> None:
    assert compare(predictions([0.1]), predictions([0.1]), 0.0).is_same
    assert not compare(predictions([0.1]), predictions([0.1 + 1e-17 + 2e-17]), 0.0).is_same


def test_says_how_far_the_same_are_apart() -> None:
    assert compare(predictions([1.0]), predictions([1.0]), 1e-6).text == "the same to the last bit"
    assert compare(predictions([1.0, 1.0]), predictions([1.0, 1.0 + 2**-30]), 1e-6).text == "the same within 9e-10"


def test_says_where_they_differ() -> None:
    told = compare(predictions([1.0, 2.0, 3.0]), predictions([1.0, 2.5, 3.5]), 1e-6).text
    assert told == "row 1 (the first row is 0) has 2.5 instead of 2.0 in 'Predictions'; 2 of 3 rows differ"


def test_counts_a_row_once_however_many_of_its_columns_differ() -> None:
    one = Predictions(frame=pd.DataFrame({"no": [0.5, 0.1], "yes": [0.5, 0.9]}))
    other = Predictions(frame=pd.DataFrame({"no": [0.5, 0.2], "yes": [0.5, 0.8]}))
    assert "1 of 2 rows differ" in compare(one, other, 1e-6).text


def test_further_columns_count_too() -> None:
    assert not compare(predictions([1.0], extra=[5]), predictions([1.0], extra=[6]), 1e-6).is_same
    assert "columns" in compare(predictions([1.0], extra=[5]), predictions([1.0]), 1e-6).text


def test_rows_must_be_as_many() -> None:
    assert compare(predictions([1.0]), predictions([1.0, 2.0]), 1e-6).text == "there are 2 predictions instead of 1"


def test_long_values_are_cut() -> None:
    told = compare(predictions(["x" * 5000]), predictions(["y" * 5000]), 1e-6).text
    assert len(told) < 300
