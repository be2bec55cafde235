"""Scoring-code jars: the predictor inside, its features, its labels by name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from jars import compiled, interfaces, packed
from scoring_models import SOURCES

from drum.errors import LoadError, MalformedInputError, ModelContractError, ScoreError
from drum.scorer import Scorer
from drum.testing import CodeDir
from drum.types import Match
from drum_java import scoring_code as plugin

Serve = Callable[..., Scorer]

INTERNAL = "com.datarobot.prediction.internal"
"""Where the class lies that wraps models of the older interfaces: it is looked for in the model's own package."""
SERVICE = "com.datarobot.prediction.IPredictorInfo"
FRAME = pd.DataFrame({"city": ["Łódź", None, "Rome"], "x y": [1.5, 2, np.nan], "other": 1})
LABELS = ["a", "b, sir", "c"]


@pytest.fixture(scope="session")
def scoring_jar(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    """Return a function that makes a jar which offers predictors, with the interfaces inside."""
    folder = tmp_path_factory.mktemp("scoring")
    jar, files = interfaces()
    classes = compiled(folder, SOURCES, [jar])

    def scoring_jar(*offered: str, service: str = SERVICE) -> bytes:
        return packed(folder / "m.jar", classes, {service: "\n".join(offered)} if offered else {}, files)

    return scoring_jar


def test_regression(serve: Serve, scoring_jar: Callable[..., bytes]) -> None:
    answer = serve({"m.jar": scoring_jar("Regression")}, "regression").score(FRAME).frame
    assert answer["Predictions"].tolist() == [7.0, 4.5, 2.0]


@pytest.mark.parametrize("labels", [LABELS, LABELS[::-1], None])
def test_labels_are_matched_by_name(serve: Serve, scoring_jar: Callable[..., bytes], labels: Any) -> None:
    answer = serve({"m.jar": scoring_jar("Classes")}, "multiclass", labels or LABELS).score(FRAME).frame
    x = FRAME["x y"].fillna(0).to_numpy()
    odds = np.column_stack([np.exp(x), np.ones(3), np.exp(-x)])
    expected = odds / odds.sum(axis=1, keepdims=True)
    assert answer[["b, sir", "a", "c"]].to_numpy() == pytest.approx(expected, abs=1e-12)


def test_numbers_in_a_column_of_text_are_spelt_as_in_the_csv(serve: Serve, scoring_jar: Callable[..., bytes]) -> None:
    scorer = serve({"m.jar": scoring_jar("Regression")}, "regression")
    csv = b"x y,city\n1,1234\n,\n1,12.5\n"
    assert scorer.score(csv).frame["Predictions"].tolist() == [6.0, -1.5, 6.0]


def test_text_in_a_column_of_numbers_is_left_to_the_model(serve: Serve, scoring_jar: Callable[..., bytes]) -> None:
    scorer = serve({"m.jar": scoring_jar("Regression")}, "regression")
    assert scorer.score(FRAME.assign(**{"x y": "many"})).frame["Predictions"].tolist() == [2004.0, 2000.5, 2004.0]


def test_missing_column_is_named(serve: Serve, scoring_jar: Callable[..., bytes]) -> None:
    with pytest.raises(MalformedInputError, match="lacks column 'x y' of the 2"):
        serve({"m.jar": scoring_jar("Regression")}, "regression").score(FRAME[["city"]])


def test_exception_of_java_has_class_message_and_frames(serve: Serve, scoring_jar: Callable[..., bytes]) -> None:
    with pytest.raises(ScoreError, match=r"java\.lang\.IllegalStateException: it has sunk") as caught:
        serve({"m.jar": scoring_jar("Regression")}, "regression").score(FRAME.assign(city="Atlantis"))
    assert "at Regression.score(Regression.java:" in caught.value.detail


def test_classes_are_no_regression(serve: Serve, scoring_jar: Callable[..., bytes]) -> None:
    with pytest.raises(ModelContractError, match=r"predicts the classes \['b, sir', 'a', 'c'\]"):
        serve({"m.jar": scoring_jar("Classes")}, "regression").score(FRAME)


OLD_FRAME = pd.DataFrame({"city": ["Łódź", None, "Rome"], "x": [1.5, 2, np.nan], "y": [1, 2, 3]})
OLD_PREDICTIONS = [7.1, 4.7, 2.3]


def test_jar_that_lists_a_regression_under_the_older_interface(serve: Serve, scoring_jar: Callable[..., bytes]) -> None:
    content = scoring_jar(f"{INTERNAL}.OldRegression", service="com.datarobot.prediction.Predictor")
    scorer = serve({"m.jar": content}, "regression")
    assert scorer.score(OLD_FRAME).frame["Predictions"].tolist() == pytest.approx(OLD_PREDICTIONS)
    with pytest.raises(ScoreError, match=r"UnsupportedOperationException: Scoring is unsuccessful"):
        scorer.score(OLD_FRAME.assign(city="Atlantis"))


def test_jar_that_lists_classes_under_the_older_interface(serve: Serve, scoring_jar: Callable[..., bytes]) -> None:
    content = scoring_jar(f"{INTERNAL}.OldClasses", service="com.datarobot.prediction.MulticlassPredictor")
    answer = serve({"m.jar": content}, "binary", ["a", "b, sir"]).score(OLD_FRAME).frame
    expected = 1 / (1 + np.exp(-np.array(OLD_PREDICTIONS)))
    assert answer["b, sir"].to_numpy() == pytest.approx(expected, abs=1e-12)


def test_jar_is_proven_by_its_services(tmp_path: Path, scoring_jar: Callable[..., bytes]) -> None:
    folder = CodeDir(tmp_path / "code", {"library.jar": scoring_jar(), "model.JAR": scoring_jar("Regression")})
    vote = plugin.drum_detect(folder.path)
    assert vote is not None
    assert vote.path is not None
    assert (vote.match, vote.path.name) == (Match.PROVEN, "model.JAR")


def test_jar_without_a_predictor_says_so(serve: Serve, scoring_jar: Callable[..., bytes]) -> None:
    with pytest.raises(LoadError, match=r"'m\.jar' offers no predictor"):
        serve({"m.jar": scoring_jar()}, "regression")


def test_jar_with_two_predictors_says_so(serve: Serve, scoring_jar: Callable[..., bytes]) -> None:
    with pytest.raises(LoadError, match="it offers 2 predictors"):
        serve({"m.jar": scoring_jar("Regression", "Classes")}, "regression")


def test_jar_that_lists_a_class_which_is_not_there(serve: Serve, scoring_jar: Callable[..., bytes]) -> None:
    with pytest.raises(LoadError, match=r"ServiceConfigurationError: .*Nobody not found"):
        serve({"m.jar": scoring_jar("Nobody")}, "regression")


def test_jar_is_refused_where_the_operator_says_so(serve: Serve, scoring_jar: Callable[..., bytes]) -> None:
    with pytest.raises(LoadError, match=r"'m\.jar' is code.*--no-pickle refuses"):
        serve({"m.jar": scoring_jar("Regression")}, "regression", no_pickle=True)
