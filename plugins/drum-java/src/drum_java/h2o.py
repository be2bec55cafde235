"""Score H2O's models: MOJO (``.zip``), POJO (``.java``) and MOJO pipelines (``.mojo``), without an H2O server."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from drum.errors import LoadError, NoScorerError, PluginDependencyError
from drum.hookspecs import hookimpl
from drum.settings import Settings
from drum.types import Artifact, Detection, Match, ModelSpec
from drum_java import archives, jvm, pipelines
from drum_java.custom import CLASS_PATH, is_predictor_named, refuse_code
from drum_java.model_hooks import drum_describe, drum_matrix_columns, drum_score, drum_unload_model
from drum_java.models import JavaModel
from drum_java.thrown import raising
from drum_java.votes import vote

__all__ = ["drum_describe", "drum_detect", "drum_load_model", "drum_matrix_columns", "drum_score", "drum_unload_model"]

ARTIFACTS = (".zip", ".java", ".mojo")
MOJO = "model.ini"
GENMODEL = "hex/genmodel/GenModel.class"
POJO = re.compile(rb"\bextends\s+(hex\.genmodel\.)?GenModel\b")
SUPPORTED = {"Binomial", "Multinomial", "Ordinal", "Regression", "AnomalyDetection", "CoxPH"}
"""Kinds of models that give a number, or a probability for each class."""


@hookimpl
def drum_detect(code_dir: Path) -> Detection | None:
    """Vote for the one file that is a MOJO or a POJO by its content, or else could be one."""
    return None if is_predictor_named() else vote("h2o", code_dir, ARTIFACTS, _match)


def _match(path: Path) -> Match | None:
    """Tell how sure it is that a file is H2O's: an archive without a model in it is somebody's data."""
    if path.suffix.lower() == ".java":
        return Match.PROVEN if POJO.search(path.read_bytes()) else Match.NAMED
    names = archives.names_in(path)
    if names is None:
        return Match.NAMED
    return Match.PROVEN if MOJO in names or path.suffix.lower() == ".mojo" else None


@hookimpl
def drum_load_model(artifact: Artifact, spec: ModelSpec, settings: Settings) -> Any:
    """Start the JVM and load the model."""
    path = artifact.path
    if path is None:
        return None
    kind = path.suffix.lower()
    if kind == ".java":
        refuse_code(path.name, settings)
    elif MOJO not in archives.check(path):
        return pipelines.load(path, spec, settings)
    libraries = genmodel(spec.code_dir)
    jpype = jvm.start(settings)
    scorer, loader = (_pojo if kind == ".java" else _mojo)(jpype, path, libraries)
    model = JavaModel(jpype, scorer, loader, settings)
    if model.description not in SUPPORTED:
        raise NoScorerError(
            f"'{path.name}' is a model of H2O's kind '{model.description}', which gives neither a number nor "
            "probabilities. Write a 'score' hook in custom.py, or choose another model."
        )
    return model


def genmodel(code_dir: Path) -> list[str]:
    """Return the jars with H2O's classes: of the class path that the user gives, or else of the package ``h2o``.

    :raises PluginDependencyError: if there are none.
    """
    given = jvm.class_path(os.environ.get(CLASS_PATH), code_dir)
    if any(GENMODEL in (archives.names_in(Path(entry)) or ()) for entry in given if entry.endswith(".jar")):
        return given
    package = find_spec("h2o")
    folders = (package.submodule_search_locations if package is not None else None) or ()
    jars = [jar for folder in folders if (jar := Path(folder) / "backend" / "bin" / "h2o.jar").is_file()]
    if not jars:
        raise PluginDependencyError(
            "H2O's models need its Java classes. Run: pip install 'drum-java[h2o]' (or name an h2o-genmodel.jar in "
            f"{CLASS_PATH})"
        )
    return [*given, str(jars[0])]


def _mojo(jpype: Any, path: Path, libraries: list[str]) -> tuple[Any, Any]:
    loader = jpype.JClass("drum.internal.Libraries").loader(libraries)
    with raising(LoadError, f"'{path.name}' cannot be loaded by H2O's library."):
        return jpype.JClass("drum.internal.H2oModel").ofMojo(str(path), loader), loader


def _pojo(jpype: Any, path: Path, libraries: list[str]) -> tuple[Any, Any]:
    compiler = jpype.JClass("drum.internal.PojoCompiler")
    if not compiler.isAvailable():
        raise PluginDependencyError(
            f"'{path.name}' is source code, which only a JDK can compile; this Java is a JRE. Install one (Debian: "
            "apt-get install openjdk-17-jdk-headless), or save the model as MOJO instead."
        )
    with raising(LoadError, f"'{path.name}' is no POJO of H2O's that this version reads."):
        try:
            kind = compiler.compile(str(path), libraries)
        except compiler.CompileError as error:
            raise LoadError(f"'{path.name}' does not compile:\n{error.getMessage()}") from error
        except jpype.JClass("java.lang.ClassNotFoundException") as error:
            raise LoadError(
                f"'{path.name}' defines no class '{path.stem}'. The file of a POJO is called like its class: rename it."
            ) from error
        return jpype.JClass("drum.internal.H2oModel").ofPojo(kind), kind.getClassLoader()
