"""Score scikit-learn models kept as ``.pkl``, ``.pickle``, ``.joblib`` or ``.skops``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.detection import only_file, pickled_package, pickled_packages
from drum.errors import MalformedInputError, NoScorerError
from drum.hookspecs import hookimpl
from drum.settings import Settings
from drum.types import Artifact, Concurrency, Detection, Match, ModelSpec, TargetType
from drum_sklearn import predictions
from drum_sklearn.complaints import complaint
from drum_sklearn.features import as_trained
from drum_sklearn.few_rows import calling
from drum_sklearn.loading import load
from drum_sklearn.matrices import matrix_columns, nameless
from drum_sklearn.together import call_together, can_bring_together

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from drum.cli.commands import Commands

ARTIFACTS = (".pkl", ".pickle", ".joblib", ".skops")
FOREIGN = frozenset({"xgboost", "torch", "keras", "tensorflow"})
"""Packages that pickle models too, but have plugins of their own."""

UNSHARED = frozenset({"keras", "scikeras", "tensorflow"})
"""Packages whose models, at the end of a pipeline, are drum-keras' to score; they survive no fork."""

CONCURRENCY = Concurrency.THREADS | Concurrency.FORK

REMEDIES = {
    "predict_proba": "Wrap it in CalibratedClassifierCV, choose",
    "predict": "Fit it to predict new rows (LocalOutlierFactor with novelty=True), choose",
}


@hookimpl
def drum_add_commands(commands: Commands) -> None:
    """Bring the code directory that ``drum new model --framework sklearn`` writes."""
    commands.add_template("sklearn", Path(__file__).parent / "template")


@hookimpl
def drum_detect(code_dir: Path) -> Detection | None:
    """Vote for a ``.skops`` file, or for a pickle unless it is another framework's."""
    path = only_file(code_dir, *ARTIFACTS)
    if path is None:
        return None
    package = "sklearn" if path.suffix.lower() == ".skops" else pickled_package(path)
    if package in FOREIGN:
        return None
    if path.suffix.lower() != ".skops" and not UNSHARED.isdisjoint(pickled_packages(path)):
        return Detection(runtime="sklearn", path=path, note="a pipeline around a model of Keras")
    match = Match.PROVEN if package == "sklearn" else Match.NAMED
    return Detection(runtime="sklearn", path=path, match=match, concurrency=CONCURRENCY, note=f"package {package}")


@hookimpl
def drum_recognize(model: Any) -> Detection | None:
    """Vote for any estimator: an object of scikit-learn's own classes, or of a class derived from them."""
    if not any(kind.__module__.partition(".")[0] == "sklearn" for kind in type(model).__mro__):
        return None
    return Detection(runtime="sklearn", match=Match.NAMED, concurrency=CONCURRENCY)


@hookimpl
def drum_load_model(artifact: Artifact, settings: Settings) -> Any:
    """Load the artifact; warn if another version of scikit-learn saved it."""
    return None if artifact.path is None else load(artifact.path, no_pickle=settings["no_pickle"])


@hookimpl
def drum_matrix_columns(model: Any) -> list[str] | None:
    """Take a matrix where the model itself makes one of the frame."""
    return matrix_columns(model)


@hookimpl
def drum_transform(batch: pd.DataFrame, model: Any, spec: ModelSpec) -> pd.DataFrame | None:
    """Transform features, for target type *transform* only."""
    if spec.target_type is not TargetType.TRANSFORM:
        return None
    return predictions.of_features(_call("transform", model, batch, spec), model)


@hookimpl
def drum_score(batch: pd.DataFrame, model: Any, spec: ModelSpec) -> pd.DataFrame:
    """Predict probabilities for classes, anomaly scores for outliers, values for everything else."""
    return _framed(_call(_method(model, spec), model, batch, spec), model, spec)


@hookimpl
def drum_score_together(batches: Sequence[pd.DataFrame], model: Any, spec: ModelSpec) -> pd.DataFrame | None:
    """Let frames of different types share what comes behind the step of a pipeline that makes them alike."""
    if not can_bring_together(model):
        return None
    output = call_together(_method(model, spec), model, [as_trained(batch, model) for batch in batches])
    return None if output is None else _framed(output, model, spec)


def _framed(output: Any, model: Any, spec: ModelSpec) -> pd.DataFrame:
    """Return what the model's method gave as predictions of the target type."""
    if spec.target_type is TargetType.MULTILABEL:
        return predictions.of_labels(output, model, spec)
    if spec.target_type.is_classification:
        return predictions.of_classes(output, model, spec)
    return predictions.of_values(output)


def _method(model: Any, spec: ModelSpec) -> str:
    """Return the method that gives predictions: of an outlier detector its score, rather than its verdict."""
    if spec.target_type.is_classification:
        return "predict_proba"
    if spec.target_type is TargetType.ANOMALY:
        return next((name for name in ("decision_function", "score_samples") if hasattr(model, name)), "predict")
    return "predict"


def _call(name: str, model: Any, batch: Any, spec: ModelSpec) -> Any:
    """Call one of the model's methods; tell the caller where it is the data that it does not take."""
    method = getattr(model if hasattr(batch, "columns") else nameless(model), name, None)
    if method is None:
        raise NoScorerError(
            f"{type(model).__name__} has no '{name}', which target type '{spec.target_type.value}' needs. "
            f"{REMEDIES.get(name, 'Choose')} another target type, or write a "
            f"'{'transform' if name == 'transform' else 'score'}' hook in custom.py."
        )
    features = as_trained(batch, model)
    try:
        return calling.call(name, model, features, method)
    except (ValueError, TypeError, OverflowError) as error:
        reason = complaint(error, batch, model)
        if reason is None:
            raise
        raise MalformedInputError(reason) from error
