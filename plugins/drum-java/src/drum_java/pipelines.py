"""MOJO pipelines of H2O's Driverless AI: their runtime is not free, so the user brings it, and a licence."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

from drum.errors import NoScorerError, PluginDependencyError
from drum_java import archives, jvm
from drum_java.custom import CLASS_PATH
from drum_java.votes import files

RUNTIME = "ai/h2o/mojos/runtime/MojoPipeline.class"
LICENCE_VARIABLES = ("DRIVERLESS_AI_LICENSE_FILE", "DRIVERLESS_AI_LICENSE_KEY")
LICENCE_FILE = "license.sig"


def refuse_pipeline(path: Path, code_dir: Path) -> NoReturn:
    """Say what is missing to score a pipeline.

    :raises PluginDependencyError: if the runtime or a licence is missing.
    :raises NoScorerError: if both are there: what they score cannot be tried without them.
    """
    given = jvm.class_path(os.environ.get(CLASS_PATH), code_dir)
    jars = [*given, *map(str, files(code_dir, ".jar"))]
    if not any(RUNTIME in (archives.names_in(Path(jar)) or ()) for jar in jars if jar.endswith(".jar")):
        raise PluginDependencyError(
            f"'{path.name}' is a MOJO pipeline, which needs H2O's mojo2-runtime.jar and a licence. Put the jar beside "
            f"the model, or name it in {CLASS_PATH}."
        )
    _need_licence(path, code_dir)
    raise NoScorerError(
        f"'{path.name}' is a MOJO pipeline, and its runtime and a licence are there, but drum-java does not score "
        "pipelines itself yet. Write a class that implements drum.ColumnPredictor around H2O's MojoPipeline."
    )


def _need_licence(path: Path, code_dir: Path) -> None:
    if not any(map(os.environ.get, LICENCE_VARIABLES)) and not (code_dir / LICENCE_FILE).is_file():
        raise PluginDependencyError(
            f"'{path.name}' is a MOJO pipeline, which H2O's runtime scores only with a licence. Set "
            f"{' or '.join(LICENCE_VARIABLES)}, or put {LICENCE_FILE} beside the model."
        )
