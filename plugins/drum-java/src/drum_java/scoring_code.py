"""Score scoring-code jars: those that implement the public interfaces of ``com.datarobot.prediction``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.errors import LoadError
from drum.hookspecs import hookimpl
from drum.settings import Settings
from drum.types import Artifact, Detection, Match, ModelSpec
from drum_java import archives, jvm
from drum_java.custom import is_predictor_named, refuse_code
from drum_java.models import JavaModel, describe
from drum_java.votes import vote

if TYPE_CHECKING:
    import pandas as pd

ARTIFACTS = (".jar",)
SERVICES = "META-INF/services/com.datarobot.prediction."
"""Where a jar lists its predictors, under the name of one of the interfaces."""


@hookimpl
def drum_detect(code_dir: Path) -> Detection | None:
    """Vote for the one jar that lists a predictor, or else could."""
    return None if is_predictor_named() else vote("scoring-code", code_dir, ARTIFACTS, _match)


def _match(path: Path) -> Match:
    names = archives.names_in(path) or ()
    return Match.PROVEN if any(name.startswith(SERVICES) for name in names) else Match.NAMED


@hookimpl
def drum_load_model(artifact: Artifact, settings: Settings) -> Any:
    """Start the JVM and make an instance of the jar's predictor."""
    path = artifact.path
    if path is None:
        return None
    refuse_code(path.name, settings)
    names = archives.check(path)
    if not any(name.startswith(SERVICES) for name in names):
        raise LoadError(
            f"'{path.name}' offers no predictor: it has no {SERVICES}IPredictorInfo. Use the scoring-code jar itself; "
            "a class of your own implements drum.Predictor (see the README of drum-java)."
        )
    jpype = jvm.start(settings)
    loader = jpype.JClass("drum.internal.Libraries").loader([str(path)])
    with jvm.raising(LoadError, f"'{path.name}' cannot be used."):
        scorer = jpype.JClass("drum.internal.ScoringCode").of(loader)
        return JavaModel(jpype, scorer, loader, settings)


@hookimpl
def drum_describe(model: JavaModel) -> dict[str, Any]:
    """Tell the id of the model and the version of Java."""
    return describe(model)


@hookimpl
def drum_score(batch: pd.DataFrame, model: JavaModel, spec: ModelSpec) -> pd.DataFrame:
    """Predict: probabilities under the names of the classes, or one number a row."""
    return model.score(batch, spec)


@hookimpl
def drum_unload_model(model: JavaModel) -> None:
    """Let go of the jar."""
    model.close()
