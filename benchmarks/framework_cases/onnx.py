"""ONNX Runtime: a neural network with one matrix, a forest with dictionaries, and a pipeline with an input a column."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

PACKAGES = ("drum_onnx", "onnxruntime", "skl2onnx", "sklearn")


def network(folder: Path, features: pd.DataFrame, target: Any) -> Callable[[pd.DataFrame], Any]:
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier((64, 64), max_iter=5).fit(features.to_numpy(np.float32), target)
    session = _saved(model, features.to_numpy(np.float32), folder, zipmap=False)
    return lambda frame: session.run(["probabilities"], {"X": frame.to_numpy(np.float32)})[0]


def dictionaries(folder: Path, features: pd.DataFrame, target: Any) -> Callable[[pd.DataFrame], Any]:
    from sklearn.ensemble import RandomForestClassifier

    model = RandomForestClassifier(20, max_depth=6).fit(features.to_numpy(np.float32), target)
    session = _saved(model, features.to_numpy(np.float32), folder, zipmap=True)

    def predict(frame: pd.DataFrame) -> Any:
        rows = session.run(["output_probability"], {"X": frame.to_numpy(np.float32)})[0]
        return np.array([row[1] for row in rows])

    return predict


def columns(folder: Path, features: pd.DataFrame, target: Any) -> Callable[[pd.DataFrame], Any]:
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    scaler = make_column_transformer((StandardScaler(), features.columns.tolist()))
    model = make_pipeline(scaler, LogisticRegression()).fit(features, target)
    session = _saved(model, features[:1].astype(np.float32), folder, zipmap=False)

    def predict(frame: pd.DataFrame) -> Any:
        arrays = {name: frame[[name]].to_numpy(np.float32) for name in frame}
        return session.run(["probabilities"], arrays)[0]

    return predict


def _saved(model: Any, sample: Any, folder: Path, zipmap: bool) -> Any:
    import onnxruntime
    from skl2onnx import to_onnx

    content = to_onnx(model, sample, options={"zipmap": zipmap}).SerializeToString()
    (folder / "model.onnx").write_bytes(content)
    return onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])


# ------------------------------------------------------------------------------------- on a GPU


def has_gpu() -> bool:
    import onnxruntime

    from drum_onnx.loading import CUDA, DRIVERS

    return CUDA in onnxruntime.get_available_providers() and any(driver.exists() for driver in DRIVERS)


def _saving(width: int) -> Callable[[Path, int], None]:
    def save(folder: Path, columns: int) -> None:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.neural_network import MLPClassifier

        rows = np.random.default_rng(0).normal(size=(200, columns)).astype(np.float32)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = MLPClassifier((width, width), max_iter=1, random_state=0).fit(rows, rows[:, 0] > 0)
        _saved(model, rows, folder, zipmap=False)

    return save


NETWORKS = {"128 wide": _saving(128), "2048 wide": _saving(2048)}
MODELS = {"network": network, "dictionaries": dictionaries, "columns": columns}
