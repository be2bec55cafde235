"""Who trains: the hook ``fit`` of the user's code, or a model class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from drum.detection import KNOWN_RUNTIMES, install_line
from drum.errors import ConfigError, RuntimeNotInstalledError
from drum.types import TrainingData
from drum_train.checkpoints import Checkpoints
from drum_train.model_classes import chosen_class
from drum_train.resuming import record_for, resumed_checkpoint
from drum_train.user_code import OTHER_LANGUAGES, blamed

if TYPE_CHECKING:
    import pandas as pd

    from drum.cli.commands import Context
    from drum.custom_code import CustomCode
    from drum.types import ModelSpec

REFERENCE_ROWS = 10_000
"""Rows of the training data that a reference holds, where no model class says otherwise."""
FINISHED = "The run that left '{}' was already finished: nothing left to train."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """What is to be learnt: checked data with hyperparameters, and the declaration with its labels.

    ``checkpoints`` is the folder for checkpoints of a model class, or ``None``. ``other_data`` allows a resumed run to
    go on with other data than it began with.
    """

    spec: ModelSpec
    data: TrainingData
    checkpoints: Path | None = None
    resume: bool = False
    other_data: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trained:
    """The rows of a reference, with their target; the last checkpoint, if there is one; what there is to tell."""

    features: pd.DataFrame
    target: Any
    last_checkpoint: Path | None = None
    told: tuple[str, ...] = ()


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
    """The hook ``fit`` of the user's code, in whichever language that is.

    :param fit: calls it, as the hook ``drum_fit`` is called.
    :param file: where the user wrote it.
    """

    keeps_checkpoints = False

    def __init__(self, identifier: str, file: str, fit: Callable[..., bool | None]) -> None:
        self.identifier = identifier
        self._file = file
        self._fit = fit

    def train(self, task: Task, folder: Path) -> Trained:
        """Call the hook.

        :raises ConfigError: if there is no such hook.
        :raises CustomCodeError: if it raises.
        """
        data = task.data
        called = self._fit(training=data, output_dir=folder, spec=task.spec)
        if not called:
            raise ConfigError(f"'{self._file}' has no 'fit' hook. Write one, or a model class in models/.")
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

        :raises ConfigError: if a run is to be resumed that left no checkpoint, or was trained on other data.
        :raises CustomCodeError: if a method raises.
        """
        data = task.data
        resumed = resumed_checkpoint(task) if task.resume else None
        checkpoints = Checkpoints(task.checkpoints, resumed, record_for(task, resumed))
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
            told=() if resumed is None or checkpoints.saved else (FINISHED.format(resumed.name),),
        )

    def _made(self, task: Task) -> Any:
        return self._kind(
            parameters=dict(task.data.parameters), labels=list(task.spec.labels), target_type=task.spec.target_type
        )

    def _blamed(self, purpose: str) -> Any:
        return blamed(f"Model class '{self.identifier}'", purpose, self._code_dir)


def hook_name(spec: ModelSpec) -> str:
    """Return under which name ``hyperparameters.json`` holds values for a ``fit`` hook."""
    return spec.name or "custom"


def trainer_for(context: Context, code_dir: Path, custom: CustomCode | None, spec: ModelSpec) -> Trainer:
    """Return who trains: the class that is named, else the hook, else the only class.

    :param custom: the user's custom code in Python, or ``None``.
    :param spec: says what ``model-metadata.yaml`` calls the model.
    :raises ConfigError: if there is neither.
    :raises RuntimeNotInstalledError: if the plugin for the language of the hook is missing.
    """
    model = context.arguments.model
    if model is None and custom is not None and custom.defines("fit"):
        return FitHook(hook_name(spec), "custom.py", custom.drum_fit)
    foreign = [file for file in OTHER_LANGUAGES if (code_dir / file).is_file()]
    if foreign and model is None and not any(code_dir.glob("models/*/__init__.py")):
        _check_installed(context, foreign[0])
        fit = partial(context.manager.hook.drum_fit, settings=context.settings)
        return FitHook(hook_name(spec), foreign[0], fit)
    found = chosen_class(code_dir, model)
    assert found is not None
    return ModelClass(*found, code_dir)


def _check_installed(context: Context, file: str) -> None:
    needed, _ = KNOWN_RUNTIMES[Path(file).suffix.lower()]
    distribution = needed.partition("[")[0]
    if all(plugin.distribution != distribution for plugin in context.manager.installed):
        raise RuntimeNotInstalledError(
            f"A 'fit' hook in '{file}' is called by {distribution}, which is not installed. Run: {install_line(needed)}"
        )
