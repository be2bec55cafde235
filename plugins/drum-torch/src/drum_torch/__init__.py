"""Score PyTorch models kept as ``.pth``, ``.pt``, ``.pt2`` or ``.safetensors``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.contract import framed_as_declared
from drum.detection import MULTIPLE_ARTIFACTS, files_with, pickled_package
from drum.errors import AmbiguousArtifactError, MalformedInputError
from drum.hookspecs import hookimpl
from drum.settings import Settings
from drum.types import Artifact, ColumnKind, Concurrency, Detection, Match, ModelSpec
from drum_torch.archives import Kind, kind_of
from drum_torch.features import complaint, matrix_of
from drum_torch.loading import load
from drum_torch.machine import device_for, share_cores
from drum_torch.scoring import outputs
from drum_torch.spreading import refuse_spread_column

if TYPE_CHECKING:
    import pandas as pd

    from drum.cli.commands import Commands

ARTIFACTS = (".pth", ".pt", ".pt2", ".safetensors")
PICKLES = (".pkl", ".pickle")
"""Extensions of others, under which ``torch.save`` writes its own files too."""
GPU_NODES = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
"""What there is where torch may use a GPU: no forked process can go on with one."""
NUMERIC = (ColumnKind.INTEGER, ColumnKind.NUMBER)


@hookimpl
def drum_add_commands(commands: Commands) -> None:
    """Bring the code directory that ``drum new model --framework torch`` writes."""
    commands.add_template("torch", Path(__file__).parent / "template")


@hookimpl
def drum_detect(code_dir: Path) -> Detection | None:
    """Vote for the one file with an extension of torch's, or a pickle that is; what it holds tells who may share it."""
    pickles = [path for path in files_with(code_dir, PICKLES) if kind_of(path) or pickled_package(path) == "torch"]
    found = files_with(code_dir, ARTIFACTS) + pickles
    if len(found) > 1:
        raise AmbiguousArtifactError(f"{MULTIPLE_ARTIFACTS}: {', '.join(path.name for path in found)}.")
    return _detection(found[0]) if found else None


def _detection(path: Path) -> Detection:
    kind = kind_of(path)
    match = Match.NAMED if kind is None else Match.PROVEN
    note = "" if kind is None else kind.value
    return Detection(runtime="torch", path=path, match=match, concurrency=_concurrency(kind), note=note)


def _concurrency(kind: Kind | None) -> Concurrency:
    """Return what is safe: the user's own ``forward`` may keep what it computes on the module, so no threads."""
    threads = Concurrency.THREADS if kind in (Kind.SCRIPT, Kind.PROGRAM) else Concurrency.SERIAL
    forks = Concurrency.SERIAL if any(Path(node).exists() for node in GPU_NODES) else Concurrency.FORK
    return threads | forks


@hookimpl
def drum_recognize(model: Any) -> Detection | None:
    """Vote for any ``torch.nn.Module``."""
    names = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(model).__mro__}
    return Detection(runtime="torch") if "torch.nn.modules.module.Module" in names else None


@hookimpl
def drum_load_model(artifact: Artifact, settings: Settings) -> Any:
    """Load the artifact onto its device, ready to predict."""
    if artifact.path is None:
        return None
    share_cores(settings)
    return load(artifact.path, device_for(settings), no_pickle=settings["no_pickle"])


@hookimpl
def drum_describe(model: Any) -> dict[str, Any]:
    """Tell on which device the model lies, if it has parameters."""
    parameters = getattr(model, "parameters", list)  # what AOTInductor has compiled shows none
    return {"device": next((str(tensor.device) for tensor in parameters()), "cpu")}


@hookimpl
def drum_matrix_columns(spec: ModelSpec) -> tuple[str, ...] | None:
    """Take a matrix where the input schema says that all columns are numbers, and in which order they come."""
    schema = spec.schema
    if schema is None or any(column.kind not in NUMERIC for column in schema.columns):
        return None
    return schema.names


@hookimpl
def drum_score(batch: pd.DataFrame, model: Any, spec: ModelSpec) -> pd.DataFrame:
    """Predict: a model's outputs are the prediction, whatever they are."""
    matrix = matrix_of(batch)
    try:
        if spec.schema is None:
            refuse_spread_column(model, matrix)
        values = outputs(model, matrix)
    except (RuntimeError, AssertionError) as error:
        reason = complaint(str(error), matrix.shape)
        if reason is None:
            raise
        raise MalformedInputError(reason) from error
    return framed_as_declared(values, spec)
