"""A matrix is scored in place of a frame only where the predictions are the very same."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    StackingRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, PolynomialFeatures, StandardScaler
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeRegressor

import drum
from drum.scorer import Scorer
from drum.types import Payload
from drum.workers.answering import answer_all
from drum.workers.frames import Request
from drum_sklearn.matrices import matrix_columns

COLUMNS = ["a", "b", "c"]


def training() -> tuple[pd.DataFrame, Any]:
    rng = np.random.default_rng(0)
    features = pd.DataFrame(rng.normal(size=(80, 3)) * 10, columns=COLUMNS)
    return features, features["a"] + features["b"] * features["c"]


REGRESSORS: dict[str, Any] = {
    "linear": LinearRegression(),
    "imputer and ridge": make_pipeline(SimpleImputer(), Ridge()),
    "most frequent": make_pipeline(SimpleImputer(strategy="most_frequent"), Ridge()),
    "scaler and svr": make_pipeline("passthrough", StandardScaler(), SVR()),
    "polynomial": make_pipeline(PolynomialFeatures(), PCA(4), Ridge()),
    "tree": DecisionTreeRegressor(max_depth=4, random_state=0),
    "boosting": GradientBoostingRegressor(n_estimators=5, random_state=0),
    "histograms": HistGradientBoostingRegressor(max_iter=5, random_state=0),
    "neighbors": KNeighborsRegressor(),
    "search": GridSearchCV(make_pipeline(SimpleImputer(), Ridge()), {"ridge__alpha": [0.1, 1.0]}, cv=2),
}
CLASSIFIERS: dict[str, Any] = {
    "forest": RandomForestClassifier(5, random_state=0),
    "logistic": make_pipeline(SimpleImputer(), LogisticRegression()),
    "bayes": GaussianNB(),
}


class Own(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Somebody's own transformer, which wants columns."""

    def fit(self, features: pd.DataFrame, target: Any = None) -> Own:
        self.feature_names_in_ = np.asarray(features.columns, dtype=object)
        return self

    def transform(self, features: pd.DataFrame) -> Any:
        return features[["a"]].to_numpy()


FRAMES_ONLY: dict[str, Any] = {
    "columns by name": make_pipeline(ColumnTransformer([("n", StandardScaler(), ["a"])]), Ridge()),
    "function": make_pipeline(FunctionTransformer(lambda frame: frame[["a", "b"]]), Ridge()),
    "encoder": make_pipeline(OneHotEncoder(handle_unknown="ignore"), Ridge()),
    "union": make_pipeline(FeatureUnion([("s", StandardScaler()), ("p", PCA(2))]), Ridge()),
    "own": make_pipeline(Own(), Ridge()),
    "stack": StackingRegressor([("r", Ridge())], cv=2),
    "told to make frames": make_pipeline(StandardScaler().set_output(transform="pandas"), Ridge()),
}


@pytest.mark.parametrize("model", [*REGRESSORS.values(), *CLASSIFIERS.values()], ids=[*REGRESSORS, *CLASSIFIERS])
def test_models_of_numbers_take_a_matrix(model: Any) -> None:
    features, target = training()
    assert matrix_columns(model.fit(features, target > 0)) == COLUMNS


@pytest.mark.parametrize("model", FRAMES_ONLY.values(), ids=FRAMES_ONLY)
def test_models_that_look_at_columns_do_not(model: Any) -> None:
    assert matrix_columns(model.fit(*training())) is None


def test_models_around_others_do_not() -> None:
    features, target = training()
    assert matrix_columns(CalibratedClassifierCV(LogisticRegression(), cv=2).fit(features, target > 0)) is None


def test_models_without_names_do_not() -> None:
    features, target = training()
    assert matrix_columns(LinearRegression().fit(features.to_numpy(), target)) is None


FIELDS = st.one_of(
    st.integers(-(10**6), 10**6).map(str), st.floats(-1e6, 1e6, allow_subnormal=False).map(repr), st.just("")
)


@pytest.fixture(scope="module")
def scorers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scorer]:
    features, target = training()
    opened = {}
    for name, model in REGRESSORS.items():
        folder = tmp_path_factory.mktemp("model")
        joblib.dump(model.fit(features, target), folder / "model.joblib")
        opened[name] = drum.open(folder, target_type="regression")
    return opened


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@pytest.mark.parametrize("name", REGRESSORS)
@given(rows=st.lists(st.tuples(FIELDS, FIELDS, FIELDS), min_size=1, max_size=5))
def test_answers_are_those_of_the_slow_path(
    scorers: dict[str, Scorer], name: str, rows: list[tuple[str, str, str]]
) -> None:
    """The slow path: pandas reads, the model is given the frame."""
    body = "".join(",".join(row) + "\n" for row in [tuple(COLUMNS), *rows]).encode()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fast = answer_all(scorers[name], [Request(id=0, payload=Payload(body=body, media_type="text/csv"))])[0]
        slow = _through_frames(scorers[name], body)
    assert (fast.error, fast.body) == slow


def _through_frames(scorer: Scorer, body: bytes) -> tuple[str, bytes]:
    columns, scorer._seated.matrix_columns = scorer._seated.matrix_columns, None
    try:
        return "", scorer.write(scorer.score(body), "application/json")
    except drum.errors.DrumError as error:
        return type(error).__name__, error.message.encode()
    finally:
        scorer._seated.matrix_columns = columns


def test_what_is_wrong_is_said_by_column(tmp_path: Path) -> None:
    joblib.dump(LinearRegression().fit(*training()), tmp_path / "model.joblib")
    scorer = drum.open(tmp_path, target_type="regression")
    answer = answer_all(scorer, [Request(id=0, payload=Payload(body=b"a,b,c\n1.5,,2\n", media_type="text/csv"))])[0]
    assert (answer.error, b"column 'b'" in answer.body) == ("MalformedInputError", True)


def test_one_row_and_several_share_a_call(scorers: dict[str, Scorer]) -> None:
    bodies = [b"a,b,c\n1.5,2,3\n", b"a,b,c\n1.5,2,3\n4,,6\n", b"a,b,c\n7,8,9\n"]
    requests = [
        Request(id=number, payload=Payload(body=body, media_type="text/csv")) for number, body in enumerate(bodies)
    ]
    assert [answer.shared for answer in answer_all(scorers["imputer and ridge"], requests)] == [2, 2, 1]
