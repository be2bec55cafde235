"""``drum test``: score data with known answers, and print how good the answers are."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.cli.commands import Command
from drum.errors import ConfigError, ModelContractError
from drum.types import PREDICTIONS, TargetType
from drum_train.data_options import add_checkpoint_options, add_data_options

if TYPE_CHECKING:
    import pandas as pd

    from drum.cli.commands import Context
    from drum.types import ModelSpec, TrainingData
    from drum_train.trained import TrainedModel


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_data_options(parser)
    add_checkpoint_options(parser)
    parser.add_argument(
        "--path-separator", metavar="TEXT",
        help="labels are paths, with this between their parts, such as '/': print metrics of the hierarchy too",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print a JSON object")


def _run(context: Context) -> None:
    import json
    import tempfile

    with tempfile.TemporaryDirectory(prefix="drum-train-") as building:
        found, told = tested(context, Path(building).resolve())
    if context.arguments.json:
        print(json.dumps(found))  # noqa: T201 - a command speaks to who called it
        return
    width = max(map(len, found))
    print("\n".join([*told, *(f"{name:<{width}}  {value:.6g}" for name, value in found.items())]))  # noqa: T201


def tested(context: Context, building: Path) -> tuple[dict[str, float], tuple[str, ...]]:
    """Return metrics by name, and what there is to tell.

    :param building: an empty folder.
    :raises DrumError: if the data or the model are not right.
    """
    from drum_train.data import read_data
    from drum_train.scored_apart import predictions_of
    from drum_train.targets import true_answers
    from drum_train.trained import trained_model

    trained = trained_model(context, building)
    data = read_data(context, trained.spec, trained.custom)
    if data.target is None:
        raise ConfigError("To test a model, give the true answers: --target COLUMN, or --target-csv FILE.")
    target, labels = true_answers(data.target, trained.spec)
    spec = replace(trained.spec, labels=labels)
    predictions = predictions_of(trained.folder, [data.features], context, declared=bool(spec.metadata))[0]
    found = _metrics(replace(data, target=target), predictions, spec, context.arguments.path_separator)
    found |= _own_metrics(trained, replace(data, target=target))
    return {name: float(value) for name, value in found.items()}, trained.told


def _metrics(data: TrainingData, predictions: pd.DataFrame, spec: ModelSpec, separator: str | None) -> dict[str, float]:
    from drum_train.hierarchy import hierarchical_metrics
    from drum_train.metrics import metrics_of, predicted_labels

    target: Any = data.target
    if len(predictions) != len(target):
        raise ModelContractError(f"The reply has {len(predictions)} lines for {len(target)} rows of data.")
    found = metrics_of(target, predictions, data.row_weights, spec)
    if separator is None:
        return found
    if spec.target_type is TargetType.MULTICLASS:
        chosen: Any = predicted_labels(predictions[list(spec.labels)])
    elif not spec.target_type.is_numeric:
        chosen = predictions[PREDICTIONS]
    else:
        raise ConfigError(f"--path-separator is for labels; target type '{spec.target_type.value}' has none.")
    return found | hierarchical_metrics(target.tolist(), chosen.tolist(), separator, data.row_weights)


def _own_metrics(trained: TrainedModel, data: TrainingData) -> dict[str, float]:
    """Return what the model class itself measures."""
    from drum_train.user_code import blamed

    if trained.model is None:
        return {}
    with blamed(f"Model class '{trained.name}'", "test the model", trained.spec.code_dir):
        return dict(trained.model.test(data.features.copy(), data.target) or {})


COMMAND = Command(
    name="test",
    help="score data with known answers, and print metrics",
    description="Score data with known answers as 'drum score' would, and print metrics for the target type.",
    run=_run,
    add_arguments=_add_arguments,
    examples=(
        "drum test --code-dir trained --input test.csv --target price",
        "drum test --code-dir trained --input test.csv --target topic --path-separator / --json",
    ),
)
