"""Files that hold models, and files that do not."""

import gzip
import importlib
import logging
import os
import pickle
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from skops import io as skops_io

import drum
from drum.errors import LoadError, PluginDependencyError
from drum.scorer import Scorer
from drum.testing import CodeDir, scorer
from drum_sklearn.loading import load as load_file

Serve = Callable[..., Scorer]


@pytest.fixture
def model(rows: pd.DataFrame) -> Any:
    return LinearRegression().fit(rows, rows["a b"])


def dumped(model: object, path: Path) -> None:
    path.write_bytes(pickle.dumps(model))


def load(tmp_path: Path, name: str, content: bytes) -> None:
    with drum.open(CodeDir(tmp_path, {name: content}), target_type="regression"):
        pass


# ------------------------------------------------------------------------------------- what loads


@pytest.mark.parametrize(
    ("name", "save"),
    [
        ("model.pkl", dumped),
        ("model.pickle", dumped),
        ("MODEL.PKL", dumped),
        ("model.joblib", joblib.dump),
        ("Model.JobLib", joblib.dump),
        ("model.skops", skops_io.dump),
        ("model.SKOPS", skops_io.dump),
        *((f"{kind}.pkl", lambda model, path, kind=kind: joblib.dump(model, path, compress=(kind, 3)))
          for kind in ("zlib", "gzip", "bz2", "xz", "lzma")),
        *((f"protocol-{number}.pkl", lambda model, path, number=number: path.write_bytes(pickle.dumps(model, number)))
          for number in range(pickle.HIGHEST_PROTOCOL + 1)),
    ],
)  # fmt: skip
def test_every_format_gives_the_same_predictions(
    serve: Serve, rows: pd.DataFrame, model: Any, name: str, save: Callable[[Any, Path], object]
) -> None:
    answer = serve(model, "regression", name=name, save=save).score(rows).frame
    assert answer["Predictions"].tolist() == model.predict(rows).tolist()


