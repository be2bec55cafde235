"""A network for a table of numbers: how it is trained, kept and exported."""

from __future__ import annotations

import copy
import math
from pathlib import Path

import pandas as pd
import torch
from torch import nn

from drum_train import onnx_torch, torch_state

DEFAULTS = {"epochs": 60, "hidden": 32, "learning_rate": 0.01, "batch_size": 64, "dropout": 0.1, "seed": 0}
ARTIFACT = "model.pt2"
VALIDATION = 0.2  # of the rows


class Preprocessor(nn.Module):
    """Scale each column to mean 0 and deviation 1; what is missing becomes the mean."""

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(columns))
        self.register_buffer("deviation", torch.ones(columns))

    def learn(self, x: torch.Tensor) -> None:
        """Take mean and deviation from the training rows."""
        known = ~x.isnan()
        count = known.sum(dim=0).clamp(min=1)
        self.mean = x.nan_to_num().sum(dim=0) / count
        spread = (((x - self.mean).nan_to_num() ** 2).sum(dim=0) / count).sqrt()
        self.deviation = torch.where(spread > 0, spread, torch.ones_like(spread))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Scale a matrix of rows x columns."""
        return torch.nan_to_num((x - self.mean) / self.deviation, nan=0.0)


class Answer(nn.Module):
    """Turn what the layers give into predictions: numbers of the target's size, or probabilities."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes
        self.register_buffer("mean", torch.zeros(1))
        self.register_buffer("deviation", torch.ones(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return a value for each row, or a probability for each row and class."""
        return torch.softmax(x, dim=1) if self.classes else x * self.deviation + self.mean


class Network:
    """A network of one hidden layer, trained in epochs."""

    def __init__(self, *, parameters, labels, target_type) -> None:
        self.parameters = {**DEFAULTS, **parameters}
        self.labels = list(labels)
        self.target_type = getattr(target_type, "value", target_type)
        self.epoch, self.best_loss, self.best = 0, math.inf, None
        self.module = self.optimizer = self.scheduler = self.random_state = None

    # -- training

    def fit(self, features, target, *, row_weights, checkpoints) -> None:
        """Train, or go on in the epoch that the checkpoint had reached."""
        x, y = as_tensor(features), self._as_target(target)
        weights = torch.ones(len(x)) if row_weights is None else torch.tensor(row_weights.to_numpy()).float()
        validation = torch.arange(len(x)) % round(1 / VALIDATION) == 0
        if self.module is None:
            torch.manual_seed(self.parameters["seed"])
            self._build(x.shape[1])
            self.module.preprocessor.learn(x[~validation])
            if not self.labels:
                self.module.answer.mean, self.module.answer.deviation = y.mean()[None], y.std()[None]
        else:
            torch.set_rng_state(self.random_state)
        while self.epoch < self.parameters["epochs"]:
            self._train_epoch(x[~validation], y[~validation], weights[~validation])
            loss = self._loss(x[validation], y[validation], weights[validation])
            self._keep(loss, checkpoints)
        self.module.load_state_dict(self.best)

    def _train_epoch(self, x, y, weights) -> None:
        self.module.train()
        for rows in torch.randperm(len(x)).split(self.parameters["batch_size"]):
            self.optimizer.zero_grad()
            (self._losses(x[rows], y[rows]) * weights[rows]).mean().backward()
            self.optimizer.step()
        self.scheduler.step()
        self.epoch += 1

    def _loss(self, x, y, weights) -> float:
        self.module.eval()
        with torch.no_grad():
            return float((self._losses(x, y) * weights).sum() / weights.sum())

    def _losses(self, x, y) -> torch.Tensor:
        given = self.module.layers(self.module.preprocessor(x))
        if self.labels:
            return nn.functional.cross_entropy(given, y, reduction="none")
        answer = self.module.answer
        return (given[:, 0] - (y - answer.mean) / answer.deviation) ** 2

    def _keep(self, loss: float, checkpoints) -> None:
        better = loss < self.best_loss
        if better:
            self.best_loss, self.best = loss, copy.deepcopy(self.module.state_dict())
        checkpoints.save_last(torch_state.EXTENSION, self._write)
        if better:
            checkpoints.save_best(torch_state.EXTENSION, self._write)

    def test(self, features, target) -> dict[str, float]:
        """Return metrics of one's own, beside those that drum computes."""
        return {}

    # -- files

    def _build(self, columns: int) -> None:
        hidden, outputs = self.parameters["hidden"], len(self.labels) or 1
        self.module = nn.Sequential()
        self.module.preprocessor = Preprocessor(columns)
        self.module.layers = nn.Sequential(
            nn.Linear(columns, hidden), nn.ReLU(), nn.Dropout(self.parameters["dropout"]), nn.Linear(hidden, outputs)
        )
        self.module.answer = Answer(len(self.labels))
        self.optimizer = torch.optim.Adam(self.module.parameters(), lr=self.parameters["learning_rate"])
        self.scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, self.parameters["epochs"])

    def _write(self, path: Path) -> None:
        """Write all that it takes to go on exactly: topology, weights, optimiser, scheduler, random state."""
        torch_state.write(path, {
            "parameters": self.parameters, "labels": self.labels, "target_type": self.target_type,
            "columns": self.module.layers[0].in_features, "epoch": self.epoch, "best_loss": self.best_loss,
            "module": dict(self.module.state_dict()), "best": dict(self.best),
            "optimizer": self.optimizer.state_dict(), "scheduler": self.scheduler.state_dict(),
            "random_state": torch.get_rng_state(),
        })  # fmt: skip

    @classmethod
    def from_checkpoint(cls, path: Path) -> Network:
        """Return the model of a checkpoint, ready to go on, or to save."""
        state = torch_state.read(path)
        model = cls(parameters=state["parameters"], labels=state["labels"], target_type=state["target_type"])
        model._build(state["columns"])
        model.module.load_state_dict(state["module"])
        model.optimizer.load_state_dict(state["optimizer"])
        model.scheduler.load_state_dict(state["scheduler"])
        model.epoch, model.best_loss, model.best = state["epoch"], state["best_loss"], state["best"]
        model.random_state = state["random_state"]
        return model

    def save(self, output_dir: Path) -> None:
        """Write one program with preprocessing, layers and answer: it needs nothing beside it to be scored."""
        example = torch.zeros(2, self.module.layers[0].in_features)
        program = torch.export.export(self.module.eval(), (example,), dynamic_shapes=({0: torch.export.Dim("rows")},))
        torch.export.save(program, Path(output_dir) / ARTIFACT)

    @classmethod
    def load(cls, code_dir: Path) -> Network:
        """Return what :meth:`save` wrote, ready to export."""
        model = cls(parameters={}, labels=[], target_type="")
        model.module = torch.export.load(Path(code_dir) / ARTIFACT).module()
        return model

    def get_preprocessor(self) -> nn.Module:
        """Return the scaling, which is part of the program."""
        return self.module.preprocessor

    def gen_reference_set(self, features, target):
        """Return the rows that monitoring compares with."""
        kept = features.sample(min(len(features), 10_000), random_state=0).sort_index().index
        return features.loc[kept], None if target is None else target.loc[kept]

    def export_onnx(self, output_dir: Path, features: pd.DataFrame) -> list[Path]:
        """Write one graph with all of the program in it."""
        path = Path(output_dir) / "model.onnx"
        onnx_torch.export(self.module, features, path)
        return [path]

    def _as_target(self, target) -> torch.Tensor:
        if self.labels:
            return torch.tensor([self.labels.index(label) for label in target])
        return torch.tensor(target.to_numpy(), dtype=torch.float32)


def as_tensor(features: pd.DataFrame) -> torch.Tensor:
    """Return the columns as the network takes them, and as drum hands them to it."""
    return torch.tensor(features.to_numpy(dtype="float32"))
