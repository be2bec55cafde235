"""What a model gets: by name where it knows names, else by position, and sparse where it came sparse."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.io import mmwrite
from scipy.sparse import csr_matrix, issparse
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import MaxAbsScaler, OneHotEncoder, StandardScaler

from drum.errors import MalformedInputError
from drum.scorer import Scorer
from drum.types import Payload
from drum_sklearn.features import as_trained

Serve = Callable[..., Scorer]


def values(scorer: Scorer, batch: pd.DataFrame) -> list[float]:
    answers: list[float] = scorer.score(batch).frame["Predictions"].tolist()
    return answers


# ------------------------------------------------------------------------------------- by name


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows,
        lambda rows: rows[rows.columns[::-1]],
        lambda rows: rows.assign(further="text"),
        lambda rows: rows.assign(**{"0 first": np.nan})[["0 first", *rows.columns[::-1]]],
    ],
    ids=["same", "reordered", "further", "both"],
)
@pytest.mark.parametrize(
    "make",
    [
        LinearRegression,
        lambda: make_pipeline(StandardScaler(), LinearRegression()),
        lambda: make_pipeline("passthrough", LinearRegression()),
        lambda: make_pipeline(FeatureUnion([("a", StandardScaler()), ("b", "drop")]), LinearRegression()),
        lambda: GridSearchCV(make_pipeline(StandardScaler(), Ridge()), {"ridge__alpha": [1]}, cv=2),
    ],
)
def test_columns_are_found_by_name(
    serve: Serve, rows: pd.DataFrame, make: Callable[[], Any], change: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    model = make().fit(rows, rows["a b"] * 2)
    assert values(serve(model, "regression"), change(rows)) == model.predict(rows).tolist()


def test_odd_names_survive_a_csv(serve: Serve, rows: pd.DataFrame) -> None:
    model = LinearRegression().fit(rows, rows["a b"])
    answer = serve(model, "regression").score(rows.to_csv(index=False).encode()).frame
    assert answer["Predictions"].tolist() == model.predict(rows).tolist()


@pytest.mark.parametrize("make", [LinearRegression, lambda: make_pipeline(StandardScaler(), LinearRegression())])
def test_missing_columns_are_named(serve: Serve, rows: pd.DataFrame, make: Callable[[], Any]) -> None:
    scorer = serve(make().fit(rows, rows["a b"]), "regression")
    with pytest.raises(MalformedInputError, match=r"lacks columns 'age \[years\]', 'a b' .* It has columns"):
        scorer.score(rows[["in/out", 'it\'s "quoted"']])


def test_many_missing_columns_are_counted(serve: Serve) -> None:
    wide = pd.DataFrame(np.eye(30), columns=[f"x{number}" for number in range(30)])
    scorer = serve(LinearRegression().fit(wide, range(30)), "regression")
    with pytest.raises(MalformedInputError, match=r"'x0', .*'x9' and 20 more that the model .* It has column 'y'\."):
        scorer.score(pd.DataFrame({"y": [1]}))


@pytest.mark.parametrize(
    "dropped",
    [["a b"], "a b", [3], 3, slice(3, 4), slice("a b", "a b"), [False, False, False, True], None],
    ids=repr,
)
@pytest.mark.parametrize("search", [False, True])
def test_columns_that_the_model_drops_may_be_missing(
    serve: Serve, rows: pd.DataFrame, dropped: Any, search: bool
) -> None:
    kept = ["age [years]", "in/out", 'it\'s "quoted"']
    first = ColumnTransformer([("keep", StandardScaler(), kept), *([("no", "drop", dropped)] if dropped else [])])
    model = make_pipeline(first, LinearRegression())
    model = GridSearchCV(model, {"linearregression__positive": [False]}, cv=2) if search else model
    model.fit(rows, rows["in/out"])
    scorer = serve(model, "regression")
    assert values(scorer, rows[kept[::-1]]) == values(scorer, rows)
    with pytest.raises(MalformedInputError, match="lacks column 'in/out' that"):
        scorer.score(rows[["age [years]"]].assign(**{'it\'s "quoted"': 1}))


# ------------------------------------------------------------------------------------- by position


def test_model_without_names_takes_columns_as_they_come(serve: Serve, rows: pd.DataFrame) -> None:
    model = make_pipeline(StandardScaler(), LinearRegression()).fit(rows.to_numpy(), rows["a b"])
    renamed = rows.set_axis(["d", "c", "b", "a"], axis=1)
    assert values(serve(model, "regression"), renamed) == model.predict(rows.to_numpy()).tolist()


def test_wrong_number_of_columns_is_the_callers_fault(serve: Serve, rows: pd.DataFrame) -> None:
    scorer = serve(LinearRegression().fit(rows.to_numpy(), rows["a b"]), "regression")
    with pytest.raises(MalformedInputError, match="The model takes 4 columns, but the input has 3"):
        scorer.score(rows.iloc[:, :3])


def test_text_among_numbers_reaches_an_encoder_by_position(serve: Serve) -> None:
    mixed = pd.DataFrame({"city": ["a", "b", "a"], "size": [1.5, 2.0, 3.0]})
    model = make_pipeline(ColumnTransformer([("one", OneHotEncoder(), [0])], remainder="passthrough"), Ridge())
    model.fit(mixed.to_numpy(), [1, 2, 3])
    assert values(serve(model, "regression"), mixed) == model.predict(mixed.to_numpy()).tolist()


@pytest.mark.parametrize("dtype", ["bool", "boolean", "Int64", "int8", "Float64"])
def test_numbers_of_every_type_become_one_matrix(rows: pd.DataFrame, dtype: str) -> None:
    mixed = rows.assign(**{"a b": (rows["a b"] > 0).astype(dtype)})
    matrix = as_trained(mixed, LinearRegression().fit(rows.to_numpy(), rows["a b"]))
    assert isinstance(matrix, np.ndarray)
    assert matrix.dtype == np.float64


def test_missing_integer_becomes_nan(rows: pd.DataFrame) -> None:
    whole = pd.DataFrame({"a": pd.array([1, None], dtype="Int64"), "b": [0.5, 1.5]})
    matrix = as_trained(whole, HistGradientBoostingRegressor().fit([[1, 2], [3, 4]], [1, 2]))
    np.testing.assert_array_equal(matrix, [[1, 0.5], [np.nan, 1.5]])


class ByName(BaseEstimator):
    """Know nothing of scikit-learn's attributes."""

    def predict(self, features: pd.DataFrame) -> Any:
        return features["a b"]


