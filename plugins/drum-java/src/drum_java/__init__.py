"""Score Java classes of the user's own, on the JVM that H2O's models, PMML and scoring code use as well."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.detection import MULTIPLE_ARTIFACTS
from drum.errors import AmbiguousArtifactError, NoScorerError
from drum.hookspecs import hookimpl
from drum.settings import Options, Settings
from drum.types import Artifact, Concurrency, Detection, Match, ModelSpec, Payload, Reply
from drum_java.custom import CustomModel, can_answer, is_predictor_named, offering_jars
from drum_java.votes import files

if TYPE_CHECKING:
    import pandas as pd

    from drum.cli.commands import Commands

ARTIFACTS = (".jar",)


@hookimpl
def drum_add_options(options: Options) -> None:
    """Add the size of the heap."""
    options.add(
        "--java-heap", metavar="SIZE", variables=("DRUM_JAVA_XMX",),
        help="memory for Java's objects in each process that scores, such as 4g; default: a quarter of the machine's",
    )  # fmt: skip


@hookimpl
def drum_add_commands(commands: Commands) -> None:
    """Add the template of a predictor in Java."""
    commands.add_template("java", Path(__file__).parent / "template")


@hookimpl
def drum_detect(code_dir: Path) -> Detection | None:
    """Vote if the environment names a class, or a jar lists one."""
    jars = offering_jars(code_dir)
    if not jars and not is_predictor_named():
        return None
    if len(jars) > 1 and not is_predictor_named():
        raise AmbiguousArtifactError(f"{MULTIPLE_ARTIFACTS}: {', '.join(jar.name for jar in jars)}.")
    path = next(iter(jars or files(code_dir, ".jar")), None)
    return Detection(runtime="java", path=path, match=Match.PROVEN, concurrency=Concurrency.THREADS)


@hookimpl
def drum_load_model(spec: ModelSpec, artifact: Artifact, settings: Settings) -> CustomModel:
    """Start the JVM and make an instance of the class."""
    model = CustomModel(spec.code_dir, settings)
    if not can_answer(model, spec.target_type):
        raise NoScorerError(
            f"'{model.class_name}' takes data by {' and '.join(model.forms) or 'no interface'}, which does not do for "
            f"target type '{spec.target_type.value}'. Implement ColumnPredictor, CsvPredictor or, for target type "
            "'unstructured', UnstructuredPredictor."
        )
    return model


@hookimpl
def drum_describe(model: CustomModel) -> dict[str, Any]:
    """Tell the class and the version of Java."""
    import jpype

    return {"class": model.class_name, "java": ".".join(map(str, jpype.getJVMVersion()))}


@hookimpl
def drum_score(batch: pd.DataFrame, model: CustomModel) -> pd.DataFrame | None:
    """Hand the columns, or a CSV, to the class."""
    return model.score(batch)


@hookimpl
def drum_score_unstructured(payload: Payload, model: CustomModel) -> Reply | None:
    """Hand the bytes to the class."""
    return model.answer(payload)


@hookimpl
def drum_unload_model(model: CustomModel) -> None:
    """Close the user's object."""
    model.close()
