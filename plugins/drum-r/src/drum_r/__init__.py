"""Score R models kept as ``.rds``, and call the hooks of ``custom.R``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.cli.commands import Commands
from drum.custom_hooks import fit_arguments, label_arguments, post_process_argument
from drum.hookspecs import hookimpl
from drum.settings import Settings
from drum.types import Artifact, Detection, ModelSpec, Payload, Predictions, Reply, TargetType, TrainingData
from drum_r import artifacts

if TYPE_CHECKING:
    import pandas as pd

    from drum.types import Batch
    from drum_r.model import Model

ARTIFACTS = (".rds",)
TEMPLATE = Path(__file__).parent / "template"
TARGET_AS_WELL = 3
"""Arguments of a ``transform`` that takes the target, too."""


@hookimpl
def drum_add_commands(commands: Commands) -> None:
    """Add what ``drum new model --language r`` writes."""
    commands.add_template("r", TEMPLATE)


@hookimpl
def drum_configure(settings: Settings, spec: ModelSpec) -> None:
    """Refuse hooks in two languages."""
    artifacts.refuse_two_languages(spec.code_dir, settings)


@hookimpl
def drum_fit(training: TrainingData, output_dir: Path, spec: ModelSpec, settings: Settings) -> bool | None:
    """Call ``fit`` of ``custom.R``."""
    from drum_r import fitting

    return fitting.fit(*fit_arguments(training, output_dir, spec), spec.code_dir, settings)


@hookimpl
def drum_detect(code_dir: Path) -> Detection | None:
    """Vote for ``custom.R``, or for the one ``.rds`` file; R is not started for that."""
    return artifacts.detect(code_dir)


@hookimpl
def drum_load_model(artifact: Artifact, spec: ModelSpec, settings: Settings) -> Model:
    """Start R, read ``custom.R``, call ``init``, and load the model."""
    from drum_r import loading

    return loading.load(spec, settings)


@hookimpl
def drum_describe(model: Model) -> dict[str, Any]:
    """Tell the version of R, and what R calls the model."""
    return {"r": model.r_version, "model": list(model.classes)}


@hookimpl
def drum_custom_hooks(model: Model) -> Sequence[str]:
    """Name the hooks of ``custom.R``."""
    return tuple(model.hooks)


@hookimpl
def drum_read_input(payload: Payload, model: Model) -> Batch | None:
    """Call ``read_input_data`` with a raw vector."""
    from drum_r import unstructured
    from drum_r.calling import call

    if not model.defines("read_input_data"):
        return None
    arguments = {"input_binary_data": lambda session: unstructured.raw(session, payload.body)}
    return call(
        model, "read_input_data", arguments, "read the input data", lambda *answer: _taken_batch(model, *answer)
    )


def _taken_batch(model: Model, session: Any, value: Any, stage: str) -> Batch:
    """Take a frame; whatever else the hook has read stays in R, for the other hooks."""
    from drum_r.calling import FRAMES, kind_of, taken_frame
    from drum_r.model import Kept

    if kind_of(session, value) in FRAMES:
        return taken_frame(session, value, stage)
    return Kept(model.kept.engine, session.keep(value))


@hookimpl
def drum_transform(batch: Batch, model: Model, spec: ModelSpec, target: pd.DataFrame | None) -> Any:
    """Call ``transform``, with the target if it takes one; without it, the model may be a recipe."""
    from drum_r import calling, scoring

    is_answer = spec.target_type is TargetType.TRANSFORM
    if not model.defines("transform"):
        return scoring.transform(model, batch) if is_answer else None
    arguments = {"data": batch, "model": None}
    if is_answer and len([name for name in model.hooks["transform"] if name != "..."]) >= TARGET_AS_WELL:
        arguments["y"] = lambda session: session.null if target is None else calling.given(session, target)
    take = calling.taken_pair if is_answer else calling.taken_frame
    return calling.call(model, "transform", arguments, "transform the data", take)


@hookimpl
def drum_score(batch: Batch, model: Model, spec: ModelSpec) -> pd.DataFrame:
    """Call ``score`` with the labels as keyword arguments, or else R's ``predict``."""
    from drum_r import scoring
    from drum_r.calling import call, taken_frame
    from drum_r.labels import as_declared

    if not model.defines("score"):
        return scoring.predict(model, batch, spec)
    arguments = {"data": batch, "model": None}
    output = call(model, "score", arguments, "make predictions", taken_frame, label_arguments(spec))
    return as_declared(output, spec.labels, model.made_labels)


@hookimpl
def drum_post_process(predictions: Predictions, model: Model, spec: ModelSpec) -> pd.DataFrame | None:
    """Call ``post_process`` with the checked predictions and what came beside them."""
    from drum_r.calling import call, taken_frame
    from drum_r.labels import as_declared

    if not model.defines("post_process"):
        return None
    arguments = {"predictions": post_process_argument(predictions), "model": None}
    output = call(model, "post_process", arguments, "post-process predictions", taken_frame)
    return as_declared(output, spec.labels, model.made_labels)


@hookimpl
def drum_score_unstructured(payload: Payload, model: Model) -> Reply | None:
    """Call ``score_unstructured`` with text or raw, as the media type says."""
    from drum_r import unstructured

    return unstructured.answer(model, payload) if model.defines(unstructured.HOOK) else None


@hookimpl
def drum_unload_model(model: Model) -> None:
    """Let R forget the model."""
    model.kept.release()
