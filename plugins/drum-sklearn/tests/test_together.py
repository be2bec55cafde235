"""Frames of different types share calls, and get the very predictions that each has alone."""

from __future__ import annotations

import json
import operator
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

import drum
from drum.scorer import Scorer
from drum.types import Payload
from drum.workers.answering import answer_all
from drum.workers.frames import Answer, Request
from drum_sklearn.together import can_bring_together

NUMBERS, CODES, WORD = ["n", "m"], ["code", "other"], "word"
COLUMNS = [*NUMBERS, *CODES, WORD]


def training() -> tuple[pd.DataFrame, Any]:
    rng = np.random.default_rng(0)
    features = pd.DataFrame(rng.normal(size=(80, 2)), columns=NUMBERS)
    for name in CODES:
        features[name] = pd.Series(rng.choice(["1", "2.5", "V1"], 80), dtype="str")
    features[WORD] = pd.Series(rng.choice(["red wine", "white wine"], 80), dtype="str")
    return features, features["n"] + features["code"].eq("V1") * 2.0


def lengths_by_kind(values: Any) -> Any:
    """Return how long the texts are, and ten times that where pandas takes a column for numbers: by all of its rows."""
    frame = pd.DataFrame(values).infer_objects()
    factors = [1 if dtype.kind == "O" else 10 for dtype in frame.dtypes]
    return frame.map(lambda value: len(str(value))).to_numpy() * factors


OBJECTS = FunctionTransformer(operator.methodcaller("to_numpy", dtype=object))


def as_text() -> Any:
    return make_pipeline(
        FunctionTransformer(operator.methodcaller("to_numpy", dtype=object, na_value="missing")),
        FunctionTransformer(operator.methodcaller("astype", str)),
        OneHotEncoder(handle_unknown="ignore"),
    )


def numbers() -> tuple[Any, list[str]]:
    return make_pipeline(SimpleImputer(), StandardScaler()), NUMBERS


CONSTANT = SimpleImputer(strategy="constant", fill_value="missing")
ORDINAL = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
WHOLE_NUMBERS = SimpleImputer(strategy="most_frequent")


def of_columns(*branches: Any, **options: Any) -> Any:
    return make_pipeline(make_column_transformer(*branches, **options), Ridge())


MODELS: dict[str, Any] = {
    "texts": of_columns(numbers(), (as_text(), CODES)),
    "imputer": of_columns(numbers(), (make_pipeline(CONSTANT, ORDINAL), CODES), remainder="drop"),
    "encoder": of_columns(numbers(), (OneHotEncoder(handle_unknown="ignore"), CODES)),
    "types": of_columns(numbers(), (make_pipeline(OBJECTS, FunctionTransformer(lengths_by_kind)), CODES)),
    "union": of_columns(numbers(), (make_pipeline(OBJECTS, make_union(FunctionTransformer(lengths_by_kind))), CODES)),
    "words": of_columns((CountVectorizer(), WORD), (as_text(), CODES)),
    "whole": of_columns((WHOLE_NUMBERS, NUMBERS), (as_text(), CODES)),
    "passed": of_columns(("passthrough", ["n"]), (as_text(), CODES)),
    "series": of_columns((CountVectorizer(), WORD), (StandardScaler(), NUMBERS)),
    "place": of_columns((CountVectorizer(), 4), (as_text(), CODES)),
    "places": of_columns((SimpleImputer(), [0, 1]), (as_text(), slice(2, 4))),
    "frames": make_pipeline(
        make_column_transformer(
            numbers(), (OneHotEncoder(handle_unknown="ignore", sparse_output=False), CODES)
        ).set_output(transform="pandas"),
        Ridge(),
    ),
    "nested": of_columns((make_column_transformer(numbers(), (as_text(), CODES)), [*NUMBERS, *CODES])),
    "search": GridSearchCV(of_columns(numbers(), (as_text(), CODES)), {"ridge__alpha": [1.0]}, cv=2),
}


@pytest.fixture(scope="module")
def scorers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scorer]:
    features, target = training()
    opened = {}
    for name, model in MODELS.items():
        folder = tmp_path_factory.mktemp(name)
        joblib.dump(model.fit(features, target), folder / "model.joblib")
        opened[name] = drum.open(folder, target_type="regression")
    return opened


