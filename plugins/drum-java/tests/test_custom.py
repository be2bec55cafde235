"""Classes of the user's own: by columns, by CSV, and unstructured."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from jars import compiled, packed
from predictors import SOURCES

import drum
from drum.errors import (
    AmbiguousArtifactError,
    LoadError,
    MalformedInputError,
    ModelContractError,
    NoScorerError,
    ScoreError,
)
from drum.scorer import Scorer
from drum.testing import CodeDir, run_cli
from drum.types import Payload

Serve = Callable[..., Scorer]

CLASS = "DRUM_JAVA_CUSTOM_PREDICTOR_CLASS"
FRAME = pd.DataFrame({"x": [1.5, np.nan, 2], "city": ["Łódź", "Rome", None]})


@pytest.fixture(scope="session")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with the classes of all predictors."""
    return compiled(tmp_path_factory.mktemp("predictors"), SOURCES)


@pytest.fixture
def named(serve: Serve, classes: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Scorer]:
    """Return a function that opens the class of a name, found by the environment."""

    def named(name: str, target_type: str, labels: Any = None, **options: Any) -> Scorer:
        monkeypatch.setenv(CLASS, name)
        monkeypatch.setenv("DRUM_JAVA_CUSTOM_CLASS_PATH", f"{classes}/")
        return serve({"weight.txt": "2\n"}, target_type, labels, **options)

    return named


@pytest.fixture
def jar(classes: Path, tmp_path: Path) -> bytes:
    return packed(tmp_path / "weights.jar", classes, {"drum.Predictor": "Weights"})


def test_class_that_the_environment_names(named: Callable[..., Scorer]) -> None:
    answer = named("Weights", "regression").score(FRAME).frame
    assert answer["Predictions"].tolist() == [7.0, 2.0, 4.5]


def test_class_that_a_jar_offers(serve: Serve, jar: bytes) -> None:
    answer = serve({"m.jar": jar, "weight.txt": "10"}, "regression").score(FRAME).frame
    assert answer["Predictions"].tolist() == [19.0, -6.0, 20.5]


def test_two_models_of_one_name_do_not_meet(classes: Path, jar: bytes, tmp_path: Path) -> None:
    folders = [CodeDir(tmp_path / weight, {"m.jar": jar, "weight.txt": weight}) for weight in ("1", "3")]
    with (
        drum.open(folders[0], target_type="regression") as one,
        drum.open(folders[1], target_type="regression") as other,
    ):
        assert one.score(FRAME).frame["Predictions"][0] == 5.5
        assert other.score(FRAME).frame["Predictions"][0] == 8.5


def test_labels_are_matched_by_name(named: Callable[..., Scorer]) -> None:
    answer = named("Classes", "binary", ["no", "yes, sir"]).score(FRAME[:1]).frame
    assert answer["yes, sir"].tolist() == pytest.approx([1 / (1 + np.exp(-1.5))])


def test_calls_wait_for_each_other_unless_the_class_says_it_is_safe(named: Callable[..., Scorer]) -> None:
    scorer = named("Classes", "binary", ["no", "yes, sir"])
    rows = pd.DataFrame({"x": np.arange(200.0)})
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: scorer.score(rows).frame, range(40)))
    assert all(answer.equals(answers[0]) for answer in answers)


def test_csv(named: Callable[..., Scorer]) -> None:
    assert named("Csv", "regression").score(FRAME).frame["Predictions"].tolist() == [8, 5, 4]


def test_csv_without_an_answer_is_an_error(named: Callable[..., Scorer]) -> None:
    with pytest.raises(ModelContractError, match="'Csv' did not return a CSV"):
        named("Csv", "regression").score(FRAME.assign(city="silence"))


def test_unstructured(named: Callable[..., Scorer]) -> None:
    scorer = named("Echo", "unstructured")
    payload = Payload(
        body="Łódź".encode("utf-16"),
        media_type="text/x",
        charset="utf-16",
        query={"top": "3"},
        headers={"x-thing": "y"},
    )
    reply = scorer.score_unstructured(payload)
    assert (reply.body.decode(), reply.media_type, reply.charset) == ("źdóŁ|text/x|3|y", "text/plain", "utf8")
    assert scorer.score_unstructured(Payload(body=bytes(range(256)), charset="latin-1")).body
    with pytest.raises(ModelContractError, match="'Echo' returned null"):
        scorer.score_unstructured(Payload(body=b"null"))


