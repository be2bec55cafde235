"""Who trains: the hook ``fit`` of ``custom.py``, or a model class."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from drum.errors import ConfigError
from drum_train.checkpoints import LAST, Checkpoints, newest
from drum_train.model_classes import chosen_class
from drum_train.user_code import blamed, call

if TYPE_CHECKING:
    import pandas as pd

    from drum.types import ModelSpec
    from drum_train.data import Data

REFERENCE_ROWS = 10_000
"""Rows of the training data that a reference holds, where no model class says otherwise."""
OTHER_LANGUAGES = ("custom.R", "custom.r", "custom.jl")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """What is to be learnt: checked data, the declaration with its labels, and the hyperparameters.

    ``checkpoints`` is the folder for checkpoints of a model class, or ``None``.
    """

    spec: ModelSpec
    data: Data
    parameters: Mapping[str, Any]
    checkpoints: Path | None = None
    resume: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trained:
    """The rows of a reference, with their target, and the last checkpoint, if there is one."""

    features: pd.DataFrame
    target: Any
    last_checkpoint: Path | None = None


class Trainer(Protocol):
    """Something that trains and leaves an artifact."""

    @property
    def identifier(self) -> str:
        """Under which name ``hyperparameters.json`` knows it."""

    @property
    def keeps_checkpoints(self) -> bool:
        """Tell whether runs can be resumed."""

    def train(self, task: Task, folder: Path) -> Trained:
        """Train, and write the artifact into a folder."""


class FitHook:
    """The hook ``fit`` of ``custom.py``."""

    keeps_checkpoints = False

    def __init__(self, code_dir: Path, identifier: str) -> None:
        self._code_dir = code_dir
        self.identifier = identifier

    def train(self, task: Task, folder: Path) -> Trained:
        """Call the hook.

        :raises CustomCodeError: if it raises.
        """
        data = task.data
        keywords = {
            "class_order": list(task.spec.labels) or None, "row_weights": data.row_weights,
            "parameters": dict(task.parameters),
        }  # fmt: skip
        with blamed("Model 'fit' hook", "train", self._code_dir):
            fit = sys.modules["custom"].fit
            call(fit, data.features.copy(), _copied(data.target), str(folder), keywords=keywords)
        kept = data.features.sample(min(len(data.features), REFERENCE_ROWS), random_state=0).sort_index().index
        return Trained(features=data.features.loc[kept], target=None if data.target is None else data.target.loc[kept])


def _copied(target: Any) -> Any:
    return None if target is None else target.copy()


class ModelClass:
    """A model class, with its checkpoints."""

    keeps_checkpoints = True

    def __init__(self, identifier: str, kind: Any, code_dir: Path) -> None:
        self.identifier = identifier
        self._kind = kind
        self._code_dir = code_dir

    def train(self, task: Task, folder: Path) -> Trained:
        """Train from the beginning, or from the last checkpoint.

        :raises ConfigError: if a run is to be resumed that left no checkpoint.
        :raises CustomCodeError: if a method raises.
        """
        data = task.data
        resumed = _resumed(task) if task.resume else None
        checkpoints = Checkpoints(task.checkpoints, resumed)
        with self._blamed("train"):
            model = self._kind.from_checkpoint(resumed) if resumed else self._made(task)
            model.fit(data.features.copy(), _copied(data.target), row_weights=data.row_weights, checkpoints=checkpoints)
        with self._blamed("save the model"):
            model.save(folder)
        with self._blamed("choose a reference"):
            features, target = model.gen_reference_set(data.features.copy(), _copied(data.target))
        return Trained(
            features=features.reset_index(drop=True),
            target=None if target is None else target.reset_index(drop=True),
            last_checkpoint=checkpoints.last,
        )

    def _made(self, task: Task) -> Any:
        return self._kind(
            parameters=dict(task.parameters), labels=list(task.spec.labels), target_type=task.spec.target_type
        )

    def _blamed(self, purpose: str) -> Any:
        return blamed(f"Model class '{self.identifier}'", purpose, self._code_dir)


def _resumed(task: Task) -> Path:
    if task.checkpoints is None:
        raise ConfigError("--resume goes on from a checkpoint: say where they are with --weights-dir.")
    last = newest(task.checkpoints, LAST)
    if last is None:
        raise ConfigError(f"There is nothing to resume: '{task.checkpoints}' holds no '{LAST}_…' checkpoint.")
    return last


def trainer_for(code_dir: Path, custom: Any, model: str | None, name: str | None) -> Trainer:
    """Return who trains: the class that is named, else the hook, else the only class.

    :param custom: the user's custom code, or ``None``.
    :param name: what ``model-metadata.yaml`` calls the model.
    :raises ConfigError: if there is neither.
    """
    if model is None and custom is not None and custom.defines("fit"):
        return FitHook(code_dir, name or "custom")
    foreign = [file for file in OTHER_LANGUAGES if (code_dir / file).is_file()]
    if foreign and model is None and not any(code_dir.glob("models/*/__init__.py")):
        raise ConfigError(
            f"drum fit trains with custom.py or a model class; '{foreign[0]}' is scored, but not trained."
        )
    found = chosen_class(code_dir, model)
    assert found is not None
    return ModelClass(*found, code_dir)
