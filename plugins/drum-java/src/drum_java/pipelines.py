"""MOJO pipelines of H2O's Driverless AI: their runtime is not free, so the user brings it, and a licence."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.errors import LoadError, MalformedInputError, ModelContractError, PluginDependencyError, ScoreError
from drum.settings import Settings
from drum.types import ModelSpec
from drum_java import archives, jvm
from drum_java.custom import CLASS_PATH, refuse_code
from drum_java.models import JavaModel
from drum_java.thrown import raising
from drum_java.votes import files

if TYPE_CHECKING:
    import pandas as pd

RUNTIME = "ai/h2o/mojos/runtime/MojoPipeline.class"
LICENCE_PATH = "DRIVERLESS_AI_LICENSE_FILE"
LICENCE_KEY = "DRIVERLESS_AI_LICENSE_KEY"
LICENCE_FILE = "license.sig"
LICENCE_PROPERTY = "ai.h2o.mojos.runtime.license.file"
"""Where H2O's runtime looks for the path of a licence, besides the environment."""


class PipelineModel(JavaModel):
    """A pipeline that was loaded."""

    def score(self, batch: pd.DataFrame | Any, spec: ModelSpec) -> pd.DataFrame:
        """Predict.

        :raises MalformedInputError: also if the runtime does not take a value.
        """
        import jpype

        try:
            return super().score(batch, spec)
        except ScoreError as error:
            cause = error.__cause__
            if isinstance(cause, jpype.JClass("drum.internal.PipelineModel").RefusedValue):
                raise MalformedInputError(str(cause.getMessage())) from error
            raise


def load(path: Path, spec: ModelSpec, settings: Settings) -> PipelineModel:
    """Load a pipeline with the runtime and the licence that the user brings.

    :raises PluginDependencyError: if one of them, or both, are missing.
    :raises ModelContractError: if the pipeline's columns are not what the target type and the labels ask for.
    """
    given = jvm.class_path(os.environ.get(CLASS_PATH), spec.code_dir)
    beside = list(files(spec.code_dir, ".jar"))
    runtime = next(filter(_is_runtime, [*map(Path, given), *beside]), None)
    licence = _licence_file([spec.code_dir, *map(Path, given)])
    _refuse_what_is_missing(path.name, runtime is not None, licence)
    if runtime in beside and str(runtime) not in given:
        refuse_code(runtime.name, settings)
        given += map(str, beside)
    jpype = jvm.start(settings)
    if licence is not None:
        jpype.JClass("java.lang.System").setProperty(LICENCE_PROPERTY, str(licence.resolve()))
    loader = jpype.JClass("drum.internal.Libraries").loader(given)
    with raising(LoadError, f"'{path.name}' cannot be loaded by H2O's runtime."):
        scorer = jpype.JClass("drum.internal.PipelineModel").of(str(path), loader)
    columns, labels = _chosen(path.name, jvm.texts(scorer.outputs()), spec)
    scorer.choose(columns, labels)
    return PipelineModel(jpype, scorer, loader, settings)


# ------------------------------------------------------------------------------------- runtime and licence


def _is_runtime(path: Path) -> bool:
    return path.suffix.lower() == ".jar" and RUNTIME in (archives.names_in(path) or ())


def _licence_file(folders: Sequence[Path]) -> Path | None:
    """Return the file to tell the runtime of; ``None`` if the environment names the licence, or there is none."""
    if os.environ.get(LICENCE_PATH) or os.environ.get(LICENCE_KEY):
        return None
    return next((file for folder in folders if (file := folder / LICENCE_FILE).is_file()), None)


def _refuse_what_is_missing(name: str, has_runtime: bool, licence: Path | None) -> None:
    missing = []
    if not has_runtime:
        missing.append(f"H2O's runtime (put mojo2-runtime.jar beside the model, or name it in {CLASS_PATH})")
    named = os.environ.get(LICENCE_PATH)
    if named and not Path(named).is_file():
        missing.append(f"the licence ({LICENCE_PATH} is '{named}', where there is no file)")
    elif not (named or licence or os.environ.get(LICENCE_KEY)):
        missing.append(f"a licence (set {LICENCE_PATH} or {LICENCE_KEY}, or put {LICENCE_FILE} beside the model)")
    if missing:
        raise PluginDependencyError(
            f"'{name}' is a MOJO pipeline of H2O's Driverless AI, and to score it there lacks {' and '.join(missing)}. "
            "Both come from H2O: drum brings neither."
        )


# ------------------------------------------------------------------------------------- which columns predict


def _chosen(name: str, columns: Sequence[str], spec: ModelSpec) -> tuple[list[str], list[str]]:
    """Return the columns that are the predictions, and the labels that they are for; none for one number a row."""
    if not spec.target_type.is_classification:
        if len(columns) != 1:
            raise _wrong(name, columns, f"target type '{spec.target_type.value}' takes one column")
        return list(columns), []
    labels = list(spec.labels) or [column.rpartition(".")[2] for column in columns]
    prefixes = [prefix for prefix in _prefixes(columns, labels[0]) if all(prefix + one in columns for one in labels)]
    if len(prefixes) != 1 or len(set(columns)) != len(columns):
        how_many = "are ambiguous for" if prefixes else "do not hold"
        raise _wrong(name, columns, f"'TARGET.LABEL' {how_many} the labels {labels}")
    chosen = [prefixes[0] + label for label in labels]
    others = [column for column in columns if column.startswith(prefixes[0]) and column not in chosen]
    if others:
        raise _wrong(name, columns, f"{others} belong to no declared label of {labels}")
    return chosen, labels


def _prefixes(columns: Sequence[str], label: str) -> set[str]:
    """Return what may stand before the labels, dot included: labels may have dots as well."""
    return {column.removesuffix(label) for column in columns if column.endswith(f".{label}")}


def _wrong(name: str, columns: Sequence[str], why: str) -> ModelContractError:
    return ModelContractError(
        f"'{name}' gives the columns {list(columns)}, but {why}. Declare the target type and the labels as in the "
        "experiment."
    )
