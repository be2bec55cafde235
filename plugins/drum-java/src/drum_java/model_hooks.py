"""The hooks of a loaded model, which is the same to all runtimes here but for how it was loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drum.hookspecs import hookimpl
from drum.types import ModelSpec
from drum_java.models import JavaModel, describe

if TYPE_CHECKING:
    import pandas as pd


@hookimpl
def drum_describe(model: JavaModel) -> dict[str, Any]:
    """Tell what the model is, and the version of Java."""
    return describe(model)


@hookimpl
def drum_matrix_columns(model: JavaModel) -> Any:
    """Take a matrix where all features are numbers."""
    return model.matrix_columns


@hookimpl
def drum_score(batch: pd.DataFrame, model: JavaModel, spec: ModelSpec) -> pd.DataFrame:
    """Predict: probabilities under the names of the model's classes, or one number a row."""
    return model.score(batch, spec)


@hookimpl
def drum_unload_model(model: JavaModel) -> None:
    """Let go of the model's classes."""
    model.close()
