"""The short way for few rows gives what scikit-learn gives, to the bit, or leaves it to scikit-learn."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn import config_context
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)

from drum.scorer import Scorer
from drum_sklearn.few_rows import calling, categories
from drum_sklearn.few_rows.data import Columns
from drum_sklearn.few_rows.steps import Steps
from drum_sklearn.few_rows.trust import TRIALS, Trust

REALS, WHOLES, TEXTS = ["x", "y"], ["n", "m"], ["city", "plan"]
NUMBERS = [*REALS, *WHOLES]
CITIES, PLANS = ["Rome", "Paris", "Oslo", "Bonn"], ["basic", "pro"]
IGNORE: dict[str, Any] = {"handle_unknown": "ignore"}
CONSTANT: dict[str, Any] = {"strategy": "constant", "fill_value": "missing"}


def training(rows: int = 60) -> tuple[pd.DataFrame, Any]:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(rows, 2)) * [1, 1e6], columns=REALS)
    frame[WHOLES] = rng.integers(0, 5, (rows, 2))
    frame["city"] = pd.Series(rng.choice(CITIES, rows, p=[0.5, 0.3, 0.1, 0.1]), dtype="str")
    frame["plan"] = pd.Series(rng.choice(PLANS, rows), dtype="str")
    return frame, frame["x"] + frame["city"].eq("Rome")


def with_gaps(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows of which some lack something, in every column that can."""
    gaps = frame.copy()
    for place, name in enumerate([*REALS, *TEXTS]):
        gaps.loc[gaps.index % 7 == place, name] = None
    return gaps


def of_columns(*branches: Any, **options: Any) -> Any:
    return make_pipeline(make_column_transformer(*branches, **options), Ridge())


def of_texts(*steps: Any) -> Any:
    return of_columns((StandardScaler(), WHOLES), (make_pipeline(*steps), TEXTS))


MODELS: dict[str, Any] = {
    "mean": of_columns((SimpleImputer(), NUMBERS)),
    "median": of_columns((SimpleImputer(strategy="median", add_indicator=True), NUMBERS)),
    "most frequent": of_columns((SimpleImputer(strategy="most_frequent"), WHOLES), (SimpleImputer(), REALS)),
    "most frequent, marked": of_columns((SimpleImputer(strategy="most_frequent", add_indicator=True), REALS)),
    "constant": of_columns((SimpleImputer(strategy="constant", fill_value=-1.5), REALS), ("passthrough", WHOLES)),
    "standard": of_columns((make_pipeline(SimpleImputer(), StandardScaler()), NUMBERS)),
    "standard, no mean": of_columns((StandardScaler(with_mean=False), NUMBERS)),
    "standard, no deviation": of_columns((StandardScaler(with_std=False), NUMBERS)),
    "robust": of_columns((RobustScaler(), NUMBERS)),
    "smallest and largest": of_columns((MinMaxScaler((-1, 1)), NUMBERS)),
    "clipped": of_columns((MinMaxScaler(clip=True), NUMBERS), (SimpleImputer(), REALS)),
    "largest": of_columns((MaxAbsScaler(), NUMBERS)),
    "one-hot": of_columns((SimpleImputer(), NUMBERS), (OneHotEncoder(**IGNORE), TEXTS)),
    "one-hot, sparse": of_columns((SimpleImputer(), REALS), (OneHotEncoder(**IGNORE), TEXTS), sparse_threshold=1.0),
    "one-hot, dense": of_texts(OneHotEncoder(sparse_output=False, dtype=np.float32, **IGNORE)),
    "one-hot, strict": of_texts(OneHotEncoder()),
    "one-hot, first dropped": of_texts(OneHotEncoder(drop="first", **IGNORE)),
    "one-hot, binary dropped": of_texts(OneHotEncoder(drop="if_binary")),
    "one-hot, rare ones together": of_texts(OneHotEncoder(min_frequency=10, handle_unknown="infrequent_if_exist")),
    "one-hot of numbers": of_columns((OneHotEncoder(**IGNORE), WHOLES), (SimpleImputer(), REALS)),
    "one-hot after imputer": of_texts(SimpleImputer(**CONSTANT), OneHotEncoder(**IGNORE)),
    "most frequent text": of_texts(SimpleImputer(strategy="most_frequent"), OneHotEncoder()),
    "ordinal": of_texts(OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)),
    "ordinal, strict": of_texts(OrdinalEncoder()),
    "ordinal, missing": of_texts(
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=-2)
    ),
    "function": of_texts(FunctionTransformer(lambda frame: frame.to_numpy(dtype=object)), OneHotEncoder(**IGNORE)),
    "letters": of_columns((SimpleImputer(), NUMBERS), (CountVectorizer(analyzer="char"), "city")),
    "remainder": of_columns((OneHotEncoder(**IGNORE), TEXTS), remainder=SimpleImputer()),
    "dropped": of_columns((SimpleImputer(), NUMBERS), ("drop", TEXTS)),
    "nested": of_columns((make_column_transformer((StandardScaler(), REALS), remainder="drop"), NUMBERS)),
    "another step": make_pipeline(make_column_transformer((StandardScaler(), NUMBERS)), PCA(2), Ridge()),
}
FULL, TARGET = training()
WITH_GAPS = with_gaps(FULL)


