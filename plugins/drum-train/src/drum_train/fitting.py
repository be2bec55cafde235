"""Train a code directory: data, hyperparameters, training, a folder that scores as it is, its reference."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.errors import ConfigError, DrumError
from drum.types import PREDICTIONS, TargetType
from drum_train import hyperparameters, reference
from drum_train.checkpoints import folder_of
from drum_train.data import read_data
from drum_train.data_options import dataset_name, path_of
from drum_train.declaration import code_dir_of, spec_of, write_declaration
from drum_train.model_classes import known_names
from drum_train.output_folder import check_place, copy_code, new_folder, state_of
from drum_train.targets import checked_target
from drum_train.trainers import Task, Trained, Trainer, hook_name, trainer_for
from drum_train.verification import check_artifact, check_written, scored_twice

if TYPE_CHECKING:
    import pandas as pd

    from drum.cli.commands import Context
    from drum.custom_code import CustomCode
    from drum.types import ModelSpec

WITHOUT_SCORES = (TargetType.TRANSFORM, TargetType.UNSTRUCTURED)


def fit(context: Context) -> list[str]:
    """Train, and return the lines that tell what came of it.

    :raises DrumError: if options, data or code are not right; then the output is as it was.
    """
    from drum.custom_code import find_custom_code

    given, code_dir = context.arguments, code_dir_of(context.settings)
    output = path_of(given.output)
    if output is not None:
        check_place(output, code_dir)
    spec = spec_of(code_dir, context.settings)
    custom = find_custom_code(code_dir)
    trainer = trainer_for(context, code_dir, custom, spec)
    checkpoints = _checkpoint_folder(trainer, context)
    parameters = hyperparameters.values_for(
        trainer.identifier, hyperparameters.declared(spec.metadata), code_dir, path_of(given.parameter_file),
        others=_known_models(code_dir, custom, spec),
    )  # fmt: skip
    data = read_data(context, spec, custom)
    target, labels = checked_target(data.target, spec)
    task = Task(
        spec=replace(spec, labels=labels), data=replace(data, target=target, parameters=parameters),
        checkpoints=checkpoints, resume=given.resume, other_data=given.other_data,
    )  # fmt: skip
    return _told_labels(spec, labels) + _trained_into(
        output, task, trainer, context, loads_itself=custom is not None and custom.defines("load_model")
    )


def _known_models(code_dir: Path, custom: CustomCode | None, spec: ModelSpec) -> set[str]:
    """Return the names under which ``hyperparameters.json`` may hold values: of the model classes and of the hook."""
    hook = {hook_name(spec)} if custom is not None and custom.defines("fit") else set()
    return known_names(code_dir) | hook


def _checkpoint_folder(trainer: Trainer, context: Context) -> Path | None:
    given = context.arguments
    root = path_of(given.weights_dir)
    if not trainer.keeps_checkpoints and (root is not None or given.resume):
        raise ConfigError("The 'fit' hook keeps no checkpoints: --weights-dir and --resume are for model classes.")
    if root is None:
        return None
    return folder_of(root.resolve(), trainer.identifier, dataset_name(given.dataset, Path(given.input)))


def _told_labels(spec: ModelSpec, labels: Sequence[str]) -> list[str]:
    if spec.labels or not labels:
        return []
    if spec.target_type is TargetType.BINARY:
        return [f"Labels, from the target: negative '{labels[0]}', positive '{labels[1]}'."]
    return [f"Labels, from the target: {', '.join(labels)}."]


def _trained_into(
    output: Path | None, task: Task, trainer: Trainer, context: Context, *, loads_itself: bool
) -> list[str]:
    """Train into a folder, check it, and write its reference.

    :param loads_itself: whether custom code loads the model, so that nobody looks for an artifact.
    """
    with new_folder(output) as folder:
        copy_code(task.spec.code_dir, folder)
        before = state_of(folder)
        trained = trainer.train(task, folder)
        written = check_written(folder, before)
        spec = replace(task.spec, code_dir=folder)
        write_declaration(folder, task.spec, _target_name(task))
        try:
            if not loads_itself:
                check_artifact(folder, spec, written, context)
            scores, told = scored_twice(folder, task.data.features, trained, spec, context)
        except DrumError as error:
            raise _rejected(error, folder, output) from error
        lines = [*trained.told, told, *_reference(trained, scores, spec, context)]
    if trained.last_checkpoint is not None:
        lines.insert(0, f"The last checkpoint is '{trained.last_checkpoint}'.")
    if output is None:
        return [*lines, "A dry run: no --output, so the trained folder is not kept."]
    return [f"Wrote '{output}': {', '.join(written)}.", *lines]


def _target_name(task: Task) -> str | None:
    target = task.data.target
    return str(target.name) if target is not None and target.ndim == 1 and target.name is not None else None


def _rejected(error: DrumError, folder: Path, output: Path | None) -> DrumError:
    """Keep what was trained, though it does not score: training may have taken hours.

    :returns: the error, in which the folder has the name under which it is kept.
    """
    if output is None:
        kept, told = Path("OUTPUT"), "It was a dry run: 'OUTPUT' stands for the folder, which is not kept."
    else:
        kept = output.resolve().with_name(f"{output.name}.rejected")
        told = f"What was trained is kept in '{kept}'."
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(folder, kept)
    reason, detail = (text.replace(str(folder), str(kept)) for text in (str(error), error.detail))
    return type(error)(f"The model was trained, but drum cannot score it: {reason.rstrip('.')}. {told}", detail=detail)


def _reference(trained: Trained, scores: pd.DataFrame, spec: ModelSpec, context: Context) -> list[str]:
    path = _reference_path(trained, context)
    if path is None:
        return []
    if spec.target_type in WITHOUT_SCORES:
        if context.arguments.reference is not None:
            raise ConfigError(f"A model of target type '{spec.target_type.value}' gives no scores to compare.")
        return []
    own: Any = list(spec.labels) or [PREDICTIONS]
    reference.write_reference(path, trained.features, scores[own], trained.target, spec)
    return [f"Wrote the reference '{path}': {len(trained.features):,} rows."]


def _reference_path(trained: Trained, context: Context) -> Path | None:
    given = path_of(context.arguments.reference)
    if given is not None or trained.last_checkpoint is None:
        return given
    last = trained.last_checkpoint
    for older in last.parent.glob(f"last_*{reference.SUFFIX}"):
        if not any(last.parent.glob(f"{older.name.removesuffix(reference.SUFFIX)}.*")):
            older.unlink()  # its checkpoint has been replaced
    return last.with_name(f"{last.stem}{reference.SUFFIX}")
