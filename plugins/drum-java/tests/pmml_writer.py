"""Write fitted models of scikit-learn as PMML 4.4, by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np

TARGET = "y"


def tag(element: str, /, *content: str, **attributes: Any) -> str:
    """Return an element."""
    words = "".join(f" {key.rstrip('_')}={quoteattr(str(value))}" for key, value in attributes.items())
    return f"<{element}{words}>{''.join(content)}</{element}>"


def document(model: str, features: Sequence[str], classes: Sequence[Any] | None = None, dictionary: str = "") -> bytes:
    """Return a whole document around one model."""
    fields = dictionary or "".join(
        tag("DataField", name=name, optype="continuous", dataType="double") for name in features
    )
    values = "".join(tag("Value", value=value) for value in classes or ())
    kind = ("categorical", "string") if classes is not None else ("continuous", "double")
    target = tag("DataField", values, name=TARGET, optype=kind[0], dataType=kind[1])
    body = tag("PMML", tag("Header"), tag("DataDictionary", fields, target), model,
               xmlns="http://www.dmg.org/PMML-4_4", version="4.4")  # fmt: skip
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'.encode()


def schema(features: Iterable[str], target: bool = True) -> str:
    fields = "".join(tag("MiningField", name=name) for name in features)
    return tag("MiningSchema", fields, tag("MiningField", name=TARGET, usageType="target") if target else "")


def number(value: float) -> str:
    return repr(float(value))


# ------------------------------------------------------------------------------------- linear models


def _table(features: Sequence[str], weights: Any, intercept: float, **attributes: Any) -> str:
    terms = [tag("NumericPredictor", name=n, coefficient=number(w)) for n, w in zip(features, weights, strict=True)]
    return tag("RegressionTable", *terms, intercept=number(intercept), **attributes)


def linear_regression(model: Any, features: Sequence[str]) -> bytes:
    table = _table(features, model.coef_, model.intercept_)
    return document(tag("RegressionModel", schema(features), table, functionName="regression"), features)


def logistic_regression(model: Any, features: Sequence[str]) -> bytes:
    classes = [str(name) for name in model.classes_]
    if len(classes) == 2:
        tables = [
            _table(features, model.coef_[0], model.intercept_[0], targetCategory=classes[1]),
            tag("RegressionTable", intercept="0", targetCategory=classes[0]),
        ]
        how = "logit"
    else:
        rows = zip(model.coef_, model.intercept_, classes, strict=True)
        tables = [_table(features, weights, base, targetCategory=name) for weights, base, name in rows]
        how = "softmax"
    body = tag("RegressionModel", schema(features), *tables, functionName="classification", normalizationMethod=how)
    return document(body, features, classes)


# ------------------------------------------------------------------------------------- trees


def _nodes(
    tree: Any, features: Sequence[str], classes: Sequence[str] | None, scale: float = 1, at: int = 0, test: str = ""
) -> str:
    """Return a node and all below it; what goes left is less than or equal to the threshold."""
    children = []
    if tree.children_left[at] >= 0:
        name, threshold = features[tree.feature[at]], number(tree.threshold[at])
        for child, operator in ((tree.children_left[at], "lessOrEqual"), (tree.children_right[at], "greaterThan")):
            condition = tag("SimplePredicate", field=name, operator=operator, value=threshold)
            children.append(_nodes(tree, features, classes, scale, child, condition))
    test = test or tag("True")
    value = tree.value[at].ravel()
    if classes is None:
        return tag("Node", test, *children, id=at, score=number(value[0] * scale))
    share = value / value.sum()
    parts = [tag("ScoreDistribution", value=name, recordCount=number(part), probability=number(part))
             for name, part in zip(classes, share, strict=True)]  # fmt: skip
    return tag("Node", test, *parts, *children, id=at, score=classes[int(np.argmax(value))])


def tree_model(
    model: Any, features: Sequence[str], classes: Sequence[str] | None, *, target: bool = True, scale: float = 1
) -> str:
    kind = "regression" if classes is None else "classification"
    nodes = _nodes(model.tree_, features, classes, scale)
    return tag("TreeModel", schema(features, target), nodes, functionName=kind, splitCharacteristic="binarySplit")


def decision_tree(model: Any, features: Sequence[str]) -> bytes:
    classes = [str(name) for name in model.classes_] if hasattr(model, "classes_") else None
    return document(tree_model(model, features, classes), features, classes)


def _ensemble(models: Iterable[str], features: Sequence[str], method: str, kind: str, targets: str = "") -> str:
    segments = [tag("Segment", tag("True"), model, id=place) for place, model in enumerate(models)]
    inner = tag("Segmentation", *segments, multipleModelMethod=method)
    return tag("MiningModel", schema(features), targets, inner, functionName=kind)


def random_forest(model: Any, features: Sequence[str]) -> bytes:
    classes = [str(name) for name in model.classes_] if hasattr(model, "classes_") else None
    trees = [tree_model(tree, features, classes, target=False) for tree in model.estimators_]
    return document(
        _ensemble(trees, features, "average", "classification" if classes else "regression"), features, classes
    )


def gradient_boosting(model: Any, features: Sequence[str]) -> bytes:
    """Write a regressor with squared error: the mean, and the sum of its trees."""
    trees = [
        tree_model(tree, features, None, target=False, scale=model.learning_rate) for tree in model.estimators_[:, 0]
    ]
    targets = tag("Targets", tag("Target", field=TARGET, rescaleConstant=number(model.init_.constant_[0, 0])))
    return document(_ensemble(trees, features, "sum", "regression", targets), features)


# ------------------------------------------------------------------------------------- neural networks


def neural_network(model: Any, features: Sequence[str]) -> bytes:
    """Write a classifier of several classes with one hidden layer of tanh."""
    classes = [str(name) for name in model.classes_]
    inputs = [
        tag(
            "NeuralInput",
            tag("DerivedField", tag("FieldRef", field=name), optype="continuous", dataType="double"),
            id=f"0,{at}",
        )
        for at, name in enumerate(features)
    ]
    layers = []
    for depth, (weights, bias) in enumerate(zip(model.coefs_, model.intercepts_, strict=True), start=1):
        neurons = []
        for to in range(weights.shape[1]):
            links = [
                tag("Con", from_=f"{depth - 1},{at}", weight=number(weights[at, to])) for at in range(len(weights))
            ]
            neurons.append(tag("Neuron", *links, id=f"{depth},{to}", bias=number(bias[to])))
        last = depth == len(model.coefs_)
        how = (
            {"activationFunction": "identity", "normalizationMethod": "softmax"}
            if last
            else {"activationFunction": "tanh"}
        )
        layers.append(tag("NeuralLayer", *neurons, numberOfNeurons=len(neurons), **how))
    outputs = []
    for at, name in enumerate(classes):
        field = tag(
            "DerivedField", tag("NormDiscrete", field=TARGET, value=name), optype="continuous", dataType="double"
        )
        outputs.append(tag("NeuralOutput", field, outputNeuron=f"{len(model.coefs_)},{at}"))
    body = tag(
        "NeuralNetwork", schema(features), tag("NeuralInputs", *inputs, numberOfInputs=len(inputs)), *layers,
        tag("NeuralOutputs", *outputs, numberOfOutputs=len(outputs)),
        functionName="classification", activationFunction="tanh",
    )  # fmt: skip
    return document(body, features, classes)


# ------------------------------------------------------------------------------------- a scorecard with text in it


def scorecard() -> tuple[bytes, Any]:
    """Return a scorecard over a number and a text, and a function that scores a row as it should be scored."""

    def attribute(score: float, *tests: str) -> str:
        return tag("Attribute", *tests, partialScore=number(score), reasonCode="R")

    age = tag(
        "Characteristic",
        attribute(7.5, tag("SimplePredicate", field="age", operator="isMissing")),
        attribute(1.25, tag("SimplePredicate", field="age", operator="lessThan", value="30")),
        attribute(10, tag("SimplePredicate", field="age", operator="greaterOrEqual", value="30")),
        name="ageScore", baselineScore="5", reasonCode="AGE",
    )  # fmt: skip
    city = tag(
        "Characteristic",
        attribute(-2, tag("SimplePredicate", field="city", operator="equal", value="Rome")),
        attribute(3, tag("SimplePredicate", field="city", operator="notEqual", value="Rome")),
        attribute(0.5, tag("True")),
        name="cityScore", baselineScore="0", reasonCode="CITY",
    )  # fmt: skip
    fields = tag("DataField", name="age", optype="continuous", dataType="integer") + tag(
        "DataField", name="city", optype="categorical", dataType="string"
    )
    body = tag(
        "Scorecard", schema(["age", "city"]), tag("Characteristics", age, city),
        functionName="regression", initialScore="100", useReasonCodes="false",
    )  # fmt: skip

    def expected(years: float | None, town: str | None) -> float:
        first = 7.5 if years is None else 1.25 if years < 30 else 10
        return 100 + first + (0.5 if town is None else -2 if town == "Rome" else 3)

    return document(body, ["age", "city"], dictionary=fields), expected
