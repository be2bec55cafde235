"""Score ONNX models, kept as ``.onnx``, with ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.detection import only_file
from drum.hookspecs import hookimpl
from drum.settings import Settings
from drum.types import Artifact, Concurrency, Detection, Match, ModelSpec
from drum_onnx.inputs import NOTHING, as_inputs, columns_by_name, open_inputs, runs_of
from drum_onnx.loading import load, looks_like_onnx
from drum_onnx.outputs import chosen, joined, predictions
from drum_onnx.widths import warn_of_open_widths, widths_of

if TYPE_CHECKING:
    import pandas as pd

    from drum.cli.commands import Commands

ARTIFACTS = (".onnx",)

CONCURRENCY = Concurrency.THREADS
"""A session has threads of its own, which do not survive a fork."""


@hookimpl
def drum_add_commands(commands: Commands) -> None:
    """Bring the code directory that ``drum new model --framework onnx`` writes."""
    commands.add_template("onnx", Path(__file__).parent / "template")


@hookimpl
def drum_detect(code_dir: Path) -> Detection | None:
    """Vote for the one ``.onnx`` file; its content makes the stronger vote."""
    path = only_file(code_dir, *ARTIFACTS)
    if path is None:
        return None
    match = Match.PROVEN if looks_like_onnx(path) else Match.NAMED
    return Detection(runtime="onnx", path=path, match=match, concurrency=CONCURRENCY)


@hookimpl
def drum_recognize(model: Any) -> Detection | None:
    """Vote for a session of ONNX Runtime."""
    if type(model).__module__.partition(".")[0] != "onnxruntime" or not hasattr(model, "get_inputs"):
        return None
    return Detection(runtime="onnx", match=Match.PROVEN, concurrency=CONCURRENCY)


@hookimpl
def drum_load_model(artifact: Artifact, spec: ModelSpec, settings: Settings) -> Any:
    """Start a session, on CUDA where that is at hand, else on the CPU; learn the widths that it does not declare."""
    if artifact.path is None:
        return None
    session = load(artifact.path, settings)
    session.known_widths = widths_of(artifact.path, open_inputs(session.get_inputs()))
    if spec.schema is None:
        warn_of_open_widths(artifact.path.name, session.known_widths)
    return session


@hookimpl
def drum_describe(model: Any) -> dict[str, Any]:
    """Tell where the session really runs."""
    return {"providers": model.get_providers()}


@hookimpl
def drum_matrix_columns(model: Any, spec: ModelSpec) -> list[str] | None:
    """Take a matrix where the model, or else the recorded schema, says what its columns are called."""
    return columns_by_name(model.get_inputs(), spec)


@hookimpl
def drum_score(batch: pd.DataFrame, model: Any, spec: ModelSpec) -> pd.DataFrame:
    """Predict what the graph gives: probabilities for classes, values for everything else."""
    outputs = chosen(model.get_outputs(), spec)
    names = [output.name for output in outputs]
    arrays = as_inputs(batch, model.get_inputs(), getattr(model, "known_widths", NOTHING))
    results = [model.run(names, inputs) for inputs in runs_of(arrays, model.get_inputs())]
    return predictions(joined(results, rows=len(batch)), outputs, model.get_outputs(), spec)
