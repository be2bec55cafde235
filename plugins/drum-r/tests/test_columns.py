"""Columns go into R and come back: every type, and what is missing."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from drum.errors import MalformedInputError
from drum.scorer import Scorer

Serve = Callable[..., Scorer]

EXPLAIN = """
transform <- function(data, model) {
  shown <- function(x) paste(ifelse(is.na(x), "NA", trimws(format(x, trim = TRUE))), collapse = ",")
  one <- function(x) paste(class(x)[1], typeof(x), shown(x))
  answer <- vapply(data, one, "")
  setNames(as.data.frame(as.list(answer), check.names = FALSE), names(data))[rep(1, nrow(data)), , drop = FALSE]
}
"""
SAME = "transform <- function(data, model) data"
DAY = datetime.date(2024, 2, 29)


def explained(serve: Serve, column: Any) -> str:
    """Return what R says of a column: class, type, values."""
    answer: str = serve(EXPLAIN, "transform").score(pd.DataFrame({"größe (cm)": column})).frame.iloc[0, 0]
    return answer


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ([1.5, np.nan], "numeric double 1.5,NA"),
        ([1, 2], "integer integer 1,2"),
        (pd.array([1, None], dtype="Int64"), "integer integer 1,NA"),
        (pd.array([2**40, None], dtype="Int64"), "numeric double 1.099512e+12,NA"),
        ([-(2**31), 1], "numeric double -2147483648,1"),
        (np.array([1, 2], dtype="uint8"), "integer integer 1,2"),
        (np.array([1, 2], dtype="float32"), "numeric double 1,2"),
        (pd.array([0.5, None], dtype="Float64"), "numeric double 0.5,NA"),
        ([True, False], "logical logical TRUE,FALSE"),
        (pd.array([True, None], dtype="boolean"), "logical logical TRUE,NA"),
        (pd.Series([True, None], dtype=object), "logical logical TRUE,NA"),
        (pd.Series([None, None], dtype=object), "logical logical NA,NA"),
        (["Ω", None], "character character Ω,NA"),
        (pd.Series(["a", None], dtype=object), "character character a,NA"),
        (["NA", "b"], "character character NA,b"),
        (pd.Series([1, "b"], dtype=object), "character character 1,b"),
        (pd.Series([decimal.Decimal("1.5"), None], dtype=object), "numeric double 1.5,NA"),
        (pd.Series([1, 2.5], dtype=object), "numeric double 1.0,2.5"),
        (pd.Categorical(["b", None], categories=["b", "a"]), "factor integer b,NA"),
        (pd.Categorical([3, 4], ordered=True), "ordered integer 3,4"),
        (pd.Series([DAY, None], dtype=object), "Date double 2024-02-29,NA"),
        (pd.to_datetime(["2024-02-29 12:00:01", None]), "POSIXct double 2024-02-29 12:00:01,NA"),
        (
            pd.to_datetime(["2024-02-29 12:00:01", None]).tz_localize("Asia/Tokyo"),
            "POSIXct double 2024-02-29 12:00:01,NA",
        ),
    ],
)  # fmt: skip
def test_column_in_r(serve: Serve, column: Any, expected: str) -> None:
    assert explained(serve, column) == expected


def test_missing_number_is_na_and_not_nan(serve: Serve) -> None:
    code = "transform <- function(data, model) data.frame(nan = is.nan(data$x), na = is.na(data$x))"
    answer = serve(code, "transform").score(pd.DataFrame({"x": [1.0, np.nan]})).frame
    assert answer.to_dict("list") == {"nan": [False, False], "na": [False, True]}


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"a b": [1.5, np.nan], "n": [1, 2], "ok": [True, False]}),
        pd.DataFrame({"t": ["東京", None], "größe/2": ["", "NA"]}),
        pd.DataFrame({"f": pd.Categorical(["b", None], categories=["b", "a"])}),
        pd.DataFrame({"o": pd.Categorical(["lo", "hi"], categories=["lo", "hi"], ordered=True)}),
        pd.DataFrame({"d": pd.Series([DAY, None], dtype=object)}),
        pd.DataFrame({"z": pd.to_datetime(["2024-02-29 12:00:01.25", None]).as_unit("us").tz_localize("Asia/Tokyo")}),
        pd.DataFrame({"b": pd.Series([True, np.nan], dtype=object)}),
        pd.DataFrame({"x": [0.1 + 0.2, np.inf, -0.0, 5e-324]}),
    ],
    ids=["numbers", "text", "factor", "ordered", "dates", "times", "logical", "doubles"],
)
def test_frame_there_and_back(serve: Serve, frame: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(serve(SAME, "transform").score(frame).frame, frame, check_exact=True)


def test_sparse_frame_there_and_back(serve: Serve) -> None:
    frame = pd.DataFrame({"a": [0.0, 2.0, 0.0], "b c": [3.0, 0.0, 0.0]}).astype(pd.SparseDtype("float64", 0.0))
    answer = serve(SAME, "transform").score(frame).frame
    assert all(isinstance(dtype, pd.SparseDtype) for dtype in answer.dtypes)
    pd.testing.assert_frame_equal(answer.sparse.to_dense(), frame.sparse.to_dense())


def test_text_of_many_values_there_and_back(serve: Serve) -> None:
    frame = pd.DataFrame({"id": [f"id-{number}-ä" for number in range(20_000)]})
    pd.testing.assert_frame_equal(serve(SAME, "transform").score(frame).frame, frame)


def test_names_of_rows_do_not_matter(serve: Serve) -> None:
    code = "transform <- function(data, model) { row.names(data) <- c('b', 'a'); data[c(2, 1), , drop = FALSE] }"
    answer = serve(code, "transform").score(pd.DataFrame({"x": [1, 2]}, index=[5, 7])).frame
    assert answer.to_dict() == {"x": {0: 2, 1: 1}}


@pytest.mark.parametrize("value", [[1, 2], {"a": 1}, pd.Timedelta("1s"), 1j])
def test_values_that_r_has_no_vector_for_are_the_callers_fault(serve: Serve, value: object) -> None:
    frame = pd.DataFrame({"odd": pd.Series([value, value], dtype=object)})
    with pytest.raises(MalformedInputError, match=r"for which R has no vector, in column 'odd'"):
        serve(SAME, "transform").score(frame)
