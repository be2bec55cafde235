"""Score Keras models kept as ``.keras`` or ``.h5``, and pickled pipelines of scikit-learn that end in one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.contract import framed_as_declared
from drum.detection import MULTIPLE_ARTIFACTS, files_with
from drum.errors import AmbiguousArtifactError
from drum.hookspecs import hookimpl
from drum.settings import Settings
from drum.types import Artifact, ColumnKind, Concurrency, Detection, Match, ModelSpec
from drum_keras import pipelines, scoring
from drum_keras.artifacts import EXTENSIONS, PICKLES, Kind, kind_of
from drum_keras.features import features_of
from drum_keras.inputs import inputs_of, is_of_numbers
from drum_keras.loading import load

if TYPE_CHECKING:
    import pandas as pd

    from drum.cli.commands import Commands

ARTIFACTS = (*EXTENSIONS, *PICKLES)
NUMERIC = (ColumnKind.INTEGER, ColumnKind.NUMBER)


@hookimpl
def drum_add_commands(commands: Commands) -> None:
    """Bring the code directory that ``drum new model --framework keras`` writes."""
    commands.add_template("keras", Path(__file__).parent / "template")


@hookimpl
def drum_detect(code_dir: Path) -> Detection | None:
    """Vote for the one file with an extension of Keras', or a pickle with a Keras model in it."""
    pickles = [path for path in files_with(code_dir, PICKLES) if kind_of(path)]
    found = files_with(code_dir, EXTENSIONS) + pickles
    if len(found) > 1:
        raise AmbiguousArtifactError(f"{MULTIPLE_ARTIFACTS}: {', '.join(path.name for path in found)}.")
    return _detection(found[0]) if found else None


def _detection(path: Path) -> Detection:
    """Return the vote: TensorFlow does not survive a fork, and estimators around a model promise no threads."""
    kind = kind_of(path)
    match = Match.NAMED if kind in (None, Kind.WEIGHTS) else Match.PROVEN
    concurrency = Concurrency.SERIAL if kind is Kind.PICKLE else Concurrency.THREADS
    note = "" if kind is None else kind.value
    return Detection(runtime="keras", path=path, match=match, concurrency=concurrency, note=note)


@hookimpl
def drum_recognize(model: Any) -> Detection | None:
    """Vote for Keras models, and for estimators and pipelines that hold one."""
    if not (scoring.is_keras(model) or pipelines.holds_keras(model)):
        return None
    return Detection(runtime="keras", match=Match.PROVEN)


@hookimpl
def drum_load_model(artifact: Artifact, spec: ModelSpec, settings: Settings) -> Any:
    """Load the artifact, and check that its inputs can be told from the columns."""
    if artifact.path is None:
        return None
    model = load(artifact.path, settings)
    if scoring.is_keras(model):
        inputs_of(model, spec)
    return model


@hookimpl
def drum_matrix_columns(model: Any, spec: ModelSpec) -> tuple[str, ...] | None:
    """Take a matrix for the one input of numbers, where the input schema says in which order its columns come."""
    schema = spec.schema
    if schema is None or any(column.kind not in NUMERIC for column in schema.columns):
        return None
    return schema.names if scoring.is_keras(model) and is_of_numbers(inputs_of(model, spec)) else None


@hookimpl
def drum_score(batch: pd.DataFrame, model: Any, spec: ModelSpec) -> pd.DataFrame:
    """Predict: a model's outputs are the prediction, whatever they are."""
    if scoring.is_keras(model):
        return framed_as_declared(scoring.outputs(model, features_of(batch, inputs_of(model, spec))), spec)
    return pipelines.predict(model, batch, spec)
