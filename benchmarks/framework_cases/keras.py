"""Keras: a multilayer perceptron in both of its formats.

The fastest of Keras' own ways, ``predict_on_batch``, is compared: ``predict`` itself takes 40 ms for one row, and with
its batches of 32 rows some hundred times longer for all.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

PACKAGES = ("drum_keras", "keras", "tensorflow")


def archive(folder: Path, features: pd.DataFrame, target: Any) -> Callable[[pd.DataFrame], Any]:
    model = _fitted(features, target)
    model.save(folder / "model.keras")
    return _calling(model)


def hdf5(folder: Path, features: pd.DataFrame, target: Any) -> Callable[[pd.DataFrame], Any]:
    model = _fitted(features, target)
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):  # Keras advises against it
        model.save(folder / "model.h5")
    return _calling(model)


def _calling(model: Any) -> Callable[[pd.DataFrame], Any]:
    def predict(frame: pd.DataFrame) -> Any:
        return model.predict_on_batch(frame.to_numpy(dtype="float32"))

    return predict


def _fitted(features: pd.DataFrame, target: Any) -> Any:
    from drum.settings import Settings
    from drum_keras.quiet import import_keras

    keras = import_keras(Settings({}))
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((features.shape[1],)), layers.Dense(128, activation="relu"), layers.Dense(64, activation="relu"),
        layers.Dense(1, activation="sigmoid"),
    ])  # fmt: skip
    model.compile(optimizer="adam", loss="binary_crossentropy")
    model.fit(features.to_numpy(dtype="float32"), target, batch_size=1024, verbose=0)
    return model


MODELS = {".keras": archive, ".h5": hdf5}