@pytest.mark.parametrize("model", [ByName(), Pipeline([("own", ByName())])], ids=["alone", "in a pipeline"])
def test_estimator_that_says_nothing_gets_the_frame(rows: pd.DataFrame, model: Any) -> None:
    assert as_trained(rows, model) is rows


def test_what_custom_code_has_read_goes_to_the_model_as_it_is(rows: pd.DataFrame) -> None:
    matrix = rows.to_numpy()
    assert as_trained(matrix, LinearRegression().fit(rows, rows["a b"])) is matrix


# ------------------------------------------------------------------------------------- sparse


def matrix_market(matrix: Any, columns: list[str]) -> Payload:
    sink = io.BytesIO()
    mmwrite(sink, matrix)
    return Payload(body=sink.getvalue(), media_type="text/mtx", parts={"X.colnames": "\n".join(columns).encode()})


@pytest.fixture
def sparse(rows: pd.DataFrame) -> Any:
    return csr_matrix(rows.to_numpy() * (rows.to_numpy() > 0.5))


def test_sparse_input_reaches_a_model_without_names_as_a_matrix(rows: pd.DataFrame, sparse: Any) -> None:
    frame = pd.DataFrame.sparse.from_spmatrix(sparse, columns=rows.columns)
    features = as_trained(frame, Ridge().fit(sparse, rows["a b"]))
    assert issparse(features)
    assert features.format == "csr"