def test_classes_of_the_code_directory_are_importable(
    tmp_path: Path, rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = """
        from sklearn.base import BaseEstimator

        class Doubling(BaseEstimator):
            def fit(self, X, y=None):
                return self

            def predict(self, X):
                return X["a b"] * 2
    """
    folder = CodeDir(tmp_path, {"doubling_of_this_test.py": source})
    with monkeypatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        own = importlib.import_module("doubling_of_this_test")
        folder.add("model.pkl", pickle.dumps(own.Doubling().fit(rows)))
    monkeypatch.delitem(sys.modules, "doubling_of_this_test")
    with drum.open(folder, target_type="regression") as opened:
        assert opened.score(rows).frame["Predictions"].tolist() == (rows["a b"] * 2).tolist()


# ------------------------------------------------------------------------------------- other versions


def test_another_version_is_a_warning_that_names_both(
    tmp_path: Path, rows: pd.DataFrame, caplog: pytest.LogCaptureFixture
) -> None:
    old = "0" + sklearn.__version__[1:]
    content = pickle.dumps(make_pipeline(StandardScaler(), LinearRegression()).fit(rows, rows["a b"]))
    with caplog.at_level(logging.WARNING, logger="drum"):
        load(tmp_path, "model.pkl", content.replace(sklearn.__version__.encode(), old.encode()))
    assert len(caplog.messages) == 1
    assert f"'model.pkl' was saved by scikit-learn {old}, but {sklearn.__version__} is installed" in caplog.text


def test_same_version_is_no_warning(serve: Serve, model: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="drum"):
        serve(model, "regression")
    assert not caplog.messages


class Complaining(LinearRegression):
    """Warn of something when unpickled."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        warnings.warn("something else", UserWarning, stacklevel=1)
        super().__setstate__(state)


def test_other_warnings_are_passed_on(serve: Serve, rows: pd.DataFrame) -> None:
    with pytest.warns(UserWarning, match="something else"):
        serve(Complaining().fit(rows, rows["a b"]), "regression")


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x02csklearn.linear_model.old_place\nLinearRegression\n)\x81.",
        b"\x80\x02csklearn.linear_model\nRetiredRegression\n)\x81.",
    ],
)
def test_name_that_another_version_had_is_explained(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(LoadError, match=rf"other versions .* \(scikit-learn {sklearn.__version__}\)"):
        load(tmp_path, "model.pkl", content)


def test_class_of_the_training_script_is_explained(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"was defined in the script or notebook .* module of its own"):
        load(tmp_path, "model.pkl", b"\x80\x02c__main__\nMyModelOfNoModule\n)\x81.")


def test_package_that_is_not_installed_is_named(tmp_path: Path) -> None:
    with pytest.raises(PluginDependencyError, match="pip install not_on_this_machine"):
        load(tmp_path, "model.pkl", b"\x80\x02cnot_on_this_machine.models\nModel\n)\x81.")


# ------------------------------------------------------------------------------------- damaged files


@pytest.mark.parametrize("name", ["model.pkl", "model.pickle", "model.joblib", "model.skops"])
def test_empty_file_is_called_empty(tmp_path: Path, name: str) -> None:
    with pytest.raises(LoadError, match=rf"'{name}' is empty \(0 bytes\)"):
        load(tmp_path, name, b"")


@pytest.mark.parametrize(
    ("name", "save"),
    [
        ("model.pkl", dumped),
        ("model.joblib", joblib.dump),
        ("model.skops", skops_io.dump),
        *((f"{kind}.pkl", lambda model, path, kind=kind: joblib.dump(model, path, compress=(kind, 3)))
          for kind in ("zlib", "gzip", "bz2", "xz")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kept", [0.05, 0.5, 0.95])
def test_truncated_file_is_called_damaged(
    tmp_path: Path, model: Any, name: str, save: Callable[[Any, Path], object], kept: float
) -> None:
    save(model, tmp_path / "whole")
    content = (tmp_path / "whole").read_bytes()
    (tmp_path / "whole").unlink()
    with pytest.raises(LoadError, match=rf"'{name}' .*(truncated|damaged)"):
        load(tmp_path, name, content[: int(len(content) * kept)])


def test_file_is_called_damaged_wherever_it_is_cut(tmp_path: Path, model: Any) -> None:
    file = tmp_path / "model.joblib"
    joblib.dump(model, file)
    for kept in reversed(range(1, file.stat().st_size)):
        os.truncate(file, kept)
        with pytest.raises(LoadError, match=r"truncated|damaged"):
            load_file(file)


@pytest.mark.parametrize("name", ["model.pkl", "model.joblib", "model.skops"])
@pytest.mark.parametrize("content", [b"weights = 1\n", b"\x00" * 64, b"<html>404</html>", b"PK\x05\x06" + b"\x00" * 18])
def test_file_of_another_kind_is_an_error(tmp_path: Path, name: str, content: bytes) -> None:
    with pytest.raises(LoadError, match=f"'{name}'"):
        load(tmp_path, name, content)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"model": 1}, "a builtins.dict"),
        ("text", "a builtins.str"),
        (LinearRegression, "the class sklearn.linear_model._base.LinearRegression"),
    ],
)
def test_pickle_without_a_model_says_what_it_holds(tmp_path: Path, content: object, kind: str) -> None:
    with pytest.raises(LoadError, match=f"holds {kind}, which is no model.*Save the fitted estimator"):
        load(tmp_path, "model.pkl", pickle.dumps(content))


# ------------------------------------------------------------------------------------- whom to trust


class Hostile:
    """Leave a marker when unpickled."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self._marker,))


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_detection_executes_nothing(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    marker = tmp_path / "executed"
    folder = CodeDir(tmp_path / "code", {"model.pkl": compress(pickle.dumps(Hostile(marker)))})
    assert scorer(folder, "regression").artifact.runtime == "sklearn"
    assert not marker.exists()


def test_skops_lists_the_types_that_it_does_not_trust(serve: Serve, rows: pd.DataFrame) -> None:
    model = make_pipeline(FunctionTransformer(pd.isna), LinearRegression()).fit(rows, rows["a b"])
    with pytest.raises(LoadError, match=r"not trust: (\S*)\..* trusted=\['\1"):
        serve(model, "regression", name="model.skops", save=skops_io.dump)


def test_imputer_in_skops_is_trusted(serve: Serve, rows: pd.DataFrame) -> None:
    model = make_pipeline(SimpleImputer(), LinearRegression()).fit(rows, rows["a b"])
    opened = serve(model, "regression", name="model.skops", save=skops_io.dump)
    assert np.allclose(opened.score(rows).frame["Predictions"], model.predict(rows))


def test_missing_skops_is_named(serve: Serve, model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skops", None)
    with pytest.raises(PluginDependencyError, match=r"pip install 'drum-sklearn\[skops\]'"):
        serve(model, "regression", name="model.skops", save=skops_io.dump)
