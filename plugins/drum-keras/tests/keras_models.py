"""Models with every kind of output, and every way to save them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd

from drum.settings import Settings
from drum.testing.code_dir import Content
from drum_keras.quiet import import_keras

keras = import_keras(Settings({}))
LAST = {"sigmoid": 1, "softmax of two": 2, "linear": 1, "softmax": 3, "sigmoids": 3}


def net_ending_in(output: str, columns: int = 4) -> Any:
    """Return a model that predicts otherwise while it is trained."""
    keras.utils.set_random_seed(len(output))
    layers = keras.layers
    return keras.Sequential([
        keras.Input((columns,)), layers.Dense(16, activation="relu"), layers.BatchNormalization(), layers.Dropout(0.5),
        layers.Dense(LAST[output], activation={"softmax of two": "softmax", "sigmoids": "sigmoid"}.get(output, output)),
    ])  # fmt: skip


def directly(model: Any, features: Any) -> np.ndarray[Any, Any]:
    """Return what Keras itself gives, for all rows in one call."""
    if isinstance(features, pd.DataFrame):
        features = features.to_numpy(dtype="float32")
    answer: np.ndarray[Any, Any] = keras.ops.convert_to_numpy(model(features, training=False))
    return answer


def saved(model: Any, name: str = "model.keras") -> Mapping[str, Content]:
    def save(path: Path) -> None:
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):  # Keras advises against .h5
            lower = path.with_name(path.name.lower())  # Keras knows no other
            model.save(lower)
            lower.rename(path)

    return {name: save}


def compiled(model: Any) -> Any:
    model.compile(optimizer="adam", loss="mse")
    return model


def pickled(estimator: Any, name: str = "model.joblib") -> Mapping[str, Content]:
    return {name: lambda path: joblib.dump(estimator, path)}


FORMATS: Mapping[str, Callable[[str], Mapping[str, Content]]] = {
    "keras": lambda output: saved(net_ending_in(output)),
    "keras, compiled": lambda output: saved(compiled(net_ending_in(output))),
    "h5": lambda output: saved(compiled(net_ending_in(output)), "model.h5"),
    "hdf5": lambda output: saved(net_ending_in(output), "model.HDF5"),
    "pickle": lambda output: pickled(net_ending_in(output), "model.pkl"),
}


# ------------------------------------------------------------------------------------- what wrappers call


def build(X: Any, y: Any) -> Any:  # noqa: N803 - it is called so
    """Build for keras.wrappers, which hands over classes as indicator columns."""
    width = 1 if np.ndim(y) == 1 else y.shape[1]
    last = "linear" if width == 1 else "softmax"
    net = keras.Sequential([keras.Input((X.shape[1],)), keras.layers.Dense(width, activation=last)])
    net.compile(optimizer="adam", loss="mse")
    return net


def build_classifier(meta: Mapping[str, Any]) -> Any:
    """Build for scikeras."""
    kinds = meta["n_classes_"]
    last = (
        keras.layers.Dense(1, activation="sigmoid") if kinds == 2 else keras.layers.Dense(kinds, activation="softmax")
    )
    net = keras.Sequential([keras.Input((meta["n_features_in_"],)), last])
    net.compile(optimizer="adam", loss="binary_crossentropy" if kinds == 2 else "sparse_categorical_crossentropy")
    return net


def build_regressor(meta: Mapping[str, Any]) -> Any:
    """Build for scikeras."""
    return build(np.zeros((1, meta["n_features_in_"])), np.zeros(1))
