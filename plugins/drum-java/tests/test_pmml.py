"""PMML predicts what the models predict of which it was written, rows on split values included."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pmml_writer as writer
import pytest
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import drum
from drum.errors import LoadError, MalformedInputError, NoScorerError
from drum.scorer import Scorer
from drum.testing import CodeDir
from drum.types import Match
from drum_java import pmml as plugin

Serve = Callable[..., Scorer]

FEATURES = ["age (years)", "in/out", 'it\'s "quoted"', "a b"]
LABELS = ["[low]", 'it\'s "middling"', "high, sir"]
ROWS = 5_000


@pytest.fixture(scope="module")
def training() -> pd.DataFrame:
    """Return rows of fractions that float32 holds exactly: scikit-learn's trees round to that, PMML does not."""
    values = np.random.default_rng(7).normal(size=(600, 4)).round(2).astype(np.float32).astype(float)
    return pd.DataFrame(values, columns=FEATURES)


@pytest.fixture(scope="module")
def value(training: pd.DataFrame) -> Any:
    return (training["age (years)"] + training["in/out"] * training["a b"]).to_numpy()


def rows_around(model: Any) -> pd.DataFrame:
    """Return 5,000 rows; in each, one value lies on a split of the model's, where it has splits."""
    random = np.random.default_rng(11)
    values = random.normal(size=(ROWS, 4)).astype(np.float32).astype(float)
    splits = [
        pair for tree in trees_of(model) for pair in zip(tree.feature, tree.threshold, strict=True) if pair[0] >= 0
    ]
    for row, (feature, threshold) in enumerate(splits[:ROWS]):
        values[row, feature] = threshold if np.float32(threshold) == threshold else np.float32(threshold)
    return pd.DataFrame(values, columns=FEATURES)


def trees_of(model: Any) -> list[Any]:
    found = np.ravel(getattr(model, "estimators_", [model] if hasattr(model, "tree_") else []))
    return [estimator.tree_ for estimator in found]


@pytest.mark.parametrize(
    ("model", "write"),
    [
        (LinearRegression(), writer.linear_regression),
        (DecisionTreeRegressor(random_state=0), writer.decision_tree),
        (RandomForestRegressor(20, max_depth=6, random_state=0), writer.random_forest),
        (GradientBoostingRegressor(n_estimators=20, random_state=0), writer.gradient_boosting),
    ],
    ids=["linear", "tree", "forest", "boosting"],
)
def test_regression(serve: Serve, training: pd.DataFrame, value: Any, model: Any, write: Any) -> None:
    model.fit(training, value)
    rows = rows_around(model)
    answer = serve({"m.pmml": write(model, FEATURES)}, "regression").score(rows).frame["Predictions"]
    assert answer.to_numpy() == pytest.approx(model.predict(rows), abs=1e-9)


@pytest.mark.parametrize("labels", [LABELS, ["no", "yes, sir"]], ids=["three", "two"])
@pytest.mark.parametrize(
    ("model", "write"),
    [
        (LogisticRegression(), writer.logistic_regression),
        (DecisionTreeClassifier(random_state=0, max_depth=8), writer.decision_tree),
        (RandomForestClassifier(20, max_depth=6, random_state=0), writer.random_forest),
    ],
    ids=["logistic", "tree", "forest"],
)
def test_classes(serve: Serve, training: pd.DataFrame, value: Any, model: Any, write: Any, labels: list[str]) -> None:
    kinds = np.array(labels)[np.digitize(value, [-0.5, 0.7][: len(labels) - 1])]
    model.fit(training, kinds)
    rows = rows_around(model)
    scorer = serve({"m.pmml": write(model, FEATURES)}, "binary" if len(labels) == 2 else "multiclass", labels)
    answer = scorer.score(rows).frame
    assert list(answer) == labels
    assert answer[model.classes_].to_numpy() == pytest.approx(model.predict_proba(rows), abs=1e-9)


