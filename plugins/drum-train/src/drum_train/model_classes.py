"""Model classes: the methods that make one, and where they are found."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from drum.errors import ConfigError, CustomCodeError
from drum_train.user_code import blamed, imported

if TYPE_CHECKING:
    import pandas as pd

    from drum.types import TargetType
    from drum_train.checkpoints import Checkpoints

ENTRY_POINT_GROUP = "drum.models"
FOLDER = "models"
METHODS = ("fit", "test", "save", "load", "from_checkpoint", "gen_reference_set", "export_onnx")
"""What every class must have; ``get_preprocessor`` is optional."""


class TrainableModel(Protocol):
    """What a class must have to be trained; nothing has to be derived from this.

    ``parameters`` are the hyperparameters by name, ``labels`` the class labels in the order of predictions (empty for
    numbers). ``features`` is a ``DataFrame``; ``target`` a ``Series`` of numbers, or of labels as text, with a value
    for each of its rows. Both are given by position.

    A class may have a method ``get_preprocessor()`` too, which returns what turns features into what the model learns
    from, a part of what :meth:`save` writes: a place for other programs to find it. drum does not call it.
    """

    def __init__(
        self, *, parameters: Mapping[str, Any], labels: Sequence[str], target_type: TargetType
    ) -> None: ...  # pragma: no cover

    def fit(
        self,
        features: pd.DataFrame,
        target: Any,
        *,
        row_weights: pd.Series[Any] | None,
        checkpoints: Checkpoints,
    ) -> None:
        """Train, or go on where the checkpoint stopped; hand on each state that is worth keeping."""

    def test(self, features: pd.DataFrame, target: Any) -> Mapping[str, float]:
        """Return metrics of the model's own, beside those that ``drum test`` computes for the target type."""

    def save(self, output_dir: Path) -> None:
        """Write the artifact that drum scores into a code directory."""

    @classmethod
    def load(cls, code_dir: Path) -> TrainableModel:
        """Return the model that :meth:`save` wrote, ready to export."""

    @classmethod
    def from_checkpoint(cls, path: Path) -> TrainableModel:
        """Return the model of a checkpoint, with all that going on takes: optimiser, scheduler, random state."""

    def gen_reference_set(self, features: pd.DataFrame, target: Any) -> tuple[pd.DataFrame, Any]:
        """Return the rows, and their targets, that monitoring is to compare with."""

    def export_onnx(self, output_dir: Path, features: pd.DataFrame) -> Sequence[Path]:
        """Write one or more graphs with a dynamic batch axis; only the first lies at the folder's top level.

        :param features: rows whose names and types the inputs of the graph take over.
        """


def chosen_class(code_dir: Path, name: str | None, *, needed: bool = True) -> tuple[str, Any] | None:
    """Return the identifier of a model class, and the class.

    :param name: the identifier, where there are several.
    :param needed: whether it is an error that there is none.
    :raises ConfigError: if there is no such class, or there are several and none is named.
    :raises CustomCodeError: if it cannot be imported, or lacks a method.
    """
    local = _local_names(code_dir)
    installed = {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}
    if name is None and len(local) == 1:
        name = local[0]
    if name is None:
        if len(local) > 1:
            raise ConfigError(f"There are several model classes. Choose one with --model: {', '.join(local)}.")
        if needed:
            raise ConfigError(
                f"'{code_dir}' has neither a custom.py with a 'fit' hook nor a model class in "
                f"{FOLDER}/NAME/NAME.py. Write one (drum new model --layout class), or name an installed "
                f"one with --model: {', '.join(sorted(installed)) or 'there is none'}."
            )
        return None
    if name in local:
        return name, _local_class(code_dir, name)
    if name in installed:
        with blamed(f"Model class '{name}'", "be imported", code_dir):
            return name, _complete(installed[name].load(), name)
    known = ", ".join(sorted({*local, *installed})) or "none"
    raise ConfigError(f"There is no model class '{name}'. There are: {known}.")


def known_names(code_dir: Path) -> set[str]:
    """Return the identifiers of all model classes, of the code directory and installed."""
    return {*_local_names(code_dir), *(point.name for point in entry_points(group=ENTRY_POINT_GROUP))}


def _local_names(code_dir: Path) -> list[str]:
    return sorted(path.parent.name for path in code_dir.glob(f"{FOLDER}/*/__init__.py"))


def _local_class(code_dir: Path, name: str) -> Any:
    module = imported(f"{FOLDER}.{name}", code_dir)
    own = [
        value
        for value in vars(module).values()
        if inspect.isclass(value) and value.__module__.startswith(f"{FOLDER}.{name}") and hasattr(value, "fit")
    ]
    if len(own) != 1:
        found = ", ".join(value.__name__ for value in own) or "none"
        raise CustomCodeError(
            f"{FOLDER}/{name}/__init__.py must hold one class with a 'fit' method, imported from {name}.py; it holds "
            f"{found}."
        )
    return _complete(own[0], name)


def _complete(kind: Any, name: str) -> Any:
    missing = [method for method in METHODS if not callable(getattr(kind, method, None))]
    if missing:
        raise CustomCodeError(
            f"The model class '{name}' ({getattr(kind, '__name__', kind)}) lacks {', '.join(missing)}. A model class "
            f"has {', '.join(METHODS)}."
        )
    return kind
