"""The device that was asked for, or an error that says why it cannot be had."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.ensemble import VotingRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import drum_xgboost
from drum.errors import ConfigError
from drum.scorer import Scorer
from drum.settings import Setting, Settings
from drum.testing import CodeDir
from drum.types import Concurrency, ModelSpec, TargetType
from drum_xgboost import boosters, devices

Serve = Callable[..., Scorer]
HAS_CUDA = bool(xgboost.build_info().get("USE_CUDA"))
HAS_GPU = HAS_CUDA and drum_xgboost.NVIDIA.exists()


@pytest.fixture(scope="module")
def model(rows: pd.DataFrame, target: Any) -> Any:
    return xgboost.XGBRegressor(n_estimators=5, max_depth=3).fit(rows, target)


@pytest.mark.parametrize("name", ["m.ubj", "m.pkl"])
@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_model_is_scored_where_it_was_asked_for(
    serve: Serve, rows: pd.DataFrame, model: Any, name: str, device: str
) -> None:
    answer = serve(model, "regression", name=name, device=device).score(rows).frame["Predictions"]
    assert answer.tolist() == model.predict(rows).tolist()


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:x", "nonsense", "CPU"])
def test_word_that_is_no_device_is_an_error(serve: Serve, model: Any, device: str) -> None:
    with pytest.raises(ConfigError, match=f"--device is '{device}', where nothing can be scored: .* Say auto, cpu"):
        serve(model, "regression", device=device)


@pytest.mark.skipif(HAS_CUDA, reason="this package may use a GPU")
@pytest.mark.parametrize("name", ["m.ubj", "m.pkl", "pipeline.pkl"])
@pytest.mark.parametrize("device", ["cuda", "cuda:0"])
@pytest.mark.parametrize("variable", [True, False])
def test_package_without_cuda_says_which_one_has_it(
    serve: Serve, rows: pd.DataFrame, target: Any, model: Any, name: str, device: str, variable: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    chosen: dict[str, Any] = {} if variable else {"device": device}
    if variable:
        monkeypatch.setenv("DRUM_DEVICE", device)
    if name == "pipeline.pkl":
        model = make_pipeline(StandardScaler(), xgboost.XGBRegressor(n_estimators=2)).fit(rows, target)
    with pytest.raises(ConfigError, match=rf"is '{device}', .*built without CUDA\. Install 'drum-xgboost\[gpu\]'"):
        serve(model, "regression", name=name, **chosen)


def test_model_out_of_reach_is_not_left_on_the_cpu_in_silence(serve: Serve, rows: pd.DataFrame, target: Any) -> None:
    voters = VotingRegressor([("x", xgboost.XGBRegressor(n_estimators=2))]).fit(rows, target)
    with pytest.raises(ConfigError, match="XGBoost lies inside a VotingRegressor, out of reach"):
        serve(voters, "regression", name="m.pkl", device="cuda")


class Elsewhere:
    """A booster of a package with CUDA, on a machine with so many GPUs; numbers wrap around as XGBoost's do."""

    def __init__(self, gpus: int) -> None:
        self.gpus = gpus
        self.device = "cpu"

    def set_param(self, parameters: dict[str, str]) -> None:
        wanted = parameters["device"]
        number = int(wanted.partition(":")[2] or 0)
        self.device = f"cuda:{number % self.gpus}" if self.gpus and wanted != "cpu" else "cpu"

    def save_config(self) -> str:
        return json.dumps({"learner": {"generic_param": {"device": self.device}}})


@pytest.mark.parametrize(("gpus", "device"), [(0, "cuda"), (0, "cuda:0"), (1, "cuda:1"), (2, "cuda:99")])
def test_gpu_that_is_not_there_is_an_error(gpus: int, device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xgboost, "build_info", lambda: {"USE_CUDA": True})
    with pytest.raises(ConfigError, match=r"XGBoost finds no such GPU, and would take '(cpu|cuda:.)'"):
        devices._put(Elsewhere(gpus), device, settings(device))


@pytest.mark.parametrize(("device", "expected"), [("cuda", "cuda:0"), ("cuda:1", "cuda:1"), ("cpu", "cpu")])
def test_gpu_that_is_there_is_taken(device: str, expected: str) -> None:
    booster = Elsewhere(gpus=2)
    devices._put(booster, device, settings(device))
    assert devices.device_of(booster) == expected


def settings(device: str) -> Any:
    return Settings({"device": Setting(device, "--device")})


def test_processes_are_forked_only_where_there_is_no_gpu(
    tmp_path: Path, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = CodeDir(tmp_path, {"m.ubj": lambda path: model.save_model(path)})
    for driver, forks in ((tmp_path / "none", True), (tmp_path, False)):
        monkeypatch.setattr(drum_xgboost, "NVIDIA", driver)
        vote = drum_xgboost.drum_detect(folder.path)
        assert vote is not None
        assert (Concurrency.FORK in vote.concurrency) is forks


@pytest.mark.parametrize("objective", ["reg:squarederror", "multi:softmax"])
def test_way_of_a_gpu_gives_what_the_cpus_gives(
    rows: pd.DataFrame, target: Any, train: Callable[..., Any], objective: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data of the CPU go to a GPU by a ``DMatrix``; the way itself is the same on the CPU."""
    is_of_classes = objective == "multi:softmax"
    labels = np.digitize(target, [-1, 1]) if is_of_classes else target
    booster = train(labels, objective, rounds=9, **({"num_class": 3} if is_of_classes else {}))
    booster.set_attr(best_iteration="3", scikit_learn="{}")
    spec = ModelSpec(code_dir=Path(), target_type=TargetType.MULTICLASS if is_of_classes else TargetType.REGRESSION)
    expected, _ = boosters.predict(booster, rows, spec)
    traits = dataclasses.replace(boosters.traits_of(booster), is_on_gpu=True)
    monkeypatch.setattr(boosters, "traits_of", lambda booster: traits)
    monkeypatch.setattr(type(booster), "inplace_predict", None)
    answer, _ = boosters.predict(booster, rows, spec)
    assert answer.tolist() == expected.tolist()


@pytest.mark.skipif(not HAS_GPU, reason="needs a GPU, and xgboost with CUDA")
@pytest.mark.parametrize("name", ["m.ubj", "m.pkl"])
def test_gpu_agrees_with_the_cpu(serve: Serve, rows: pd.DataFrame, model: Any, name: str) -> None:
    scorer = serve(model, "regression", name=name, device="cuda")
    answer = scorer.score(rows).frame["Predictions"]
    assert devices.device_of(boosters.booster_of(scorer._seated.model)).startswith("cuda")
    assert np.abs(answer.to_numpy() - model.predict(rows)).max() < 1e-4
