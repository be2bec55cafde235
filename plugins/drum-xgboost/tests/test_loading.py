"""Files that load, files of older versions, and files that do not load."""

import logging
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import xgboost

import drum
from drum.errors import LoadError
from drum.scorer import Scorer
from drum.testing import CodeDir
from drum_xgboost.loading import load

Serve = Callable[..., Scorer]
MODELS = Path(__file__).parent / "models"


@pytest.fixture(scope="module")
def model(rows: pd.DataFrame, target: Any) -> Any:
    return xgboost.XGBRegressor(n_estimators=5, max_depth=3).fit(rows, target)


@pytest.mark.parametrize("name", ["m.json", "m.ubj", "m.model", "M.UBJ", "m.pkl", "m.pickle", "m.joblib"])
def test_every_format_gives_the_same_predictions(serve: Serve, rows: pd.DataFrame, model: Any, name: str) -> None:
    answer = serve(model, "regression", name=name).score(rows).frame["Predictions"]
    assert answer.tolist() == model.predict(rows).tolist()


@pytest.mark.parametrize("compress", ["zlib", "gzip", "bz2", "xz", "lzma"])
def test_compressed_pickles_load(tmp_path: Path, rows: pd.DataFrame, model: Any, compress: str) -> None:
    folder = CodeDir(tmp_path, {"m.pkl": lambda path: joblib.dump(model, path, compress=(compress, 3))})
    with drum.open(folder, target_type="regression") as scorer:
        assert scorer.score(rows).frame["Predictions"].tolist() == model.predict(rows).tolist()


# ------------------------------------------------------------------------------------- older versions


@pytest.mark.parametrize(
    "name",
    [
        "booster-1.7.6.json", "booster-1.7.6.ubj", "estimator-1.7.6.pkl",
        "booster-2.1.4.model", "estimator-2.1.4.pkl",
    ],
)  # fmt: skip
def test_models_of_older_versions_predict_what_they_predicted_there(tmp_path: Path, name: str) -> None:
    folder = CodeDir(tmp_path, {name: (MODELS / name).read_bytes()})
    expected = np.loadtxt(MODELS / f"expected-{name[name.index('-') + 1 :].rpartition('.')[0]}.csv")
    with drum.open(folder, target_type="binary", labels=["no", "yes"]) as scorer:
        answer = scorer.score((MODELS / "input.csv").read_bytes()).frame
    assert answer["yes"].to_numpy() == pytest.approx(expected, abs=1e-6)


def test_pickle_of_an_older_version_is_warned_of(tmp_path: Path) -> None:
    """In a process of its own, because XGBoost warns but once."""
    CodeDir(tmp_path, {"m.pkl": (MODELS / "estimator-1.7.6.pkl").read_bytes()})
    words = ["score", "--code-dir", tmp_path, "--input", MODELS / "input.csv", "--target-type", "anomaly"]
    done = subprocess.run([sys.executable, "-m", "drum", *words], capture_output=True, text=True, check=True)
    assert f"'m.pkl' was pickled by an older version than XGBoost {xgboost.__version__}" in done.stderr


@pytest.mark.skipif(xgboost.__version__ < "3.1", reason="this version reads the binary format")
def test_binary_format_says_why_it_does_not_load(tmp_path: Path) -> None:
    folder = CodeDir(tmp_path, {"m.model": (MODELS / "booster-1.7.6.model").read_bytes()})
    with pytest.raises(LoadError, match=r"'m\.model' is in the binary format .* gave up with version 3\.1.*\.ubj"):
        drum.open(folder, target_type="regression")


def test_model_of_this_version_loads_in_silence(serve: Serve, model: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        serve(model, "regression", name="m.pkl")
    assert not caplog.messages


# ------------------------------------------------------------------------------------- damaged files


@pytest.mark.parametrize("name", ["m.json", "m.ubj", "m.pkl"])
@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9, 0.99])
def test_truncated_file_is_called_damaged(
    tmp_path: Path, model: Any, name: str, kept: float, saving: Callable[[Any, Path], None]
) -> None:
    saving(model, tmp_path / name)
    os.truncate(tmp_path / name, int((tmp_path / name).stat().st_size * kept))
    with pytest.raises(LoadError, match=rf"'{name}' .*(truncated|damaged)"):
        load(tmp_path / name)


def test_native_file_is_called_damaged_wherever_it_is_cut(tmp_path: Path) -> None:
    small = xgboost.XGBRegressor(n_estimators=1, max_depth=1).fit([[0], [1]], [0, 1])
    for name in ("m.json", "m.ubj"):
        small.save_model(tmp_path / name)
        for kept in reversed(range(1, (tmp_path / name).stat().st_size, 7)):
            os.truncate(tmp_path / name, kept)
            with pytest.raises(LoadError, match="truncated"):
                load(tmp_path / name)


@pytest.mark.parametrize("content", [xgboost.XGBRegressor, {"model": 1}])
def test_pickle_without_a_model_says_what_it_holds(tmp_path: Path, content: Any) -> None:
    (tmp_path / "m.pkl").write_bytes(pickle.dumps(content))
    with pytest.raises(LoadError, match=r"holds a (type|ABCMeta|dict), which is no model"):
        load(tmp_path / "m.pkl")


def test_loading_starts_no_thread(tmp_path: Path, model: Any, saving: Callable[[Any, Path], None]) -> None:
    saving(model, tmp_path / "m.pkl")
    before = len(os.listdir("/proc/self/task"))
    load(tmp_path / "m.pkl")
    assert len(os.listdir("/proc/self/task")) == before