@pytest.mark.parametrize("with_names", [False, True])
@pytest.mark.parametrize(
    "make",
    [
        lambda: Ridge(solver="sparse_cg"),
        lambda: RandomForestRegressor(3),
        lambda: make_pipeline(MaxAbsScaler(), Ridge(solver="sparse_cg")),
    ],
)
def test_sparse_input_is_scored(
    serve: Serve, rows: pd.DataFrame, sparse: Any, make: Callable[[], Any], with_names: bool
) -> None:
    frame = pd.DataFrame.sparse.from_spmatrix(sparse, columns=rows.columns)
    model = make().fit(frame if with_names else sparse, rows["a b"])
    answer = serve(model, "regression").score_payload(matrix_market(sparse, list(rows.columns)))
    assert answer.frame["Predictions"].to_numpy() == pytest.approx(model.predict(frame if with_names else sparse))


@pytest.mark.parametrize("with_names", [False, True])
def test_no_step_sees_sparse_input_dense(
    serve: Serve, rows: pd.DataFrame, sparse: Any, with_names: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = pd.DataFrame.sparse.from_spmatrix(sparse, columns=rows.columns)
    model = make_pipeline(MaxAbsScaler(), LogisticRegression()).fit(frame if with_names else sparse, rows["a b"] > 0)
    seen: list[bool] = []
    original = LogisticRegression.predict_proba

    def spy(self: LogisticRegression, features: Any) -> Any:
        seen.append(issparse(features))
        return original(self, features)

    monkeypatch.setattr(LogisticRegression, "predict_proba", spy)
    serve(model, "binary", ["False", "True"]).score_payload(matrix_market(sparse, list(rows.columns)))
    assert seen == [True]


def test_columns_of_sparse_input_are_found_by_name(serve: Serve, rows: pd.DataFrame, sparse: Any) -> None:
    frame = pd.DataFrame.sparse.from_spmatrix(sparse, columns=rows.columns)
    chosen = ColumnTransformer([("some", MaxAbsScaler(), ["in/out", "a b"])])
    model = make_pipeline(chosen, Ridge(solver="sparse_cg")).fit(frame, rows["a b"])
    answer = serve(model, "regression").score_payload(matrix_market(sparse[:, ::-1], list(rows.columns[::-1])))
    assert answer.frame["Predictions"].to_numpy() == pytest.approx(model.predict(frame))


@pytest.mark.parametrize("with_names", [False, True])
def test_sparse_input_for_a_dense_model_is_the_callers_fault(
    serve: Serve, rows: pd.DataFrame, sparse: Any, with_names: bool
) -> None:
    model = HistGradientBoostingRegressor().fit(rows if with_names else rows.to_numpy(), rows["a b"])
    with pytest.raises(MalformedInputError, match="takes no sparse input"):
        serve(model, "regression").score_payload(matrix_market(sparse, list(rows.columns)))


# ------------------------------------------------------------------------------------- texts


@pytest.mark.parametrize("vectorizer", [TfidfVectorizer(), HashingVectorizer(n_features=16)])
def test_column_of_texts_reaches_a_vectorizer(serve: Serve, vectorizer: Any) -> None:
    texts = pd.DataFrame({"what was said": ["to be", "or not", "to be, or", "not"]})
    model = make_pipeline(vectorizer, Ridge()).fit(texts["what was said"], [1, 2, 3, 4])
    expected = model.predict(texts["what was said"]).tolist()
    assert values(serve(model, "regression"), texts) == expected


def test_text_that_looks_like_a_number_stays_text(serve: Serve) -> None:
    model = make_pipeline(TfidfVectorizer(), Ridge()).fit(["42 is it", "no"], [1, 2])
    assert values(serve(model, "regression"), pd.DataFrame({"text": [42]})) == model.predict(["42"]).tolist()


def test_several_columns_of_texts_are_the_callers_fault(serve: Serve, rows: pd.DataFrame) -> None:
    model = make_pipeline(TfidfVectorizer(), Ridge()).fit(["is it", "no"], [1, 2])
    with pytest.raises(MalformedInputError, match="takes one column of text, but the input has 4"):
        serve(model, "regression").score(rows)
