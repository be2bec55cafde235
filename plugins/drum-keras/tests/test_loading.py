"""What is loaded, what is refused, and what is said of it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
from keras_models import FORMATS, directly, keras, net_ending_in, pickled, saved
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

import drum
from drum.errors import LoadError
from drum.scorer import Scorer
from drum.settings import cores
from drum.testing import CodeDir
from drum_keras import quiet

Serve = Callable[..., Scorer]


# ------------------------------------------------------------------------------------- older versions


def of_keras_2(path: Path, weights: list[np.ndarray[Any, Any]]) -> None:
    """Write what ``model.save("x.h5")`` of TensorFlow 2.4 wrote: other names, other paths, compiled."""
    layer = {
        "class_name": "Dense",
        "config": {
            "name": "dense", "trainable": True, "batch_input_shape": [None, 4], "dtype": "float32", "units": 1,
            "activation": "sigmoid", "use_bias": True, "kernel_initializer":
            {"class_name": "GlorotUniform", "config": {"seed": None}}, "bias_initializer":
            {"class_name": "Zeros", "config": {}}, "kernel_regularizer": None, "bias_regularizer": None,
            "activity_regularizer": None, "kernel_constraint": None, "bias_constraint": None,
        },
    }  # fmt: skip
    entrance = {
        "class_name": "InputLayer",
        "config": {
            "batch_input_shape": [None, 4], "dtype": "float32", "sparse": False, "ragged": False, "name": "dense_input"
        },
    }  # fmt: skip
    config = {"class_name": "Sequential", "config": {"name": "sequential", "layers": [entrance, layer]}}
    training = {"loss": "mse", "metrics": None, "optimizer_config": {"class_name": "Adam", "config": {"lr": 0.01}}}
    with h5py.File(path, "w") as file:
        file.attrs.update(keras_version="2.4.0", backend="tensorflow", model_config=json.dumps(config))
        file.attrs["training_config"] = json.dumps(training)
        top = file.create_group("model_weights")
        top.attrs.update(keras_version="2.4.0", backend="tensorflow", layer_names=[b"dense"])
        group = top.create_group("dense")
        names = [b"dense/kernel:0", b"dense/bias:0"]
        group.attrs["weight_names"] = names
        for name, values in zip(names, weights, strict=True):
            group.create_dataset(name.decode(), data=values)


def test_model_of_keras_2_loads(serve: Serve, rows: pd.DataFrame) -> None:
    weights = [np.arange(4, dtype="float32").reshape(4, 1), np.ones(1, dtype="float32")]
    scorer = serve({"model.h5": lambda path: of_keras_2(path, weights)}, "binary", ["no", "yes"])
    expected = 1 / (1 + np.exp(-(rows.to_numpy() @ weights[0] + 1)))
    assert np.abs(scorer.score(rows).frame["yes"].to_numpy() - expected[:, 0]).max() < 1e-5


def test_hdf5_may_be_called_keras(serve: Serve, rows: pd.DataFrame) -> None:
    """Before version 2.13, ``model.save("x.keras")`` wrote HDF5."""
    weights = [np.arange(4, dtype="float32").reshape(4, 1), np.ones(1, dtype="float32")]
    scorer = serve({"model.keras": lambda path: of_keras_2(path, weights)}, "binary", ["no", "yes"])
    assert scorer.score(rows).frame["yes"].between(0, 1).all()


def test_model_whose_version_cannot_be_read_says_so(serve: Serve) -> None:
    def future(path: Path) -> None:
        with h5py.File(path, "w") as file:
            file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"layers": [{"a": 1}]}})

    with pytest.raises(LoadError, match=r"model\.h5' (is damaged|cannot be loaded) \(.*"):
        serve({"model.h5": future}, "regression")


# ------------------------------------------------------------------------------------- files that do not load


@pytest.mark.parametrize("kind", ["keras", "h5", "pickle"])
def test_truncated_file_is_damaged(serve: Serve, tmp_path: Path, kind: str) -> None:
    ((name, save),) = FORMATS[kind]("linear").items()
    save(tmp_path / name)  # type: ignore[operator]
    content = (tmp_path / name).read_bytes()
    with pytest.raises(LoadError, match=f"'{name}' (is truncated|is damaged|cannot be unpickled)"):
        serve({name: content[: len(content) * 2 // 3]}, "regression")


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_other_files_are_none_of_keras(serve: Serve, name: str) -> None:
    with pytest.raises(LoadError, match=rf"'{name}' is truncated, or no file of Keras'\. Save the model again"):
        serve({name: "not a model"}, "regression")


def test_weights_alone_are_no_model(serve: Serve) -> None:
    with pytest.raises(LoadError, match="holds weights, but not the model. Save the model itself".replace(".", r"\.")):
        serve({"model.weights.h5": lambda path: net_ending_in("linear").save_weights(path)}, "regression")


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_python_code_in_a_file_is_refused(serve: Serve, name: str) -> None:
    net = keras.Sequential([keras.Input((4,)), keras.layers.Lambda(lambda x: x * 2), keras.layers.Dense(1)])
    with pytest.raises(LoadError, match=r"It holds Python code \(a Lambda layer\), which loading would execute"):
        serve(saved(net, name), "regression")


CUSTOM = """
    import keras

    @keras.saving.register_keras_serializable("shop")
    class Doubling(keras.layers.Layer):
        def call(self, inputs):
            return inputs * 2
