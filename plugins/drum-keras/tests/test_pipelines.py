"""Pipelines of scikit-learn that end in a Keras model are scored by their own methods."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from keras_models import build, build_classifier, build_regressor, directly, keras, net_ending_in, pickled
from scikeras.wrappers import KerasClassifier, KerasRegressor
from sklearn.compose import make_column_transformer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import drum_keras
from drum.errors import MalformedInputError, NoScorerError
from drum.scorer import Scorer
from drum.testing import CodeDir, run_cli

Serve = Callable[..., Scorer]
LABELS = {2: ["no", 'yes, "sir"'], 3: ["[z]", "a, b", "1.50"]}
QUIETLY = {"fit_kwargs": {"verbose": 0}}


def target(rows: pd.DataFrame, kinds: int) -> np.ndarray[Any, Any]:
    return np.array(LABELS[kinds])[np.arange(len(rows)) % kinds]


@pytest.mark.parametrize("kinds", [2, 3])
@pytest.mark.parametrize(
    "make",
    [lambda: keras.wrappers.SKLearnClassifier(build, **QUIETLY), lambda: KerasClassifier(build_classifier, verbose=0)],
    ids=["keras.wrappers", "scikeras"],
)
def test_classes_are_the_pipelines_own(serve: Serve, rows: pd.DataFrame, make: Callable[[], Any], kinds: int) -> None:
    model = make_pipeline(StandardScaler(), make()).fit(rows, target(rows, kinds))
    name = "predict_proba" if hasattr(model, "predict_proba") else "decision_function"
    expected = pd.DataFrame(getattr(model, name)(rows), columns=model.classes_)
    labels = LABELS[kinds][::-1]
    answer = serve(pickled(model), "binary" if kinds == 2 else "multiclass", labels).score(rows).frame
    assert list(answer.columns) == labels
    assert np.abs(answer - expected[labels]).max(axis=None) < 1e-5


@pytest.mark.parametrize("target_type", ["regression", "anomaly"])
@pytest.mark.parametrize(
    "make",
    [lambda: keras.wrappers.SKLearnRegressor(build, **QUIETLY), lambda: KerasRegressor(build_regressor, verbose=0)],
    ids=["keras.wrappers", "scikeras"],
)
def test_values_are_the_pipelines_own(
    serve: Serve, rows: pd.DataFrame, make: Callable[[], Any], target_type: str
) -> None:
    model = make_pipeline(StandardScaler(), make()).fit(rows, rows["a b"])
    answer = serve(pickled(model, "model.pkl"), target_type).score(rows).frame
    assert np.abs(answer["Predictions"].to_numpy() - model.predict(rows).reshape(-1)).max() < 1e-5


@pytest.mark.parametrize(
    "make",
    [lambda: keras.wrappers.SKLearnRegressor(build, **QUIETLY), lambda: KerasRegressor(build_regressor)],
    ids=["keras.wrappers", "scikeras"],
)
def test_progress_is_not_drawn_between_predictions(tmp_path: Path, rows: pd.DataFrame, make: Callable[[], Any]) -> None:
    model = make_pipeline(StandardScaler(), make()).fit(rows, rows["a b"])
    folder = CodeDir(tmp_path / "model", pickled(model))
    rows.to_csv(tmp_path / "data.csv", index=False)
    words = ["score", "--code-dir", folder, "--input", tmp_path / "data.csv", "--target-type", "regression"]
    done = run_cli(words)
    assert (done.exit_code, done.err, done.out.count("\n")) == (0, "", len(rows) + 1)


def test_wrapped_model_needs_no_pipeline(serve: Serve, rows: pd.DataFrame) -> None:
    model = keras.wrappers.SKLearnRegressor(build, **QUIETLY).fit(rows.to_numpy(), rows["a b"])
    answer = serve(pickled(model), "regression").score(rows).frame
    assert np.abs(answer["Predictions"].to_numpy() - model.predict(rows.to_numpy()).reshape(-1)).max() < 1e-5


def test_pipeline_may_end_in_a_bare_model(serve: Serve, rows: pd.DataFrame) -> None:
    net = net_ending_in("softmax")
    model = make_pipeline(StandardScaler()).fit(rows)
    expected = directly(net, pd.DataFrame(model.transform(rows)))
    model.steps.append(("net", net))
    answer = serve(pickled(model), "multiclass", ["a", "b", "c"]).score(rows).frame
    assert np.abs(answer.to_numpy() - expected).max() < 1e-5


def sales() -> pd.DataFrame:
    return pd.DataFrame({"city": ["a", "b"] * 20, "size": np.arange(40.0), "id": "x"})


@pytest.fixture(scope="module")
def mixed() -> Any:
    first = make_column_transformer((OneHotEncoder(), ["city"]), (StandardScaler(), ["size"]))
    wrapped = keras.wrappers.SKLearnRegressor(build, **QUIETLY)
    return make_pipeline(first, wrapped).fit(sales()[["city", "size"]], np.arange(40))


def test_columns_are_found_by_name(serve: Serve, mixed: Any) -> None:
    shuffled = sales()[["id", "size", "city"]]
    answer = serve(pickled(mixed), "regression").score(shuffled).frame
    assert answer["Predictions"].to_numpy() == pytest.approx(mixed.predict(sales()[["city", "size"]]).reshape(-1))


def test_missing_column_is_named(serve: Serve, mixed: Any) -> None:
    with pytest.raises(MalformedInputError, match="lacks the column 'size' that the model was trained on"):
        serve(pickled(mixed), "regression").score(sales()[["city"]])


def test_text_among_numbers_is_named(serve: Serve, mixed: Any) -> None:
    with pytest.raises(MalformedInputError, match="there is text in column 'size'") as caught:
        serve(pickled(mixed), "regression").score(sales().assign(size="secret"))
    assert "secret" not in caught.value.message


def test_wrong_number_of_columns_names_both(serve: Serve, rows: pd.DataFrame) -> None:
    model = make_pipeline(StandardScaler(), keras.wrappers.SKLearnRegressor(build, **QUIETLY))
    with pytest.raises(MalformedInputError, match="The model takes 4 columns, but the input has 3"):
        serve(pickled(model.fit(rows.to_numpy(), rows["a b"])), "regression").score(rows.iloc[:, :3])


def test_regressor_has_no_classes(serve: Serve, rows: pd.DataFrame, mixed: Any) -> None:
    with pytest.raises(NoScorerError, match="SKLearnRegressor is no classifier"):
        serve(pickled(mixed), "binary", ["a", "b"]).score(sales())


def test_pipelines_and_searches_are_recognised(mixed: Any) -> None:
    search = GridSearchCV(mixed, {})
    search.best_estimator_ = mixed
    recognised: Sequence[Any] = [drum_keras.drum_recognize(one) for one in (mixed, search, mixed[-1])]
    assert [vote.runtime for vote in recognised] == ["keras"] * 3
    assert drum_keras.drum_recognize(mixed[:-1]) is None
