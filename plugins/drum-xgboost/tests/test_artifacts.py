"""Whose a file is, by its content."""

import gzip
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import xgboost
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import drum_xgboost
from drum.errors import AmbiguousArtifactError
from drum.testing import CodeDir
from drum.types import Concurrency, Detection, Match
from drum_xgboost.artifacts import content_of

MODELS = Path(__file__).parent / "models"
FEATURES, TARGET = np.arange(20.0).reshape(10, 2), np.arange(10) % 2


def fitted() -> Any:
    return xgboost.XGBClassifier(n_estimators=2).fit(FEATURES, TARGET)


def vote(folder: CodeDir) -> Detection | None:
    return drum_xgboost.drum_detect(folder.path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("booster-1.7.6.json", "JSON"),
        ("booster-1.7.6.ubj", "UBJSON"),
        ("booster-1.7.6.model", "binary"),
        ("booster-2.1.4.model", "UBJSON"),
        ("estimator-1.7.6.pkl", "pickle"),
        ("estimator-2.1.4.pkl", "pickle"),
    ],
)
def test_content_is_told_whatever_the_version(name: str, content: str) -> None:
    assert content_of(MODELS / name) == content


@pytest.mark.parametrize("extension", ["json", "JSON", "ubj", "UBJ", "model"])
@pytest.mark.parametrize("form", ["json", "ubj"])
def test_native_models_are_proven(tmp_path: Path, extension: str, form: str) -> None:
    found = vote(CodeDir(tmp_path, {f"model.{extension}": bytes(fitted().get_booster().save_raw(form))}))
    assert found is not None
    assert (found.runtime, found.match) == ("xgboost", Match.PROVEN)


@pytest.mark.parametrize("indent", [None, 2])
def test_json_may_have_been_written_anew(tmp_path: Path, indent: int | None) -> None:
    model = json.loads(bytes(fitted().get_booster().save_raw("json")))
    turned = {"version": model["version"], "learner": model["learner"]}
    assert vote(CodeDir(tmp_path, {"model.json": json.dumps(turned, indent=indent)})) is not None


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[1, 2]",
        '{"learner": {"name": "x"}}',
        '{"model": {"learner": {"attributes": 1}}}',
        "not json",
        "\0" * 99,
    ],
)
@pytest.mark.parametrize("extension", ["json", "ubj", "model"])
def test_files_of_others_are_left_alone(tmp_path: Path, content: str, extension: str) -> None:
    assert vote(CodeDir(tmp_path, {f"settings.{extension}": content})) is None


def test_configuration_of_a_booster_is_no_model(tmp_path: Path) -> None:
    assert vote(CodeDir(tmp_path, {"model.json": fitted().get_booster().save_config()})) is None


@pytest.mark.parametrize("save", [pickle.dumps, lambda model: gzip.compress(pickle.dumps(model))])
@pytest.mark.parametrize("make", [fitted, lambda: fitted().get_booster()])
def test_pickles_are_proven(tmp_path: Path, save: Callable[[Any], bytes], make: Callable[[], Any]) -> None:
    found = vote(CodeDir(tmp_path, {"model.pkl": save(make())}))
    assert found is not None
    assert found.match is Match.PROVEN


@pytest.mark.parametrize(
    "make",
    [
        lambda: make_pipeline(StandardScaler(), fitted()).fit(FEATURES, TARGET),
        lambda: GridSearchCV(xgboost.XGBRegressor(n_estimators=2), {"max_depth": [2]}, cv=2).fit(FEATURES, TARGET),
    ],
    ids=["pipeline", "search"],
)
def test_pipelines_get_the_weaker_vote(tmp_path: Path, make: Callable[[], Any]) -> None:
    found = vote(CodeDir(tmp_path, {"model.joblib": lambda path: joblib.dump(make(), path)}))
    assert found is not None
    assert found.match is Match.NAMED


@pytest.mark.parametrize("model", [LinearRegression(), {"weights": 1}, make_pipeline(StandardScaler())])
def test_pickles_of_others_are_left_alone(tmp_path: Path, model: Any) -> None:
    assert vote(CodeDir(tmp_path, {"model.pkl": pickle.dumps(model)})) is None


def test_two_models_are_ambiguous_but_other_files_do_not_count(tmp_path: Path) -> None:
    raw = bytes(fitted().get_booster().save_raw("ubj"))
    folder = CodeDir(tmp_path, {"model.ubj": raw, "settings.json": "{}", "scaler.pkl": pickle.dumps(StandardScaler())})
    assert vote(folder) is not None
    folder.add("other.model", raw)
    with pytest.raises(AmbiguousArtifactError, match=r"Multiple serialized .*: model\.ubj, other\.model\."):
        vote(folder)


@pytest.mark.parametrize(
    ("driver", "expected"), [(True, Concurrency.THREADS), (False, Concurrency.THREADS | Concurrency.FORK)]
)
def test_pickle_of_a_gpu_is_not_forked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, driver: bool, expected: Concurrency
) -> None:
    monkeypatch.setattr(drum_xgboost, "NVIDIA", tmp_path if driver else tmp_path / "none")
    found = vote(CodeDir(tmp_path / "code", {"model.pkl": pickle.dumps(fitted())}))
    assert found is not None
    assert found.concurrency == expected


def test_recognized_models_are_xgboosts_own() -> None:
    model = fitted()
    votes = [drum_xgboost.drum_recognize(each) for each in (model, model.get_booster(), LinearRegression(), {})]
    assert [found is not None for found in votes] == [True, True, False, False]
    assert votes[0] is not None
    assert votes[0].match is Match.PROVEN  # drum-sklearn knows its base class too