# ------------------------------------------------------------------------------------- what Java throws


def test_exception_of_java_has_class_message_and_frames(named: Callable[..., Scorer]) -> None:
    with pytest.raises(ScoreError) as caught:
        named("Weights", "regression").score(FRAME.assign(x=666))
    assert caught.value.message == (
        "'Weights' failed to make predictions. Exception: java.lang.IllegalStateException: the beast"
    )
    assert "at Weights.score(Weights.java:" in caught.value.detail
    assert "drum.internal" not in caught.value.detail


def test_causes_are_told(named: Callable[..., Scorer]) -> None:
    with pytest.raises(ScoreError, match=r"java\.io\.IOException: no disk") as caught:
        named("Weights", "regression").score(FRAME.assign(x=671))
    assert "Caused by: java.lang.RuntimeException: the cause" in caught.value.detail


def test_illegal_argument_is_the_callers_fault(named: Callable[..., Scorer]) -> None:
    with pytest.raises(MalformedInputError, match=r"^column 'x' may not be 667$"):
        named("Weights", "regression").score(FRAME.assign(x=667))


def test_column_that_is_not_there_is_named(named: Callable[..., Scorer]) -> None:
    scorer = named("Weights", "regression")
    with pytest.raises(MalformedInputError, match=r"^The input lacks column 'city'\. It has column 'x'\.$"):
        scorer.score(FRAME[["x"]])
    many = pd.DataFrame({"x": [1.0], **{f"c{number}": [1.0] for number in range(11)}})
    with pytest.raises(MalformedInputError, match=r"It has columns 'x', 'c0', .*, 'c8' and 2 more\.$"):
        scorer.score(many)


@pytest.mark.parametrize(("x", "message"), [(669, "returned 0 values for 3 rows"), (670, "returned null where 1 are")])
def test_wrong_answer_is_the_models_fault(named: Callable[..., Scorer], x: int, message: str) -> None:
    with pytest.raises(ModelContractError, match=message):
        named("Weights", "regression").score(FRAME.assign(x=x))


# ------------------------------------------------------------------------------------- what cannot be loaded


@pytest.mark.parametrize(
    ("name", "message"),
    [("Nobody", "there is no class 'Nobody' on the class path"), ("Other", "does not implement drum.Predictor")],
)
def test_class_that_is_no_predictor(named: Callable[..., Scorer], name: str, message: str) -> None:
    with pytest.raises(LoadError, match=message):
        named(name, "regression")


def test_predictor_that_cannot_load_its_model(serve: Serve, jar: bytes) -> None:
    with pytest.raises(LoadError, match=r"java\.nio\.file\.NoSuchFileException: .*weight\.txt") as caught:
        serve({"m.jar": jar}, "regression")
    assert "Weights.load" in caught.value.detail


def test_class_for_another_target_type(named: Callable[..., Scorer]) -> None:
    with pytest.raises(
        NoScorerError, match="'Echo' takes data by unstructured, which does not do for target type 'reg"
    ):
        named("Echo", "regression")


def test_two_jars_with_predictors_are_ambiguous(tmp_path: Path, jar: bytes) -> None:
    with pytest.raises(AmbiguousArtifactError, match=r"a\.jar, b\.jar"):
        drum.open(CodeDir(tmp_path / "code", {"a.jar": jar, "b.jar": jar}), target_type="regression")


def test_code_is_refused_where_the_operator_says_so(serve: Serve, jar: bytes) -> None:
    with pytest.raises(LoadError, match=r"'m\.jar' is code.*--no-pickle refuses"):
        serve({"m.jar": jar, "weight.txt": "1"}, "regression", no_pickle=True)


def test_new_model_in_java_compiles_and_scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "model"
    assert run_cli(["new", "model", "--code-dir", folder, "--language", "java"]).exit_code == 0
    compiled(tmp_path / "built", {"Model.java": (folder / "Model.java").read_text()}).rename(folder / "classes")
    monkeypatch.setenv(CLASS, "Model")
    monkeypatch.setenv("DRUM_JAVA_CUSTOM_CLASS_PATH", "classes/")
    with drum.open(folder) as scorer:
        assert scorer.score(folder / "example.csv").frame["Predictions"].tolist() == [3.0, 7.0]
