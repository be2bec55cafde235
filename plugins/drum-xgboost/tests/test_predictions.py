"""Predictions are XGBoost's own, on at least a thousand rows for each target type and objective."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from drum.errors import ModelContractError, NoScorerError
from drum.scorer import Scorer

Serve = Callable[..., Scorer]
Train = Callable[..., Any]
SMALL = {"n_estimators": 8, "max_depth": 4}
NAMES = ["model.ubj", "model.json", "model.pkl"]


def kinds(target: Any) -> Any:
    return np.digitize(target, [-0.5, 0.5])


# ------------------------------------------------------------------------------------- values


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "model",
    [
        xgboost.XGBRegressor(**SMALL),
        xgboost.XGBRegressor(objective="count:poisson", **SMALL),
        xgboost.XGBRegressor(booster="dart", **SMALL),
        xgboost.XGBRegressor(booster="gblinear", n_estimators=8),
        xgboost.XGBRFRegressor(**SMALL),
    ],
    ids=["trees", "poisson", "dart", "linear", "forest"],
)
def test_values_are_the_estimators_own(serve: Serve, rows: pd.DataFrame, target: Any, model: Any, name: str) -> None:
    model.fit(rows, np.abs(target))
    answer = serve(model, "regression", name=name).score(rows).frame["Predictions"]
    assert answer.to_numpy() == pytest.approx(model.predict(rows), abs=1e-6)


def test_ranker_gives_its_score(serve: Serve, rows: pd.DataFrame, target: Any) -> None:
    model = xgboost.XGBRanker(**SMALL).fit(rows, kinds(target), qid=np.arange(len(rows)) // 10)
    assert serve(model, "regression").score(rows).frame["Predictions"].tolist() == model.predict(rows).tolist()


@pytest.mark.parametrize("name", ["model.ubj", "model.model", "model.pkl"])
@pytest.mark.parametrize("objective", ["reg:squarederror", "reg:gamma", "binary:logistic", "rank:pairwise"])
def test_values_are_the_boosters_own(
    serve: Serve, rows: pd.DataFrame, target: Any, train: Train, objective: str, name: str
) -> None:
    booster = train((np.abs(target) > 1) + 0.0 if "gamma" not in objective else np.abs(target) + 0.1, objective)
    answer = serve(booster, "anomaly", name=name).score(rows).frame["Predictions"]
    assert answer.tolist() == booster.predict(xgboost.DMatrix(rows)).tolist()


def test_several_values_a_row_are_an_error(serve: Serve, rows: pd.DataFrame, target: Any) -> None:
    model = xgboost.XGBRegressor(**SMALL).fit(rows, np.column_stack((target, target)))
    with pytest.raises(ModelContractError, match="gives 2 values a row"):
        serve(model, "regression").score(rows)


# ------------------------------------------------------------------------------------- classes


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("labels", "positive"),
    [
        (["no", "yes, sir"], "yes, sir"),
        (["0", "1"], "1"),
        (["1", "0"], "1"),
        (["1.0", "0.0"], "1.0"),
        (["False", "TRUE"], "TRUE"),
        (["1", "2"], "2"),
        (None, "1"),
    ],
)
def test_binary(
    serve: Serve, rows: pd.DataFrame, target: Any, labels: list[str] | None, positive: str, name: str
) -> None:
    model = xgboost.XGBClassifier(**SMALL).fit(rows, target > 0)
    answer = serve(model, "binary", labels, name=name).score(rows).frame
    assert answer[positive].to_numpy() == pytest.approx(model.predict_proba(rows)[:, 1], abs=1e-6)
    assert answer.sum(axis=1).to_numpy() == pytest.approx(1)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "labels", [["a, b", 'c "d"', "[e]"], ["2", "0", "1"], ["0.0", "1.0", "2.0"], ["1", "2", "3"], None]
)
def test_multiclass(serve: Serve, rows: pd.DataFrame, target: Any, labels: list[str] | None, name: str) -> None:
    model = xgboost.XGBClassifier(**SMALL).fit(rows, kinds(target))
    answer = serve(model, "multiclass", labels, name=name).score(rows).frame
    order = [2, 0, 1] if labels == ["2", "0", "1"] else [0, 1, 2]
    assert list(answer.columns) == (labels or ["0", "1", "2"])
    assert answer.to_numpy() == pytest.approx(model.predict_proba(rows)[:, order], abs=1e-6)


def test_multilabel(serve: Serve, rows: pd.DataFrame, target: Any) -> None:
    model = xgboost.XGBClassifier(**SMALL).fit(rows, np.column_stack((target > 0, target > 1, rows["a b"] > 0)))
    answer = serve(model, "multilabel", ["z", "a, b", "1"]).score(rows).frame
    assert answer.to_numpy() == pytest.approx(model.predict_proba(rows), abs=1e-6)


@pytest.mark.parametrize("name", ["model.ubj", "model.pkl"])
def test_winner_and_raw_scores_become_probabilities(
    serve: Serve, rows: pd.DataFrame, target: Any, train: Train, name: str
) -> None:
    data = xgboost.DMatrix(rows)
    several = {"num_class": 3}
    proper = train(kinds(target), "multi:softprob", **several).predict(data)
    answer = serve(train(kinds(target), "multi:softmax", **several), "multiclass", list("abc"), name=name).score(rows)
    assert answer.frame.to_numpy() == pytest.approx(proper, abs=1e-6)
    raw = train(target > 0, "binary:logitraw")
    answer = serve(raw, "binary", ["no", "yes"], name=name).score(rows)
    assert answer.frame["yes"].to_numpy() == pytest.approx(1 / (1 + np.exp(-raw.predict(data))), abs=1e-6)


@pytest.mark.parametrize(("count", "target_type"), [(2, "multiclass"), (4, "multiclass"), (2, "multilabel")])
def test_wrong_number_of_labels_is_an_error(
    serve: Serve, rows: pd.DataFrame, target: Any, count: int, target_type: str
) -> None:
    model = xgboost.XGBClassifier(**SMALL).fit(rows, kinds(target))
    with pytest.raises(ModelContractError, match=f"knows 3 classes, but {count} labels are declared"):
        serve(model, target_type, list("abcd")[:count]).score(rows)


# ------------------------------------------------------------------------------------- early stopping


@pytest.fixture
def stopped(rows: pd.DataFrame, target: Any) -> Any:
    model = xgboost.XGBRegressor(n_estimators=60, learning_rate=1.0, early_stopping_rounds=8)
    model.fit(rows[:600], target[:600], eval_set=[(rows[600:], target[600:])], verbose=False)
    assert model.best_iteration < model.get_booster().num_boosted_rounds() - 1
    return model


@pytest.mark.parametrize("name", NAMES)
def test_estimators_predict_with_the_best_rounds(serve: Serve, rows: pd.DataFrame, stopped: Any, name: str) -> None:
    answer = serve(stopped, "regression", name=name).score(rows).frame["Predictions"]
    assert answer.tolist() == stopped.predict(rows).tolist()


@pytest.mark.parametrize("name", NAMES)
def test_boosters_predict_with_all_rounds(serve: Serve, rows: pd.DataFrame, stopped: Any, name: str) -> None:
    booster = stopped.get_booster()
    answer = serve(booster, "regression", name=name).score(rows).frame["Predictions"]
    assert answer.tolist() == booster.predict(xgboost.DMatrix(rows)).tolist()


# ------------------------------------------------------------------------------------- pipelines


def pipeline() -> Any:
    return make_pipeline(StandardScaler(), xgboost.XGBClassifier(**SMALL))


def search() -> Any:
    return GridSearchCV(pipeline(), {"xgbclassifier__max_depth": [2]}, cv=2)


@pytest.mark.parametrize("make", [pipeline, search])
def test_pipelines_predict_as_they_do(serve: Serve, rows: pd.DataFrame, target: Any, make: Callable[[], Any]) -> None:
    model = make().fit(rows, kinds(target))
    scorer = serve(model, "multiclass", ["a", "b", "c"], name="model.pkl")
    assert scorer.artifact.runtime == "xgboost"
    assert scorer.score(rows).frame.to_numpy() == pytest.approx(model.predict_proba(rows), abs=1e-6)


def test_pipeline_of_a_regressor_has_no_classes(serve: Serve, rows: pd.DataFrame, target: Any) -> None:
    model = make_pipeline(StandardScaler(), xgboost.XGBRegressor(**SMALL)).fit(rows, target)
    with pytest.raises(NoScorerError, match="Pipeline has no 'predict_proba', which target type 'binary' needs"):
        serve(model, "binary", ["a", "b"], name="model.pkl").score(rows)