def fitted(model: Any) -> Any:
    """Fit a model to rows with gaps, if it takes them."""
    try:
        return model.fit(WITH_GAPS, TARGET)
    except (ValueError, TypeError):
        return model.fit(FULL, TARGET)


FITTED = {name: fitted(model) for name, model in MODELS.items()}


def preparation(model: Any) -> Callable[[Any], Any]:
    """Return the short way to the model's last estimator."""
    short = calling.short_way(model, 1)
    assert short is not None
    return short.prepare


def same(found: Any, right: Any) -> bool:
    """Tell whether two matrices are equal in kind, type, memory layout and every bit."""
    if sparse.issparse(right):
        arrays = [(found.data, right.data), (found.indices, right.indices), (found.indptr, right.indptr)]
        return type(found) is type(right) and all(np.array_equal(*pair) for pair in arrays)
    is_laid_out_alike = found.flags.c_contiguous == right.flags.c_contiguous
    is_equal = pd.DataFrame(found).equals(pd.DataFrame(right))  # objects too
    return is_laid_out_alike and found.dtype == right.dtype and is_equal


@pytest.mark.parametrize("name", MODELS)
def test_ordinary_rows_are_covered(name: str) -> None:
    model = FITTED[name]
    prepare = preparation(model)
    for rows in (FULL[:1], FULL[3:12]):
        assert same(prepare(Columns.of(rows)), model[:-1].transform(rows))


NUMBER = st.one_of(
    st.none(), st.integers(-3, 6), st.floats(width=32), st.sampled_from([0.0, -0.0, 1e308, 2.0**53, float("inf")])
)
TEXT = st.one_of(st.none(), st.sampled_from([*CITIES, *PLANS, "", "nan", "Ålesund", "None"]))


def frame_of(rows: list[tuple[Any, ...]], as_objects: bool) -> pd.DataFrame:
    """Return rows with the types that pandas finds in them."""
    frame = pd.DataFrame(rows, columns=[*NUMBERS, *TEXTS])
    frame[NUMBERS] = frame[NUMBERS].infer_objects()
    return frame.astype(dict.fromkeys(TEXTS, object)) if as_objects else frame


