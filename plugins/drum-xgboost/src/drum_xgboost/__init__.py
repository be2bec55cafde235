"""Score XGBoost models kept as ``.json``, ``.ubj`` or ``.model``, and pickles of XGBoost's estimators."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.detection import MULTIPLE_ARTIFACTS, files_with
from drum.errors import AmbiguousArtifactError
from drum.hookspecs import hookimpl
from drum.settings import Settings
from drum.types import Artifact, Concurrency, Detection, Match, ModelSpec
from drum_xgboost import boosters, estimators, predictions
from drum_xgboost.artifacts import EXTENSIONS, content_of
from drum_xgboost.devices import put_on_device
from drum_xgboost.loading import load
from drum_xgboost.threads import bound_threads, threads_worth

if TYPE_CHECKING:
    import pandas as pd

    from drum.cli.commands import Commands

ARTIFACTS = EXTENSIONS
NVIDIA = Path("/proc/driver/nvidia")


@hookimpl
def drum_add_commands(commands: Commands) -> None:
    """Bring the code directory that ``drum new model --framework xgboost`` writes."""
    commands.add_template("xgboost", Path(__file__).parent / "template")


@hookimpl
def drum_detect(code_dir: Path) -> Detection | None:
    """Vote for the one file that holds a model of XGBoost.

    Pipelines of scikit-learn that end in one get the weaker vote: drum-sklearn knows pipelines best, where it is.
    """
    found = [(path, content) for path in files_with(code_dir, ARTIFACTS) if (content := content_of(path))]
    if len(found) > 1:
        raise AmbiguousArtifactError(f"{MULTIPLE_ARTIFACTS}: {', '.join(path.name for path, _ in found)}.")
    for path, content in found:
        match = Match.NAMED if content == "pipeline" else Match.PROVEN
        return Detection(runtime="xgboost", path=path, match=match, concurrency=_concurrency(), note=content)
    return None


def _concurrency() -> Concurrency:
    """Return what is allowed: ``--device``, or a pickle, may mean the GPU, and CUDA does not survive a fork."""
    return Concurrency.THREADS if NVIDIA.exists() else Concurrency.THREADS | Concurrency.FORK


@hookimpl
def drum_recognize(model: Any) -> Detection | None:
    """Vote for boosters, and for estimators of XGBoost's own or derived from them."""
    if not boosters.is_of_xgboost(model):
        return None
    return Detection(runtime="xgboost", match=Match.PROVEN, concurrency=Concurrency.THREADS)


@hookimpl
def drum_load_model(artifact: Artifact, settings: Settings) -> Any:
    """Load the artifact, put it on its device, and give it its share of the cores."""
    if artifact.path is None:
        return None
    model = load(artifact.path)
    put_on_device(model, settings)
    bound_threads(model, settings)
    return model


@hookimpl
def drum_unload_model() -> None:
    """Forget what is known of boosters."""
    boosters.traits_of.cache_clear()


@hookimpl
def drum_matrix_columns(model: Any) -> list[str] | None:
    """Take a matrix where the model is XGBoost's own, knows its columns, and none of them is a category."""
    if not boosters.is_of_xgboost(model):
        return None
    traits = boosters.traits_of(boosters.booster_of(model))
    return None if traits.names is None or traits.categories else list(traits.names)


@hookimpl
def drum_score(batch: pd.DataFrame, model: Any, spec: ModelSpec) -> pd.DataFrame:
    """Predict what the model's objective gives: probabilities for classes, values for everything else."""
    with threads_worth(batch):
        predict = boosters.predict if boosters.is_of_xgboost(model) else estimators.predict
        values, classes = predict(model, batch, spec)
    if spec.target_type.is_classification:
        return predictions.of_classes(values, classes, spec)
    return predictions.of_values(values)
