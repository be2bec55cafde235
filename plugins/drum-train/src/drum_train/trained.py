"""A trained code directory, or one of its model's checkpoints made into such a directory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum_train.checkpoints import best_or_last, folder_of
from drum_train.data_options import path_of
from drum_train.declaration import code_dir_of, spec_of
from drum_train.model_classes import chosen_class
from drum_train.output_folder import copy_code
from drum_train.user_code import blamed

if TYPE_CHECKING:
    from drum.cli.commands import Context
    from drum.custom_code import CustomCode
    from drum.types import ModelSpec


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainedModel:
    """What is tested or exported.

    ``folder`` scores as it is. ``model`` is the object of the model class called ``name``; ``None`` where there is no
    class. ``custom`` is the user's custom code, or ``None``. ``checkpoints`` is the folder that its checkpoint came
    from, and ``told`` says which one that was.
    """

    folder: Path
    spec: ModelSpec
    model: Any = None
    name: str = ""
    custom: CustomCode | None = None
    checkpoints: Path | None = None
    told: tuple[str, ...] = ()


def trained_model(context: Context, building: Path) -> TrainedModel:
    """Return what ``--code-dir`` holds, or with ``--weights-dir`` the best checkpoint, else the newest last one.

    :param building: an empty folder, for the code directory of a checkpoint.
    :raises ConfigError: if there is no model class, or no checkpoint, that was asked for.
    :raises CustomCodeError: if the class cannot be used.
    """
    from drum.custom_code import find_custom_code

    given, code_dir = context.arguments, code_dir_of(context.settings)
    spec = spec_of(code_dir, context.settings)
    custom = find_custom_code(code_dir)
    weights = path_of(given.weights_dir)
    found = chosen_class(code_dir, given.model, needed=weights is not None)
    if found is None:
        return TrainedModel(folder=code_dir, spec=spec, custom=custom)
    name, kind = found
    what = f"Model class '{name}'"
    if weights is None:
        with blamed(what, "load the model", code_dir):
            return TrainedModel(folder=code_dir, spec=spec, model=kind.load(code_dir), name=name, custom=custom)
    checkpoints = folder_of(weights, name, given.dataset)
    path, told = best_or_last(checkpoints)
    copy_code(code_dir, building)
    with blamed(what, "load the checkpoint", code_dir):
        model = kind.from_checkpoint(path)
    with blamed(what, "save the model", code_dir):
        model.save(building)
    return TrainedModel(
        folder=building, spec=replace(spec, code_dir=building), model=model, name=name, custom=custom,
        checkpoints=checkpoints, told=(told,),
    )  # fmt: skip