def test_neural_network(serve: Serve, training: pd.DataFrame, value: Any) -> None:
    model = MLPClassifier((6,), activation="tanh", max_iter=50, random_state=0)
    with pytest.warns(UserWarning, match="Maximum iterations"):
        model.fit(training, np.array(LABELS)[np.digitize(value, [-0.5, 0.7])])
    rows = rows_around(model)
    answer = serve({"m.pmml": writer.neural_network(model, FEATURES)}, "multiclass", LABELS).score(rows).frame
    assert answer[model.classes_].to_numpy() == pytest.approx(model.predict_proba(rows), abs=1e-9)


def test_scorecard_with_text_and_gaps(serve: Serve) -> None:
    document, expected = writer.scorecard()
    random = np.random.default_rng(5)
    ages = [None if age < 18 else age for age in random.integers(0, 100, ROWS).tolist()]
    cities = random.choice(np.array(["Rome", "Łódź", "x, y", None], dtype=object), ROWS).tolist()
    answer = serve({"m.pmml": document}, "regression").score(pd.DataFrame({"city": cities, "age": ages})).frame
    assert answer["Predictions"].tolist() == [expected(*row) for row in zip(ages, cities, strict=True)]


def test_many_rows_are_shared_by_threads(serve: Serve, training: pd.DataFrame, value: Any) -> None:
    model = RandomForestRegressor(5, random_state=0).fit(training, value)
    rows = pd.concat([rows_around(model)] * 4, ignore_index=True)
    answer = serve({"m.pmml": writer.random_forest(model, FEATURES)}, "regression", jobs=2).score(rows).frame
    assert answer["Predictions"].to_numpy() == pytest.approx(model.predict(rows), abs=1e-9)


# ------------------------------------------------------------------------------------- what the caller sends


@pytest.fixture
def linear(training: pd.DataFrame, value: Any) -> bytes:
    return writer.linear_regression(LinearRegression().fit(training, value), FEATURES)


def test_text_in_a_column_of_numbers_is_the_callers_fault(serve: Serve, linear: bytes, training: pd.DataFrame) -> None:
    with pytest.raises(MalformedInputError, match="takes numbers, but there is text in column 'in/out'"):
        serve({"m.pmml": linear}, "regression").score(training.assign(**{"in/out": "much"}))


def test_missing_column_is_named(serve: Serve, linear: bytes, training: pd.DataFrame) -> None:
    with pytest.raises(MalformedInputError, match="lacks column 'a b' of the 4"):
        serve({"m.pmml": linear}, "regression").score(training.drop(columns="a b"))


# ------------------------------------------------------------------------------------- damaged and hostile documents


def vote(folder: CodeDir) -> Any:
    return plugin.drum_detect(folder.path)


def test_document_is_proven_by_its_outermost_element(tmp_path: Path, linear: bytes) -> None:
    assert vote(CodeDir(tmp_path, {"M.PMML": linear})).match is Match.PROVEN
    assert vote(CodeDir(tmp_path, {"M.PMML": b"<html></html>"})).match is Match.NAMED


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b\n1,2\n", "is no XML, or is damaged: syntax error: line 1"),
        (b"<html></html>", "is no PMML: its outermost element is 'html'"),
        (b"\x80\x04}\x94.", "is no XML, or is damaged"),
        (b"<PMML version='4.4'", "is no XML, or is damaged: unclosed token"),
        (b"<?xml version='1.0' encoding='klingon'?><PMML/>", "is no XML, or is damaged: unknown encoding"),
        (b"<?xml version='1.0' encoding='ascii'?><PMML a='\xc5\x81'/>", "is no XML, or is damaged: not well-formed"),
        (b"<PMML version='4.4'><TreeModel></PMML>", "is no XML, or is damaged: mismatched tag: line 1"),
    ],
)
def test_damaged_document_says_so(serve: Serve, content: bytes, message: str) -> None:
    with pytest.raises(LoadError, match=message):
        serve({"m.pmml": content}, "regression").load()


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.95])
def test_truncated_document_is_an_error(serve: Serve, linear: bytes, kept: float) -> None:
    with pytest.raises(LoadError, match=r"'m\.pmml' is no XML, or is damaged"):
        serve({"m.pmml": linear[: int(len(linear) * kept)]}, "regression").load()


