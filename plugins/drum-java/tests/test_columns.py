"""Columns as they are handed over: few rows and many alike, whatever their type."""

import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from drum.errors import MalformedInputError
from drum_java import columns
from drum_java.columns import NUMBER, SPELT_NUMBER, SPELT_TRUTH, TEXT, handed_over

MOMENT = datetime.datetime(2024, 5, 6, 7, 8, 9, 123000)
CASES: list[tuple[Any, str, int, list[Any]]] = [
    ([1, 2, 3], "any", NUMBER, [1, 2, 3]),
    ([1, 2, 3], "text", SPELT_NUMBER, ["1", "2", "3"]),
    ([1.0, None, 2.5], "number", NUMBER, [1, None, 2.5]),
    ([1.0, None, 2.5], "text", SPELT_NUMBER, ["1", None, "2.5"]),
    ([True, False], "any", NUMBER, [1, 0]),
    ([True, False], "text", SPELT_TRUTH, ["True", "False"]),
    (["a", None, "Łódź"], "any", TEXT, ["a", None, "Łódź"]),
    (["a", None, "Łódź"], "text", TEXT, ["a", None, "Łódź"]),
    (pd.Series([1, None], dtype="Int64"), "text", SPELT_NUMBER, ["1", None]),
    (pd.Series([1, None], dtype="Int64"), "any", NUMBER, [1, None]),
    (pd.Series([True, None], dtype="boolean"), "text", SPELT_TRUTH, ["True", None]),
    (pd.Series([2**60 + 1], dtype="int64"), "text", SPELT_NUMBER, [str(2**60 + 1)]),
    (pd.Series(["b", None, "a"], dtype="category"), "any", TEXT, ["b", None, "a"]),
    (pd.Series([3, None, 1], dtype="category"), "any", NUMBER, [3, None, 1]),
    (pd.Series([1, None, 2.5], dtype=object), "any", NUMBER, [1, None, 2.5]),
    (pd.Series([1, None, "x"], dtype=object), "any", TEXT, ["1", None, "x"]),
    (pd.Series([None, None], dtype=object), "text", TEXT, [None, None]),
    (pd.Series([MOMENT, None]), "any", NUMBER, [MOMENT.replace(tzinfo=datetime.UTC).timestamp() * 1000, None]),
    (pd.Series([MOMENT, None]), "text", TEXT, ["2024-05-06T07:08:09.123000", None]),
    (pd.Series([0.0, 4.0], dtype=pd.SparseDtype(float)), "number", NUMBER, [0, 4]),
]


def values_of(column: columns.Column) -> list[Any]:
    if column.kind == NUMBER:
        return [None if np.isnan(value) else value for value in np.asarray(column.numbers, float)]
    return [None if code < 0 else column.levels[code] for code in column.codes]


@pytest.mark.parametrize("few", [True, False])
@pytest.mark.parametrize(("values", "wanted", "kind", "expected"), CASES)
def test_values(
    values: Any, wanted: str, kind: int, expected: list[Any], few: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "FEW_ROWS", 100 if few else -1)
    frame = pd.DataFrame({"other": "x", "it": values})
    (column,) = handed_over(frame, [1], [wanted])
    assert (column.kind, values_of(column)) == (kind, expected)


@pytest.mark.parametrize("few", [True, False])
def test_text_is_no_number(few: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "FEW_ROWS", 100 if few else -1)
    with pytest.raises(MalformedInputError, match="there is text in column 'it'"):
        handed_over(pd.DataFrame({"it": ["1", "x"]}), [0], ["number"])