"""


def doubling() -> Any:
    @keras.saving.register_keras_serializable("shop")
    class Doubling(keras.layers.Layer):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            return inputs * 2

    return keras.Sequential([keras.Input((4,)), Doubling(), keras.layers.Dense(1)])


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_class_of_ones_own_is_registered_in_custom_code(serve: Serve, rows: pd.DataFrame, name: str) -> None:
    net = doubling()
    files = {**saved(net, name), "custom.py": CUSTOM}
    answer = serve(files, "regression").score(rows).frame
    assert answer.to_numpy() == pytest.approx(directly(net, rows), abs=1e-5)


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_class_that_nobody_registers_says_where_to(serve: Serve, tmp_path: Path, name: str) -> None:
    saved(doubling(), name)[name](tmp_path / name)  # type: ignore[operator]
    content = {name: (tmp_path / name).read_bytes()}
    keras.saving.get_custom_objects().clear()
    with pytest.raises(LoadError, match=r"known once it is registered: define it in a custom\.py"):
        serve(content, "regression")


# ------------------------------------------------------------------------------------- pickles


def test_pickle_is_refused_if_pickles_are(serve: Serve) -> None:
    with pytest.raises(LoadError, match=r"executes code that lies in it, which --no-pickle refuses\. Save the Keras"):
        serve(FORMATS["pickle"]("linear"), "regression", no_pickle=True)


@pytest.mark.parametrize("kind", ["keras", "h5"])
def test_files_of_keras_are_no_pickles(serve: Serve, rows: pd.DataFrame, kind: str) -> None:
    serve(FORMATS[kind]("linear"), "regression", no_pickle=True).score(rows)


def test_pickle_that_only_mentions_keras_holds_no_model(serve: Serve, rows: pd.DataFrame) -> None:
    model = make_pipeline(LinearRegression()).fit(rows, rows["a b"])
    model.note = keras.wrappers.SKLearnRegressor
    with pytest.raises(LoadError, match="holds a Pipeline: neither a Keras model nor a pipeline with one"):
        serve(pickled(model), "regression")


# ------------------------------------------------------------------------------------- the process

QUESTION = """
import os, sys
import drum
with drum.open(sys.argv[1], target_type="regression", options={"workers": int(sys.argv[2])}) as scorer:
    import tensorflow as tf
    print(tf.config.threading.get_intra_op_parallelism_threads(), os.environ["TF_CPP_MIN_LOG_LEVEL"])
"""


def test_workers_share_the_cores(tmp_path: Path) -> None:
    """In a process of its own: TensorFlow takes the number of its threads once."""
    folder = CodeDir(tmp_path, FORMATS["keras"]("linear"))
    done = subprocess.run(
        [sys.executable, "-c", QUESTION, folder, "64"], capture_output=True, text=True, check=True, timeout=300
    )
    assert done.stdout.split() == [str(max(1, cores() // 64)), "2"]
    assert done.stderr == ""


def test_nothing_is_lost_of_what_native_code_says(caplog: pytest.LogCaptureFixture) -> None:
    import os

    with caplog.at_level("DEBUG", "drum.keras"), quiet._silence():
        os.write(2, b"no GPU")
    assert caplog.messages == ["no GPU"]


def test_second_model_of_a_process_loads_as_well(tmp_path: Path, rows: pd.DataFrame) -> None:
    folder = CodeDir(tmp_path, FORMATS["keras"]("linear"))
    for _ in range(2):
        with drum.open(folder, target_type="regression", options={"workers": 2}) as scorer:
            scorer.score(rows)
