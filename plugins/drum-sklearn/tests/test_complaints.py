"""What a model does not take is told to the caller, with the column, in words of our own."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

from drum.errors import MalformedInputError, ScoreError
from drum.scorer import Scorer
from drum_sklearn.complaints import complaint

Serve = Callable[..., Scorer]


@pytest.fixture
def sales() -> pd.DataFrame:
    return pd.DataFrame({"city": ["a", "b", "a", "c"], "size": [1.0, 2.0, 3.0, 4.0], "id": ["w", "x", "y", "z"]})


@pytest.fixture(params=[OneHotEncoder, OrdinalEncoder])
def mixed(sales: pd.DataFrame, request: pytest.FixtureRequest) -> Any:
    """Return a model of words and numbers, that drops the column ``id``."""
    first = ColumnTransformer([("words", request.param(), ["city"]), ("numbers", StandardScaler(), ["size"])])
    return make_pipeline(first, Ridge()).fit(sales, [1, 2, 3, 4])


@pytest.mark.parametrize("with_names", [True, False])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("secret", r"The model takes numbers, but there is text in column 'in/out'\."),
        (np.nan, r"The model takes no missing values, but there are some in column 'in/out'\."),
        (np.inf, r"There are infinite numbers, or too large ones, in column 'in/out'\."),
        (-np.inf, r"There are infinite numbers, or too large ones, in column 'in/out'\."),
    ],
)
def test_column_that_the_model_does_not_take_is_named(
    serve: Serve, rows: pd.DataFrame, value: object, message: str, with_names: bool
) -> None:
    model = LinearRegression().fit(rows if with_names else rows.to_numpy(), rows["a b"])
    bad = rows.assign(**{"in/out": rows["in/out"].astype(object).where(rows.index != 3, value).infer_objects()})
    with pytest.raises(MalformedInputError, match=message) as caught:
        serve(model, "regression").score(bad)
    assert "secret" not in caught.value.message


def test_text_in_a_column_of_numbers_is_found_among_columns_of_text(
    serve: Serve, sales: pd.DataFrame, mixed: Any
) -> None:
    with pytest.raises(MalformedInputError, match=r"there is text in column 'size'\."):
        serve(mixed, "regression").score(sales.assign(size=["1", "two", "3", "4"]))


def test_unknown_category_is_found(serve: Serve, sales: pd.DataFrame, mixed: Any) -> None:
    with pytest.raises(MalformedInputError, match=r"categories that the model was not trained on in column 'city'\."):
        serve(mixed, "regression").score(sales.assign(city=["a", "b", "it's new", "c"]))


def test_columns_that_are_dropped_or_left_aside_are_not_suspected(
    serve: Serve, sales: pd.DataFrame, mixed: Any
) -> None:
    bad = sales.assign(size=["1", "two", "3", "4"], id="two", further="two")
    with pytest.raises(MalformedInputError, match=r"there is text in column 'size'\."):
        serve(mixed, "regression").score(bad)


def test_all_columns_that_could_be_the_one_are_named(serve: Serve, rows: pd.DataFrame) -> None:
    bad = rows.assign(**{"in/out": np.nan, "a b": np.nan})
    with pytest.raises(MalformedInputError, match="there are some in column 'in/out' or 'a b'"):
        serve(LinearRegression().fit(rows, rows["a b"]), "regression").score(bad)


def test_text_is_found_behind_an_imputer(serve: Serve, rows: pd.DataFrame) -> None:
    model = make_pipeline(SimpleImputer(), LinearRegression()).fit(rows, rows["a b"])
    with pytest.raises(MalformedInputError, match="there is text in column 'in/out'"):
        serve(model, "regression").score(rows.assign(**{"in/out": "text"}))


def test_missing_text_is_found(serve: Serve) -> None:
    model = make_pipeline(TfidfVectorizer(), Ridge()).fit(["is it", "no"], [1, 2])
    with pytest.raises(MalformedInputError, match="no missing values, but there are some in column 'text'"):
        serve(model, "regression").score(pd.DataFrame({"text": ["is", None]}))


def test_column_is_found_for_a_transform(serve: Serve, rows: pd.DataFrame) -> None:
    with pytest.raises(MalformedInputError, match="there is text in column 'a b'"):
        serve(StandardScaler().fit(rows), "transform").score(rows.assign(**{"a b": "text"}))


@pytest.mark.filterwarnings("ignore:invalid value encountered in log")
def test_fault_of_the_model_stays_the_models(serve: Serve, rows: pd.DataFrame) -> None:
    model = make_pipeline(FunctionTransformer(np.log), LinearRegression()).fit(rows.abs(), rows["a b"])
    with pytest.raises(ScoreError, match="Input X contains NaN"):
        serve(model, "regression").score(-rows.abs())


def test_model_that_was_never_fitted_is_the_authors_fault(serve: Serve, rows: pd.DataFrame) -> None:
    with pytest.raises(ScoreError, match="not fitted yet"):
        serve(LinearRegression(), "regression").score(rows)


def test_what_custom_code_has_read_is_nobodys_complaint(rows: pd.DataFrame) -> None:
    model = LinearRegression().fit(rows, rows["a b"])
    assert complaint(ValueError("contains NaN"), rows.to_numpy(), model) is None


def test_column_of_text_without_any_value_is_named(serve: Serve, sales: pd.DataFrame, mixed: Any) -> None:
    opened = serve(mixed, "regression")
    with pytest.raises(MalformedInputError, match=r"column 'city'\."):
        opened.score(sales.assign(city=np.nan))