def outcome(transform: Callable[[Any], Any], features: Any) -> Any:
    """Return what a call gives, or the exception it raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return transform(features)
        except Exception as error:  # noqa: BLE001  # whatever scikit-learn raises
            return error


@settings(deadline=None, max_examples=60)
@given(
    rows=st.lists(st.tuples(NUMBER, NUMBER, NUMBER, NUMBER, TEXT, TEXT), min_size=1, max_size=5),
    as_objects=st.booleans(),
)
@pytest.mark.parametrize("name", MODELS)
def test_any_rows_get_the_same_or_are_left_to_scikit_learn(
    name: str, rows: list[tuple[Any, ...]], as_objects: bool
) -> None:
    model, frame = FITTED[name], frame_of(rows, as_objects)
    prepare = preparation(model)
    found = outcome(prepare, Columns.of(frame.copy()))
    if isinstance(found, Exception):
        return
    right = outcome(model[:-1].transform, frame)
    assert not isinstance(right, Exception), right
    assert same(found, right)


def trusted(model: Any, features: pd.DataFrame) -> Any:
    """Return a model whose short way has proven itself."""
    for _ in range(TRIALS):
        calling.call("predict", model, features, model.predict)
    return model


def of_scikit_learn(features: Any) -> Any:
    raise AssertionError("asked, though the short way is trusted")


@pytest.mark.parametrize(
    "model", [FITTED["one-hot"], GridSearchCV(MODELS["one-hot"], {"ridge__alpha": [0.1, 1.0]}, cv=2).fit(FULL, TARGET)]
)
def test_the_short_way_is_taken_when_it_has_proven_itself(model: Any) -> None:
    trusted(model, FULL[:2])
    found = calling.call("predict", model, FULL[5:9], of_scikit_learn)
    assert np.array_equal(found, model.predict(FULL[5:9]))


def test_probabilities_take_it_too() -> None:
    model = make_pipeline(make_column_transformer((OneHotEncoder(**IGNORE), TEXTS)), LogisticRegression())
    model.fit(FULL, TARGET > 0)
    for _ in range(TRIALS):
        calling.call("predict_proba", model, FULL[:4], model.predict_proba)
    found = calling.call("predict_proba", model, FULL[5:9], of_scikit_learn)
    assert np.array_equal(found, model.predict_proba(FULL[5:9]))


def test_so_do_several_targets() -> None:
    model = make_pipeline(make_column_transformer((StandardScaler(), NUMBERS)), RandomForestClassifier(3))
    model.fit(FULL, np.column_stack([TARGET > 0, FULL["y"] > 0]))
    for _ in range(TRIALS):
        calling.call("predict_proba", model, FULL[:4], model.predict_proba)
    found = calling.call("predict_proba", model, FULL[5:9], of_scikit_learn)
    assert np.array_equal(found, model.predict_proba(FULL[5:9]))


def test_a_last_estimator_that_was_fitted_to_frames_gets_them(recwarn: pytest.WarningsRecorder) -> None:
    with config_context(transform_output="pandas"):
        model = make_pipeline(make_column_transformer((StandardScaler(), NUMBERS)), Ridge()).fit(FULL, TARGET)
        for _ in range(TRIALS + 2):
            assert np.array_equal(calling.call("predict", model, FULL[:3], model.predict), model.predict(FULL[:3]))
    assert not recwarn.list


@pytest.mark.parametrize("answer", [np.array(["text"]), FULL, "text", [np.zeros(2), "text"]], ids=type)
def test_what_cannot_be_compared_is_tried_once(answer: Any) -> None:
    trust, tried = Trust(), []
    for _ in range(3):
        assert trust.answer(lambda: answer, lambda: tried.append(1) or answer) is answer
    assert tried == [1]


def test_many_rows_are_scikit_learns() -> None:
    model = trusted(FITTED["one-hot"], FULL[:2])
    many = pd.concat([FULL] * (calling.MOST_ROWS // len(FULL) + 1), ignore_index=True)
    with pytest.raises(AssertionError, match="asked"):
        calling.call("predict", model, many, of_scikit_learn)


def test_what_the_short_way_does_not_take_is_scikit_learns_to_refuse(serve: Callable[..., Scorer]) -> None:
    model = make_pipeline(make_column_transformer((OneHotEncoder(), TEXTS)), Ridge()).fit(FULL, TARGET)
    scorer = serve(model, "regression")
    for rows in (FULL[:1], FULL[1:3], FULL[3:4], FULL[:4]):
        scorer.score(rows)
    with pytest.raises(Exception, match=r"categories that the model was not trained on in column 'city'"):
        scorer.score(FULL[:2].assign(city="Atlantis"))


def test_a_transformer_that_computes_something_else_is_found_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As if a later scikit-learn had changed what a scaler does."""

    def transform(self: Any, features: Any) -> Any:
        return np.asarray(features) * 3.0

    model = make_pipeline(make_column_transformer((StandardScaler(), NUMBERS)), Ridge()).fit(FULL, TARGET)
    monkeypatch.setattr(StandardScaler, "transform", transform)
    with caplog.at_level(logging.INFO, "drum.sklearn"):
        for _ in range(TRIALS + 2):
            assert np.array_equal(calling.call("predict", model, FULL[:3], model.predict), model.predict(FULL[:3]))
    assert len(caplog.records) == 1


class Halved(StandardScaler):  # type: ignore[misc]
    """Somebody's own scaler."""

    def transform(self, features: Any, copy: bool | None = None) -> Any:
        return super().transform(features, copy) / 2


@pytest.mark.parametrize(
    "transformer",
    [
        Halved(), StandardScaler().set_output(transform="pandas"), PCA(2), FunctionTransformer(),
        SimpleImputer(missing_values=-1), make_column_transformer((StandardScaler(), slice(0, 2))),
        ColumnTransformer([("scaled", StandardScaler(), REALS)], transformer_weights={"scaled": 2.0}),
        make_pipeline("passthrough", PCA(2)),
    ],
    ids=lambda transformer: type(transformer).__name__,
)  # fmt: skip
def test_others_have_no_step_of_their_own(transformer: Any) -> None:
    assert Steps().of(transformer.fit(FULL[NUMBERS])) is None


def test_a_parameter_that_is_not_known_makes_a_transformer_another(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = OneHotEncoder().fit(FULL[TEXTS])
    assert Steps().of(encoder) is not None
    monkeypatch.setattr(OneHotEncoder, "get_params", lambda self, deep=True: {**vars(self), "ignore_case": True})
    assert Steps().of(encoder) is None


def test_encoders_of_very_many_categories_are_not_asked_for_all() -> None:
    cities = pd.DataFrame({"city": [f"c{number}" for number in range(categories.MOST_VALUES + 1)]})
    assert Steps().of(OneHotEncoder().fit(cities)) is None


def test_names_may_be_numbers_of_columns() -> None:
    model = make_pipeline(make_column_transformer((StandardScaler(), [1, 0])), Ridge()).fit(FULL, TARGET)
    prepare = preparation(model)
    assert same(prepare(Columns.of(FULL)), model[:-1].transform(FULL))


def test_nothing_is_kept_of_a_model_that_is_gone() -> None:
    import gc
    import weakref

    model: Pipeline = fitted(of_columns((SimpleImputer(), NUMBERS), (OneHotEncoder(**IGNORE), TEXTS)))
    trusted(model, FULL[:2])
    traces = [weakref.ref(part) for part in (model, model[0], model[0].transformers_[0][1])]
    del model
    gc.collect()
    assert [trace() for trace in traces] == [None, None, None]