NUMBER = st.one_of(st.integers(-100, 100).map(str), st.floats(-100, 100, allow_subnormal=False).map(repr), st.just(""))
CODE = st.sampled_from(["1", "2.5", "V1", "V2", "1.0", "-7", ""])
ROW = st.tuples(NUMBER, NUMBER, CODE, CODE, st.sampled_from(["red wine", "white", "rosé"]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@pytest.mark.parametrize("name", MODELS)
@given(rows=st.lists(ROW, min_size=2, max_size=8))
def test_predictions_are_those_of_each_alone(
    scorers: dict[str, Scorer], name: str, rows: list[tuple[str, ...]]
) -> None:
    scorer = scorers[name]
    requests = [request(number, row) for number, row in enumerate(rows)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        together = answer_all(scorer, requests)
        alone = [answer_all(scorer, [one])[0] for one in requests]
    assert [answer.error for answer in together] == [answer.error for answer in alone]
    for one, other in zip(together, alone, strict=True):
        if one.error:
            assert one.body == other.body
        else:
            assert prediction(one) == pytest.approx(prediction(other), rel=1e-12, abs=1e-12)


def request(number: int, row: tuple[str, ...]) -> Request:
    body = f"{','.join(COLUMNS)}\n{','.join(row)}\n".encode()
    return Request(id=number, payload=Payload(body=body, media_type="text/csv"))


def prediction(answer: Answer) -> float:
    value: float = json.loads(answer.body)["predictions"][0]
    return value


DIFFERENT = [("1", "2.5", "V1", "1", "red wine"), ("1.5", "", "2.5", "V1", "white"), ("1", "2", "1", "", "red wine")]


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch, kind: type, name: str) -> Iterator[list[int]]:
    """Yield how many rows each call of a method had."""
    calls: list[int] = []
    original = getattr(kind, name)

    def counting(self: Any, values: Any) -> Any:
        calls.append(len(values) if hasattr(values, "columns") else values.shape[0])
        return original(self, values)

    with monkeypatch.context() as patch:
        patch.setattr(kind, name, counting)
        yield calls


@pytest.mark.parametrize(
    ("name", "kind", "method"),
    [
        ("texts", OneHotEncoder, "transform"), ("imputer", OrdinalEncoder, "transform"), ("words", Ridge, "predict"),
        ("whole", Ridge, "predict"), ("nested", Ridge, "predict"), ("search", Ridge, "predict"),
    ],
)  # fmt: skip
def test_what_is_alike_shares_a_call(
    scorers: dict[str, Scorer], monkeypatch: pytest.MonkeyPatch, name: str, kind: type, method: str
) -> None:
    monkeypatch.setattr("drum_sklearn.few_rows.calling.MOST_ROWS", 0)  # each step as scikit-learn has it
    with counted(monkeypatch, kind, method) as calls:
        answers = answer_all(scorers[name], [request(number, row) for number, row in enumerate(DIFFERENT)])
    assert [answer.error for answer in answers] == ["", "", ""]
    assert calls == [3]
    assert [answer.shared for answer in answers] == [3, 3, 3]


def test_a_users_function_sees_only_rows_of_its_own_types(
    scorers: dict[str, Scorer], monkeypatch: pytest.MonkeyPatch
) -> None:
    with counted(monkeypatch, FunctionTransformer, "transform") as calls:
        answer_all(scorers["types"], [request(number, row) for number, row in enumerate([*DIFFERENT, DIFFERENT[0]])])
    assert sorted(calls) == [1, 1, 1, 1, 2, 2]  # two steps, for the first and last row, and for two others


def test_one_that_fails_fails_alone(tmp_path: Path) -> None:
    features, target = training()
    strict = make_pipeline(
        make_column_transformer(numbers(), (make_pipeline(CONSTANT, OneHotEncoder()), CODES)), Ridge()
    )
    joblib.dump(strict.fit(features, target), tmp_path / "model.joblib")
    rows = [("1", "2", "V1", "V1", "x"), ("1.5", "2", "V9", "V1", "x"), ("1", "2.5", "V1", "V1", "x")]
    answers = answer_all(drum.open(tmp_path, target_type="regression"), [request(*row) for row in enumerate(rows)])
    assert [answer.error for answer in answers] == ["", "MalformedInputError", ""]


def without_gaps(frame: pd.DataFrame) -> Any:
    return frame.dropna().to_numpy()


def test_a_step_that_drops_rows_is_found_out(tmp_path: Path) -> None:
    features, target = training()
    joblib.dump(
        make_pipeline(FunctionTransformer(without_gaps), Ridge()).fit(features[NUMBERS], target), tmp_path / "m.pkl"
    )
    bodies = [b"n,m\n1.5,2\n", b"n,m\n3,4\n", b"n,m\n1,2\n,4\n"]
    payloads = [Payload(body=body, media_type="text/csv") for body in bodies]
    requests = [Request(id=number, payload=payload) for number, payload in enumerate(payloads)]
    answers = answer_all(drum.open(tmp_path, target_type="regression"), requests)
    assert [answer.error for answer in answers] == ["", "", "ModelContractError"]


def test_classes_and_several_rows(tmp_path: Path) -> None:
    features, target = training()
    model = make_pipeline(make_column_transformer(numbers(), (as_text(), CODES)), LogisticRegression())
    joblib.dump(model.fit(features, np.where(target > 0, "yes", "no")), tmp_path / "model.joblib")
    scorer = drum.open(tmp_path, target_type="binary", labels=["yes", "no"])
    bodies = ["1,2,V1,1,x\n2,2,V2,1,y\n", "1.5,2,2.5,V1,x\n", "1,2.5,1,,x\n1,2,V1,,y\n"]
    payloads = [Payload(body=f"{','.join(COLUMNS)}\n{body}".encode(), media_type="text/csv") for body in bodies]
    answers = answer_all(scorer, [Request(id=number, payload=payload) for number, payload in enumerate(payloads)])
    for answer, payload in zip(answers, payloads, strict=True):
        expected = scorer.score(payload.body).frame[["yes", "no"]].to_numpy()
        found = [[row["yes"], row["no"]] for row in json.loads(answer.body)["predictions"]]
        assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("model", [Ridge(), make_pipeline(Ridge())], ids=["no pipeline", "one step"])
def test_models_without_a_step_before_are_left_alone(model: Any) -> None:
    assert not can_bring_together(model)
