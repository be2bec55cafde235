"""Predictions are the graph's own, on at least a thousand rows for each target type and form of output."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from skl2onnx import to_onnx
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier

from drum.errors import ModelContractError
from drum.scorer import Scorer

Serve = Callable[..., Scorer]
Direct = Callable[..., list[Any]]
Graph = Callable[..., bytes]
FORMS = [True, False, "columns"]


def exported(model: Any, rows: pd.DataFrame, **options: Any) -> bytes:
    return bytes(to_onnx(model, rows.to_numpy(np.float32), **options).SerializeToString())


@pytest.fixture(scope="module")
def matrix(rows: pd.DataFrame) -> Any:
    return rows.to_numpy(np.float32)


# ------------------------------------------------------------------------------------- classes


@pytest.mark.parametrize("zipmap", FORMS)
@pytest.mark.parametrize(
    ("classes", "labels"),
    [
        ([0, 1], ["no", "yes, sir"]),
        ([0, 1], ["1", "0"]),
        ([0, 1], ["0.0", "1.0"]),
        ([False, True], ["FALSE", "True"]),
        ([1, 2], ["2", "1"]),
        (["no", "yes, sir"], ["yes, sir", "no"]),
        (["no", "yes, sir"], ["no", "yes, sir"]),
        ([0, 1], None),
    ],
)
def test_binary(
    serve: Serve, rows: pd.DataFrame, matrix: Any, target: Any, classes: Any, labels: list[str] | None, zipmap: Any
) -> None:
    model = LogisticRegression().fit(matrix, np.array(classes)[(target > 0).astype(int)])
    content = exported(model, rows, options={"zipmap": zipmap})
    answer = serve(content, "binary", labels).score(rows).frame
    positive = {"0": "1", "False": "True"}.get(str(model.classes_[0]), str(model.classes_[1]))
    column = next(name for name in answer if matches(name, positive)) if labels != ["no", "yes, sir"] else "yes, sir"
    assert answer[column].to_numpy() == pytest.approx(model.predict_proba(matrix)[:, 1], abs=1e-5)


def matches(label: str, name: str) -> bool:
    plain = {"true": "1", "false": "0"}
    one, other = (plain.get(text.lower(), text.removesuffix(".0")) for text in (label, name))
    return one == other


@pytest.mark.parametrize("zipmap", FORMS)
@pytest.mark.parametrize(
    ("classes", "labels"),
    [
        (["a, b", "c'd", "e"], ["e", "a, b", "c'd"]),
        ([0, 1, 2], ["low", "middling", "high"]),
        ([0, 1, 2], ["2", "0", "1"]),
        ([10, 2, 3], ["10", "3", "2"]),
    ],
)
def test_multiclass(
    serve: Serve, rows: pd.DataFrame, matrix: Any, target: Any, classes: Any, labels: list[str], zipmap: Any
) -> None:
    model = RandomForestClassifier(5, max_depth=4, random_state=0)
    model.fit(matrix, np.array(classes)[np.digitize(target, [-0.5, 0.5])])
    answer = serve(exported(model, rows, options={"zipmap": zipmap}), "multiclass", labels).score(rows).frame
    names = labels if labels[0] == "low" else [str(name) for name in model.classes_]
    assert list(answer.columns) == labels
    assert answer[names].to_numpy() == pytest.approx(model.predict_proba(matrix), abs=1e-5)


@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(5, max_depth=4),
        MultiOutputClassifier(LogisticRegression()),
        OneVsRestClassifier(LogisticRegression()),
    ],
    ids=["targets first", "list", "matrix"],
)
@pytest.mark.parametrize("count", [1, 2, 3, 1200])
def test_multilabel(
    serve: Serve, direct: Direct, rows: pd.DataFrame, matrix: Any, target: Any, model: Any, count: int
) -> None:
    model.fit(matrix, np.column_stack((target > 0, target > 1, rows["a b"] > 0)).astype(int))
    content = exported(model, rows, options={"zipmap": False})
    answer = serve(content, "multilabel", ["z", "a, b", "1"]).score(rows[:count]).frame
    probabilities = np.stack(direct(content, X=matrix[:count])[1])
    expected = probabilities[:, :, 1].T if probabilities.ndim == 3 else probabilities
    assert answer.to_numpy() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("shape", [["N"], ["N", 1]])
def test_probability_of_the_positive_class_alone(
    serve: Serve, graph: Graph, rows: pd.DataFrame, shape: list[Any]
) -> None:
    nodes = [("Sigmoid", ["x"], ["p"])]
    content = graph(nodes, [("x", "double", shape)], [("p", "double", shape)])
    answer = serve(content, "binary", ["no", "yes"]).score(rows[["a b"]]).frame
    assert answer["yes"].to_numpy() == pytest.approx(1 / (1 + np.exp(-rows["a b"])), abs=1e-9)
    assert answer.sum(axis=1).to_numpy() == pytest.approx(1)


def test_softmax_that_the_graph_has_not_is_not_added(serve: Serve, graph: Graph, rows: pd.DataFrame) -> None:
    raw = graph([("Identity", ["x"], ["logits"])], [("x", "double", ["N", 4])], [("logits", "double", ["N", 4])])
    with pytest.raises(ModelContractError, match="probabilities have negative values"):
        serve(raw, "multiclass", list("abcd")).score(rows)


@pytest.mark.parametrize("zipmap", FORMS)
def test_wrong_number_of_labels_is_an_error(
    serve: Serve, rows: pd.DataFrame, matrix: Any, target: Any, zipmap: Any
) -> None:
    model = LogisticRegression().fit(matrix, np.digitize(target, [-0.5, 0.5]))
    with pytest.raises(ModelContractError, match="knows 3 classes, but 4 labels are declared"):
        serve(exported(model, rows, options={"zipmap": zipmap}), "multiclass", list("abcd")).score(rows)


# ------------------------------------------------------------------------------------- values


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_values(serve: Serve, rows: pd.DataFrame, target: Any, kind: Any) -> None:
    model = LinearRegression().fit(rows, target)
    content = to_onnx(model, rows.to_numpy(kind)).SerializeToString()
    answer = serve(content, "regression").score(rows).frame["Predictions"]
    assert answer.to_numpy() == pytest.approx(model.predict(rows), abs=1e-5 if kind is np.float32 else 1e-9)


def test_anomaly_scores_are_the_fractional_output(serve: Serve, rows: pd.DataFrame, matrix: Any) -> None:
    model = IsolationForest(n_estimators=10, random_state=0).fit(matrix)
    content = exported(model, rows, target_opset={"": 15, "ai.onnx.ml": 3})
    answer = serve(content, "anomaly").score(rows).frame["Predictions"]
    assert answer.to_numpy() == pytest.approx(model.decision_function(matrix), abs=1e-5)


def test_several_values_a_row_are_an_error(serve: Serve, rows: pd.DataFrame, target: Any) -> None:
    model = LinearRegression().fit(rows, np.column_stack((target, target)))
    with pytest.raises(ModelContractError, match="gives 2 values a row"):
        serve(exported(model, rows), "regression").score(rows)


def test_classifier_is_no_regressor(serve: Serve, rows: pd.DataFrame, matrix: Any, target: Any) -> None:
    content = exported(LogisticRegression().fit(matrix, target > 0), rows)
    with pytest.raises(ModelContractError, match="it is not clear which one is meant"):
        serve(content, "regression").score(rows)


def test_outputs_of_which_any_could_be_meant_are_an_error(serve: Serve, graph: Graph, rows: pd.DataFrame) -> None:
    nodes = [("Sigmoid", ["x"], ["p"]), ("Exp", ["x"], ["q"])]
    content = graph(nodes, [("x", "double", ["N", 4])], [("p", "double", ["N", 4]), ("q", "double", ["N", 4])])
    for target_type, labels in (("regression", None), ("multilabel", list("abcd"))):
        with pytest.raises(ModelContractError, match=r"outputs \['p', 'q'\], and it is not clear which"):
            serve(content, target_type, labels).score(rows)