def test_document_without_a_model_is_an_error(serve: Serve) -> None:
    with pytest.raises(NoScorerError, match="gives neither probabilities nor a predicted number"):
        serve({"m.pmml": writer.document("", FEATURES)}, "regression")


def test_document_with_a_field_that_is_nowhere_says_what_pmml4s_says(serve: Serve, linear: bytes) -> None:
    content = linear.replace(b'<NumericPredictor name="a b"', b'<NumericPredictor name="zz"')
    assert content != linear
    with pytest.raises(LoadError, match=r"^'m\.pmml' cannot be loaded\. Exception: org\.pmml4s\.\S+: Field 'zz'"):
        serve({"m.pmml": content}, "regression")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig", "iso-8859-1"])
def test_external_entities_are_never_resolved(serve: Serve, linear: bytes, tmp_path: Path, encoding: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("7")
    head, _, body = linear.decode().partition("\n")
    doctype = f'<!DOCTYPE PMML [<!ENTITY leak SYSTEM "{secret.as_uri()}">]>'
    head = head.replace("UTF-8", encoding.removesuffix("-sig").upper())
    leaking = body.replace("<Header>", '<Header copyright="&leak;">')
    content = f"{head}\n{doctype}{leaking}".encode(encoding)
    with pytest.raises(LoadError, match="has a DOCTYPE"):
        serve({"m.pmml": content}, "regression").load()


def test_entities_that_grow_are_refused(serve: Serve, linear: bytes) -> None:
    bomb = "".join(f'<!ENTITY a{n} "' + f"&a{n - 1};" * 10 + '">' for n in range(1, 12))
    head, _, body = linear.decode().partition("\n")
    with pytest.raises(LoadError, match="has a DOCTYPE"):
        serve({"m.pmml": f'{head}<!DOCTYPE PMML [<!ENTITY a0 "b">{bomb}]>{body}'}, "regression").load()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-2"])
def test_document_in_any_encoding_is_read(serve: Serve, encoding: str) -> None:
    document, _ = writer.scorecard()
    text = document.decode().replace("Rome", "Łódź").replace("UTF-8", encoding.removesuffix("-sig").upper())
    scorer = serve({"m.pmml": text.encode(encoding)}, "regression")
    answer = scorer.score(pd.DataFrame({"age": [40, 40], "city": ["Łódź", "Rome"]})).frame
    assert answer["Predictions"].tolist() == [108.0, 113.0]


def test_model_without_predictions_says_so(tmp_path: Path) -> None:
    rules = (
        '<AssociationModel functionName="associationRules" numberOfTransactions="2" minimumSupport="0" '
        'minimumConfidence="0" numberOfItems="2" numberOfItemsets="2" numberOfRules="1"><MiningSchema>'
        '<MiningField name="item"/></MiningSchema><Item id="1" value="a"/><Item id="2" value="b"/>'
        '<Itemset id="1"><ItemRef itemRef="1"/></Itemset><Itemset id="2"><ItemRef itemRef="2"/></Itemset>'
        '<AssociationRule support="1" confidence="1" antecedent="1" consequent="2"/></AssociationModel>'
    )
    field = '<DataField name="item" optype="categorical" dataType="string"/>'
    folder = CodeDir(tmp_path, {"m.pmml": writer.document(rules, ["item"], dictionary=field)})
    with pytest.raises((NoScorerError, LoadError), match=r"'m\.pmml'"):
        drum.open(folder, target_type="regression").load()
