"""What a model gets: its columns by name or by position, sparse ones sparse, categories by number."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost
from scipy.io import mmwrite
from scipy.sparse import csr_matrix, random_array
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from drum.errors import MalformedInputError
from drum.scorer import Scorer
from drum.types import Payload
from drum_xgboost import boosters

Serve = Callable[..., Scorer]
SMALL = {"n_estimators": 8, "max_depth": 4}


def values(scorer: Scorer, batch: Any) -> list[float]:
    answers: list[float] = scorer.score(batch).frame["Predictions"].tolist()
    return answers


@pytest.fixture(scope="module")
def model(rows: pd.DataFrame, target: Any) -> Any:
    return xgboost.XGBRegressor(**SMALL).fit(rows, target)


@pytest.fixture(scope="module")
def nameless(rows: pd.DataFrame, target: Any) -> Any:
    return xgboost.XGBRegressor(**SMALL).fit(rows.to_numpy(), target)


# ------------------------------------------------------------------------------------- by name


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows,
        lambda rows: rows[rows.columns[::-1]],
        lambda rows: rows.assign(further="text"),
        lambda rows: rows.astype({"in/out": object}),
        lambda rows: rows.astype({"a b": "Float64", "in/out": "Int32"}),
        lambda rows: rows.to_csv(index=False).encode(),
    ],
    ids=["same", "reordered", "further", "objects", "nullable", "csv"],
)
@pytest.mark.parametrize("name", ["model.ubj", "model.pkl"])
def test_columns_are_found_by_name(
    serve: Serve, rows: pd.DataFrame, model: Any, change: Callable[[pd.DataFrame], Any], name: str
) -> None:
    assert values(serve(model, "regression", name=name), change(rows)) == model.predict(rows).tolist()


def test_missing_columns_are_named(serve: Serve, rows: pd.DataFrame, model: Any) -> None:
    with pytest.raises(MalformedInputError, match=r"lacks columns 'age \(years\)', 'a b' of the 4 .* It has columns"):
        serve(model, "regression").score(rows[["in/out", 'it\'s "quoted"']])


def test_model_without_names_takes_columns_as_they_come(serve: Serve, rows: pd.DataFrame, nameless: Any) -> None:
    renamed = rows.set_axis(["d", "c", "b", "a"], axis=1)
    assert values(serve(nameless, "regression"), renamed) == nameless.predict(rows.to_numpy()).tolist()


@pytest.mark.parametrize("name", ["model.json", "model.pkl"])
@pytest.mark.parametrize("width", [3, 5])
def test_wrong_number_of_columns_names_both_counts(
    serve: Serve, rows: pd.DataFrame, nameless: Any, name: str, width: int
) -> None:
    wrong = pd.concat([rows, rows["a b"].rename("more")], axis=1).iloc[:, :width]
    with pytest.raises(MalformedInputError, match=f"takes 4 columns, but the input has {width}"):
        serve(nameless, "regression", name=name).score(wrong)


# ------------------------------------------------------------------------------------- numbers


@pytest.mark.parametrize("value", ["secret", "12", pd.Timestamp("2024-01-01"), 1j])
@pytest.mark.parametrize("with_names", [True, False])
def test_text_is_refused_by_the_name_of_its_column(
    serve: Serve, rows: pd.DataFrame, model: Any, nameless: Any, value: object, with_names: bool
) -> None:
    bad = rows.assign(**{"in/out": rows["in/out"].astype(object).where(rows.index != 3, value)})
    with pytest.raises(MalformedInputError, match=r"there is text in column 'in/out'\.") as caught:
        serve(model if with_names else nameless, "regression").score(bad)
    assert "secret" not in caught.value.message


def test_missing_and_truth_values_are_xgboosts_concern(serve: Serve, rows: pd.DataFrame, model: Any) -> None:
    gaps = rows.assign(**{"in/out": None, "a b": [True, None] * (len(rows) // 2)})
    direct = rows.assign(**{"in/out": np.nan, "a b": [1.0, np.nan] * (len(rows) // 2)})
    assert values(serve(model, "regression"), gaps) == model.predict(direct).tolist()


def test_other_sign_of_missing_values_is_kept(serve: Serve, rows: pd.DataFrame, target: Any) -> None:
    model = xgboost.XGBRegressor(missing=-1.0, **SMALL).fit(rows.fillna(-1.0), target)
    assert (
        values(serve(model, "regression", name="m.pkl"), rows.fillna(-1.0)) == model.predict(rows.fillna(-1)).tolist()
    )


# ------------------------------------------------------------------------------------- sparse


def matrix_market(matrix: Any, columns: list[str]) -> Payload:
    sink = io.BytesIO()
    mmwrite(sink, matrix, precision=17)
    return Payload(body=sink.getvalue(), media_type="text/mtx", parts={"X.colnames": "\n".join(columns).encode()})


@pytest.mark.parametrize("with_names", [True, False])
@pytest.mark.parametrize("booster", ["gbtree", "gblinear"])
def test_sparse_input_is_scored_as_xgboost_does(serve: Serve, with_names: bool, booster: str) -> None:
    matrix = csr_matrix(random_array((1000, 6), density=0.2, rng=np.random.default_rng(0)))
    names = [f"x{number}" for number in range(6)]
    known = {"feature_names": names} if with_names else {}
    data = xgboost.DMatrix(matrix, matrix.sum(axis=1), **known)
    model = xgboost.train({"booster": booster, "objective": "reg:squarederror"}, data, 5)
    answer = serve(model, "regression").score_payload(matrix_market(matrix, names)).frame["Predictions"]
    assert answer.to_numpy() == pytest.approx(model.predict(data), abs=1e-6)


def test_sparse_input_is_never_dense(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = csr_matrix(random_array((50, 6), density=0.2, rng=np.random.default_rng(0)))
    seen: list[Any] = []
    original = xgboost.Booster.inplace_predict

    def spy(self: Any, data: Any, **options: Any) -> Any:
        seen.append(data)
        return original(self, data, **options)

    model = xgboost.XGBRegressor(**SMALL).fit(matrix, matrix.sum(axis=1))
    monkeypatch.setattr(xgboost.Booster, "inplace_predict", spy)
    serve(model, "regression").score_payload(matrix_market(matrix, list("abcdef")))
    assert [data.format for data in seen] == ["csr"]


# ------------------------------------------------------------------------------------- categories


@pytest.fixture(scope="module")
def mixed(rows: pd.DataFrame) -> pd.DataFrame:
    random = np.random.default_rng(1)
    return rows.assign(
        city=pd.Categorical(random.choice(["Rome", "x, y", "12", "b"], len(rows))),
        month=pd.Categorical(random.choice([3, 1, 12], len(rows))),
    )


@pytest.fixture(scope="module")
def knowing(mixed: pd.DataFrame, target: Any) -> Any:
    known = (mixed["city"] == "Rome") * 2.0 + (mixed["city"] == "12") - (mixed["month"] == 12) * 3.0
    return xgboost.XGBRegressor(enable_categorical=True, **SMALL).fit(mixed, target + known)


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype({"city": "str", "month": int})


@pytest.mark.parametrize(
    "change",
    [
        lambda mixed: mixed,
        plain,
        lambda mixed: mixed.assign(city=mixed["city"].cat.reorder_categories(["x, y", "b", "Rome", "12"])),
        lambda mixed: plain(mixed)[mixed.columns[::-1]],
        lambda mixed: plain(mixed).assign(further=1),
        lambda mixed: mixed.to_csv(index=False).encode(),
        lambda mixed: plain(mixed).astype({"month": float}),
    ],
    ids=["as trained", "plain", "other order of categories", "reordered", "further", "csv", "floats"],
)
@pytest.mark.parametrize("name", ["model.ubj", "model.pkl"])
def test_categories_are_those_of_training(
    serve: Serve, mixed: pd.DataFrame, knowing: Any, change: Callable[[pd.DataFrame], Any], name: str
) -> None:
    assert values(serve(knowing, "regression", name=name), change(mixed)) == knowing.predict(mixed).tolist()


@pytest.mark.parametrize(("city", "month"), [("12", 3), (12, 3), (12.0, 3.0), (None, 3), ("Rome", None), ("b", 12)])
def test_category_alone_in_its_batch_is_found(
    serve: Serve, mixed: pd.DataFrame, knowing: Any, city: Any, month: Any
) -> None:
    one = mixed[:1].assign(city=[city], month=[month])
    text = city if isinstance(city, str | None) else str(int(city))
    direct = mixed[:1].assign(
        city=pd.Categorical([text], categories=mixed["city"].cat.categories),
        month=pd.Categorical([month], categories=mixed["month"].cat.categories),
    )
    assert values(serve(knowing, "regression"), one) == knowing.predict(direct).tolist()


@pytest.mark.parametrize(("column", "value"), [("city", "a"), ("city", "zz"), ("month", 4), ("month", "March")])
def test_category_that_training_has_not_seen_is_refused(
    serve: Serve, mixed: pd.DataFrame, knowing: Any, column: str, value: object
) -> None:
    with pytest.raises(MalformedInputError, match=f"that the model was not trained on in column '{column}'"):
        serve(knowing, "regression").score(plain(mixed).assign(**{column: value}))


def test_categories_that_xgboost_may_have_damaged_are_warned_of(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    cities = pd.DataFrame({"city": pd.Categorical(["Straße", "Köln", "x"] * 10)})
    serve(xgboost.XGBRegressor(enable_categorical=True, n_estimators=2).fit(cities, np.arange(30)), "regression")
    assert "categories of column 'city' are not ASCII" in caplog.text


def test_model_that_has_not_kept_its_categories_takes_their_numbers(serve: Serve, mixed: pd.DataFrame) -> None:
    codes = mixed[["city", "month"]].apply(lambda column: column.cat.codes)
    data = xgboost.DMatrix(codes.to_numpy(), codes["city"], feature_types=["c", "c"], enable_categorical=True)
    model = xgboost.train({"max_depth": 3}, data, 3)
    scorer = serve(model, "regression")
    assert values(scorer, codes) == model.predict(data).tolist()
    with pytest.raises(MalformedInputError, match="in columns 'city', 'month'"):
        scorer.score(mixed[codes.columns])


# ------------------------------------------------------------------------------------- a matrix in place of a frame


@pytest.mark.parametrize("name", ["model.ubj", "model.pkl"])
def test_matrix_gives_the_very_same_predictions(serve: Serve, rows: pd.DataFrame, model: Any, name: str) -> None:
    scorer = serve(model, "regression", name=name)
    assert scorer.matrix_columns == tuple(rows.columns)
    wholes = pd.DataFrame(np.arange(48).reshape(12, 4), columns=rows.columns)
    for frame in (rows, wholes, wholes * 10**9):
        answer = scorer.predict(frame.to_numpy()).frame["Predictions"]
        assert answer.tolist() == model.predict(frame).tolist()


@pytest.mark.parametrize("which", ["knowing", "nameless"])
def test_matrix_is_for_numbers_with_names_only(serve: Serve, which: str, request: pytest.FixtureRequest) -> None:
    assert serve(request.getfixturevalue(which), "regression").matrix_columns is None


def test_what_custom_code_has_read_is_scored_as_it_is(rows: pd.DataFrame, model: Any, serve: Serve) -> None:
    spec = serve(model, "regression").spec
    answer, _ = boosters.predict(model.get_booster(), xgboost.DMatrix(rows), spec)
    assert answer.tolist() == model.predict(rows).tolist()


# ------------------------------------------------------------------------------------- pipelines


@pytest.mark.parametrize("with_names", [True, False])
def test_pipelines_get_their_columns(serve: Serve, rows: pd.DataFrame, target: Any, with_names: bool) -> None:
    features = rows if with_names else rows.to_numpy()
    model = make_pipeline(StandardScaler(), xgboost.XGBRegressor(**SMALL)).fit(features, target)
    scorer = serve(model, "regression", name="m.pkl")
    assert values(scorer, rows[rows.columns[::-1]] if with_names else rows) == model.predict(features).tolist()
    with pytest.raises(MalformedInputError, match="there is text in column 'a b'"):
        scorer.score(rows.assign(**{"a b": "text"}))
    with pytest.raises(MalformedInputError, match="lacks column 'a b'" if with_names else "takes 4 columns"):
        scorer.score(rows.drop(columns="a b"))
