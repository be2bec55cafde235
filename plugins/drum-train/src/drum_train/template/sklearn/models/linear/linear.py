"""A linear model for a table of numbers: how it is trained, kept and exported."""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import SGDClassifier, SGDRegressor
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from drum_train import onnx_sklearn, skops_state

DEFAULTS = {"epochs": 20, "alpha": 0.001, "seed": 0}
ARTIFACT = "model.skops"
VALIDATION_EVERY = 5  # rows


class Linear:
    """A linear model behind scaling, trained in epochs."""

    def __init__(self, *, parameters, labels, target_type) -> None:
        self.parameters = {**DEFAULTS, **parameters}
        self.labels = list(labels)
        self.target_type = getattr(target_type, "value", target_type)
        self.epoch, self.best_loss, self.best = 0, math.inf, None
        self.preprocessor = make_pipeline(StandardScaler())
        kind = SGDClassifier(loss="log_loss") if self.labels else SGDRegressor()
        self.estimator = kind.set_params(alpha=self.parameters["alpha"], random_state=self.parameters["seed"])
        self.random = np.random.default_rng(self.parameters["seed"])

    # -- training

    def fit(self, features, target, *, row_weights, checkpoints) -> None:
        """Train, or go on in the epoch that the checkpoint had reached."""
        y = target.to_numpy()
        weights = np.ones(len(y)) if row_weights is None else row_weights.to_numpy()
        validation = np.arange(len(y)) % VALIDATION_EVERY == 0
        if self.epoch == 0:
            self.preprocessor.fit(features[~validation])
        x = self.preprocessor.transform(features)
        while self.epoch < self.parameters["epochs"]:
            rows = self.random.permutation(np.flatnonzero(~validation))
            classes = {"classes": np.array(sorted(self.labels), dtype=object)} if self.labels else {}
            self.estimator.partial_fit(x[rows], y[rows], sample_weight=weights[rows], **classes)
            self.epoch += 1
            self._keep(self._loss(x[validation], y[validation], weights[validation]), checkpoints)
        self.estimator = self.best

    def _loss(self, x, y, weights) -> float:
        if not self.labels:
            return float(mean_squared_error(y, self.estimator.predict(x), sample_weight=weights))
        scores = self.estimator.predict_proba(x)
        return float(log_loss(y, scores, labels=sorted(self.labels), sample_weight=weights))

    def _keep(self, loss: float, checkpoints) -> None:
        better = loss < self.best_loss
        if better:
            self.best_loss, self.best = loss, copy.deepcopy(self.estimator)
        checkpoints.save_last(skops_state.EXTENSION, self._write)
        if better:
            checkpoints.save_best(skops_state.EXTENSION, self._write)

    def test(self, features, target) -> dict[str, float]:
        """Return metrics of one's own, beside those that drum computes."""
        return {}

    # -- files

    def _write(self, path: Path) -> None:
        """Write all that it takes to go on exactly."""
        skops_state.write(path, {
            "preprocessor": self.preprocessor, "estimator": self.estimator, "best": self.best,
            "rest": json.dumps({
                "parameters": self.parameters, "labels": self.labels, "target_type": self.target_type,
                "epoch": self.epoch, "best_loss": self.best_loss, "random": self.random.bit_generator.state,
            }),
        })  # fmt: skip

    @classmethod
    def from_checkpoint(cls, path: Path) -> Linear:
        """Return the model of a checkpoint, ready to go on, or to save."""
        state = skops_state.read(path)
        rest = json.loads(state["rest"])
        model = cls(parameters=rest["parameters"], labels=rest["labels"], target_type=rest["target_type"])
        model.preprocessor, model.estimator, model.best = state["preprocessor"], state["estimator"], state["best"]
        model.epoch, model.best_loss = rest["epoch"], rest["best_loss"]
        model.random.bit_generator.state = rest["random"]
        return model

    def save(self, output_dir: Path) -> None:
        """Write one pipeline, preprocessing and all."""
        skops_state.write(Path(output_dir) / ARTIFACT, self._pipeline())

    @classmethod
    def load(cls, code_dir: Path) -> Linear:
        """Return what :meth:`save` wrote, ready to export."""
        pipeline = skops_state.read(Path(code_dir) / ARTIFACT)
        model = cls(parameters={}, labels=getattr(pipeline, "classes_", ()), target_type="")
        model.preprocessor, model.estimator = pipeline[:-1], pipeline[-1]
        return model

    def _pipeline(self) -> Pipeline:
        return make_pipeline(*(step for _, step in self.preprocessor.steps), self.estimator)

    def get_preprocessor(self) -> Pipeline:
        """Return the scaling, which is part of the pipeline."""
        return self.preprocessor

    def gen_reference_set(self, features, target):
        """Return the rows that monitoring compares with."""
        kept = features.sample(min(len(features), 10_000), random_state=0).sort_index().index
        return features.loc[kept], None if target is None else target.loc[kept]

    def export_onnx(self, output_dir: Path, features: pd.DataFrame) -> list[Path]:
        """Write one graph with all of the pipeline in it."""
        path = Path(output_dir) / "model.onnx"
        onnx_sklearn.export(self._pipeline(), features, path)
        return [path]
