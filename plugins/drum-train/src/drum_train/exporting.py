"""Export a trained model to ONNX: convert it, score the new folder, and compare with the original."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.errors import ConfigError, ModelContractError, ModelError
from drum_train import onnx_sklearn, onnx_torch
from drum_train.comparison import difference
from drum_train.output_folder import copy_code, new_folder
from drum_train.reference import SUFFIX, read_features
from drum_train.scored_apart import predictions_of
from drum_train.user_code import blamed

if TYPE_CHECKING:
    import pandas as pd

    from drum.cli.commands import Context
    from drum.types import Artifact
    from drum_train.trained import TrainedModel

GRAPH = "model.onnx"
OVERRIDING_HOOKS = ("load_model", "score", "read_input_data")
"""With these in custom.py, a graph beside it would not be what is scored."""


def export_onnx(trained: TrainedModel, output: Path, reference: Path, tolerance: float, context: Context) -> list[str]:
    """Write a code directory with graphs in place of the artifact, or nothing if it predicts otherwise.

    :param reference: the Parquet file whose features are scored by both.
    :raises ModelError: if the model cannot be converted.
    :raises ModelContractError: if predictions differ by more than ``tolerance``.
    """
    features = read_features(reference)
    artifact = _artifact(trained, context)
    with new_folder(output) as folder:
        copy_code(trained.folder, folder)
        if artifact.path is not None:
            (folder / artifact.path.relative_to(trained.folder)).unlink()
        graphs = _converted(trained, artifact, folder, features, context)
        expected = predictions_of(trained.folder, [features], context)[0]
        whole, alone = predictions_of(folder, [features, features.iloc[:1]], context)
        lines = [_parity(expected, whole, tolerance, reference)]
        _parity(expected.iloc[:1], alone, tolerance, reference)
    return [f"Wrote '{output}': {', '.join(str(path.relative_to(folder)) for path in graphs)}.", *lines]


def _parity(expected: pd.DataFrame, got: pd.DataFrame, tolerance: float, reference: Path) -> str:
    apart = difference(expected, got, tolerance)
    if apart.largest > tolerance:
        raise ModelContractError(
            f"The exported model predicts otherwise: the largest difference is {apart.largest:.3g}, and "
            f"{tolerance:.3g} is allowed. Of {len(expected):,} rows of '{reference}', {apart}. Nothing was written."
        )
    return f"Parity: over {len(expected):,} rows of '{reference.name}', the largest difference is {apart.largest:.3g}."


def _artifact(trained: TrainedModel, context: Context) -> Artifact:
    from drum.custom_code import find_custom_code
    from drum.detection import detect, nothing_found

    custom = find_custom_code(trained.folder)
    overriding = [hook for hook in OVERRIDING_HOOKS if custom is not None and custom.defines(hook)]
    if overriding:
        raise ConfigError(
            f"custom.py has the hook '{overriding[0]}', which would go before an exported graph: it does what a graph "
            "is to do. Remove it to export."
        )
    vote = detect(context.manager, trained.spec, context.settings["runtime"], context.settings["language"])
    if vote is None:
        raise nothing_found(trained.folder)
    return vote.artifact


def _converted(
    trained: TrainedModel, artifact: Artifact, folder: Path, features: pd.DataFrame, context: Context
) -> Sequence[Path]:
    """Let the model class convert itself, or else convert what the runtime loads."""
    if trained.model is not None:
        with blamed(f"Model class '{trained.name}'", "export to ONNX", trained.folder):
            graphs = [Path(path) for path in trained.model.export_onnx(folder, features)]
        missing = [path for path in graphs if not path.is_file()]
        if missing or not graphs:
            raise ModelError(f"Model class '{trained.name}' wrote no graph: {missing[0] if missing else 'it says so'}.")
        return graphs
    model = _loaded(trained, artifact, context)
    path = folder / GRAPH
    roots = {kind.__module__.partition(".")[0] for kind in type(model).__mro__}
    if "torch" in roots:
        onnx_torch.export(model, features, path)
    elif "sklearn" in roots:
        onnx_sklearn.export(model, features, path)
    else:
        raise ModelError(
            f"Models of type {type(model).__module__}.{type(model).__qualname__} (runtime '{artifact.runtime}') cannot "
            "be exported: scikit-learn and PyTorch can. Write a model class with 'export_onnx'."
        )
    return [path]


def _loaded(trained: TrainedModel, artifact: Artifact, context: Context) -> Any:
    manager = context.manager
    others = manager.get_plugins() - {manager.get_plugin(artifact.runtime)}
    load = manager.subset_hook_caller("drum_load_model", others)
    return load(artifact=artifact, spec=trained.spec, settings=_settings_of(context))


def _settings_of(context: Context) -> Any:
    """Return the settings as runtimes expect them: on the CPU, where graphs are made."""
    return {**context.settings, "device": "cpu"}


def reference_of(trained: TrainedModel, given: Path | None) -> Path:
    """Return the reference to compare on: the one that is given, or the newest beside the checkpoints.

    :raises ConfigError: if there is none.
    """
    if given is not None:
        if not given.is_file():
            raise ConfigError(f"The reference '{given}' does not exist.")
        return given
    found = [] if trained.checkpoints is None else sorted(trained.checkpoints.glob(f"*{SUFFIX}"))
    if not found:
        raise ConfigError(
            "Say with --reference FILE on which data to compare: drum fit --reference writes it, or leaves it beside "
            "the checkpoints that --weights-dir names."
        )
    return found[-1]
