"""Score scoring-code jars: those that implement the public interfaces of ``com.datarobot.prediction``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from drum.errors import LoadError
from drum.hookspecs import hookimpl
from drum.settings import Settings
from drum.types import Artifact, Detection, Match
from drum_java import archives, jvm
from drum_java.custom import is_predictor_named, refuse_code
from drum_java.model_hooks import drum_describe, drum_score, drum_unload_model
from drum_java.models import JavaModel
from drum_java.thrown import raising
from drum_java.votes import vote

__all__ = ["drum_describe", "drum_detect", "drum_load_model", "drum_score", "drum_unload_model"]

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
    with raising(LoadError, f"'{path.name}' cannot be loaded."):
        scorer = jpype.JClass("drum.internal.ScoringCode").of(loader)
        return JavaModel(jpype, scorer, loader, settings)
