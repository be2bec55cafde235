"""What a model predicts by itself, where the user wrote no hook for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drum.errors import DrumError, MalformedInputError, NoScorerError, PluginDependencyError, ScoreError
from drum.types import ModelSpec, TargetType
from drum_r import from_r
from drum_r.calling import given, taken_frame
from drum_r.labels import named
from drum_r.model import Model
from drum_r.packages import install_line
from drum_r.session import Failure, RError, Session

if TYPE_CHECKING:
    import pandas as pd

    from drum.types import Batch

KINDS = {
    TargetType.BINARY: "classes",
    TargetType.MULTICLASS: "classes",
    TargetType.REGRESSION: "values",
    TargetType.ANOMALY: "values",
}
"""What is asked of a model, for the target types that R's ``predict`` serves."""
NO_METHOD = "no applicable method for 'predict'"


def predict(model: Model, batch: Batch, spec: ModelSpec) -> pd.DataFrame:
    """Return the predictions of the model's own ``predict``.

    :raises MalformedInputError: naming columns that are missing, or hold what the model was not trained on.
    :raises NoScorerError: if R knows no way to predict with such a model.
    :raises ScoreError: with R's own message, if it fails.
    """
    kind = KINDS.get(spec.target_type)
    if kind is None:
        raise NoScorerError(
            f"R's predict does not serve target type '{spec.target_type.value}'. Write a 'score' hook in custom.R."
        )

    def work(session: Session, loaded: Any) -> tuple[Any, list[str] | None]:
        answer = session.attempt("predictions", loaded, given(session, batch), session.names((kind,)))
        return from_r.predictions(session, answer)

    try:
        values, names = model.run(work)
    except RError as error:
        raise _failed(model, "make predictions", error.failure) from None
    return named(values, names, spec, model.made_labels)


def transform(model: Model, batch: Batch) -> pd.DataFrame | None:
    """Return the features that a recipe, or caret's ``preProcess``, makes; ``None`` if the model is neither."""
    if not {"recipe", "preProcess"} & set(model.classes):
        return None

    def work(session: Session, loaded: Any) -> pd.DataFrame:
        answer = session.attempt("predictions", loaded, given(session, batch), session.text("transform"))
        return taken_frame(session, answer, f"The model of class '{model.classes[0]}'")

    try:
        return model.run(work)
    except RError as error:
        raise _failed(model, "transform the data", error.failure) from None


def _failed(model: Model, purpose: str, failure: Failure) -> DrumError:
    what = f"The model of class '{model.classes[0]}'" if model.classes else "The model"
    if failure.is_of_input:
        return MalformedInputError(failure.message)
    if failure.package:
        return PluginDependencyError(
            f"{what} failed to {purpose}: {failure.message}. {install_line([failure.package])}"
        )
    if NO_METHOD in failure.message:
        return NoScorerError(
            f"R has no 'predict' for a model of class '{model.classes[0]}'. Name its package in requirements.txt, or "
            f"write a 'score' hook in {model.custom_file}."
        )
    return ScoreError(f"{what} failed to {purpose}. Exception: {failure.message}", detail=failure.detail)
