"""Score Julia models: hooks in ``custom.jl``, objects kept as ``.jls``, machines of MLJ's kept as ``.jlso``."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.cli.commands import Commands
from drum.contract import check_predictions, framed_as_declared
from drum.custom_hooks import (
    fit_arguments,
    label_arguments,
    post_process_argument,
    unstructured_arguments,
    unstructured_reply,
)
from drum.detection import only_file
from drum.hookspecs import hookimpl
from drum.settings import Options, Settings
from drum.types import (
    Artifact,
    Batch,
    Detection,
    Match,
    ModelSpec,
    Payload,
    Predictions,
    Reply,
    TargetType,
    TrainingData,
)

if TYPE_CHECKING:
    import pandas as pd

    from drum_julia.model import JuliaModel

ARTIFACTS = (".jls", ".jlso")
CODE_FILE = "custom.jl"
TEMPLATE = Path(__file__).parent / "template"
SERIALIZED = b"7JL"
"""How a file begins that Julia's ``Serialization`` wrote."""


@hookimpl
def drum_add_options(options: Options) -> None:
    """Say which Julia to use; the environment variables are Julia's own."""
    options.add("--julia-bindir", metavar="DIR", help="folder of the program 'julia', where it is not on the path")
    options.add(
        "--julia-sysimage", metavar="FILE", variables=("JULIA_SYS_IMAGE",), help="Julia's system image, such as sys.so"
    )
    options.add(
        "--julia-project", metavar="DIR", help="Julia project to use; default: the code directory, if it is one"
    )


@hookimpl
def drum_add_commands(commands: Commands) -> None:
    """Add the template of ``drum new model --language julia``."""
    commands.add_template("julia", TEMPLATE)


@hookimpl
def drum_fit(training: TrainingData, output_dir: Path, spec: ModelSpec, settings: Settings) -> bool | None:
    """Call ``fit`` of ``custom.jl``."""
    from drum_julia.fitting import fit

    if not (spec.code_dir / CODE_FILE).is_file():
        return None
    return fit(*fit_arguments(training, output_dir, spec), spec.code_dir, settings)


@hookimpl
def drum_detect(code_dir: Path) -> Detection | None:
    """Vote for the one artifact, or else for ``custom.jl`` alone."""
    path = only_file(code_dir, *ARTIFACTS)
    if path is None:
        code = code_dir / CODE_FILE
        return Detection(runtime="julia", path=code) if code.is_file() else None
    return Detection(runtime="julia", path=path, match=Match.PROVEN if _is_serialized(path) else Match.NAMED)


def _is_serialized(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(SERIALIZED)) == SERIALIZED


@hookimpl
def drum_load_model(artifact: Artifact, spec: ModelSpec, settings: Settings) -> JuliaModel | None:
    """Start Julia, run ``init``, load the model, and have its hooks compiled where the columns are known."""
    from drum_julia.model import JuliaModel
    from drum_julia.warm_up import warm_up

    if artifact.path is None:
        return None
    threading.Thread(target=_import_meanwhile, daemon=True).start()
    is_code = artifact.path.name == CODE_FILE
    model = JuliaModel(spec.code_dir, None if is_code else artifact.path, settings)
    model.load()
    if spec.schema is not None and "read_input_data" not in model.hooks:
        warm_up(spec.schema, partial(_walk, model, spec))
    return model


def _import_meanwhile() -> None:
    """Import, while Julia compiles, what the first rows need: a quarter of the time to the first answer."""
    import pandas  # noqa: F401
    import pyarrow  # noqa: F401


def _walk(model: JuliaModel, spec: ModelSpec, batch: pd.DataFrame) -> None:
    """Call all hooks of a batch, as the engine does."""
    transformed = drum_transform(batch, model, spec, None)
    if spec.target_type in (TargetType.TRANSFORM, TargetType.UNSTRUCTURED):
        return
    predictions = drum_score(batch if transformed is None else transformed, model, spec)
    if predictions is not None:
        drum_post_process(check_predictions("Warming up", predictions, spec, len(batch)), model)


@hookimpl
def drum_unload_model(model: JuliaModel) -> None:
    """Let Julia forget the model; Julia itself stays."""
    model.close()


@hookimpl
def drum_describe(model: JuliaModel) -> dict[str, Any]:
    """Tell which Julia it is."""
    return {"julia": model.julia.version, "libjulia": str(model.julia.found.library)}


@hookimpl
def drum_custom_hooks(model: JuliaModel) -> tuple[str, ...]:
    """Name the hooks in ``custom.jl``."""
    return model.hooks


@hookimpl
def drum_read_input(payload: Payload, model: JuliaModel) -> Batch | None:
    """Call ``read_input_data``."""
    if "read_input_data" not in model.hooks:
        return None
    return model.answer("read_input_data", words={"data": payload.body})


@hookimpl
def drum_transform(batch: Batch, model: JuliaModel, spec: ModelSpec, target: pd.DataFrame | None) -> Batch | None:
    """Call ``transform``; for target type *transform* with the target, if it takes one."""
    if "transform" not in model.hooks:
        return None
    takes_target = spec.target_type is TargetType.TRANSFORM
    return model.answer("transform", data=batch, takes_target=takes_target, target=target)


@hookimpl
def drum_score(batch: Batch, model: JuliaModel, spec: ModelSpec) -> pd.DataFrame | None:
    """Call ``score`` with the labels as keyword arguments, or else have the artifact's object predict."""
    if "score" in model.hooks:
        answer: pd.DataFrame = model.answer("score", data=batch, words=label_arguments(spec))
        return answer
    if not model.has_artifact:
        return None
    predicted: pd.DataFrame = model.answer("score", data=batch)
    names = predicted.columns
    if type(names).__name__ == "RangeIndex":  # columns without names
        return framed_as_declared(predicted.to_numpy(), spec)
    return predicted


@hookimpl
def drum_post_process(predictions: Predictions, model: JuliaModel) -> pd.DataFrame | None:
    """Call ``post_process`` with the checked predictions and what came beside them."""
    if "post_process" not in model.hooks:
        return None
    answer: pd.DataFrame = model.answer("post_process", data=post_process_argument(predictions))
    return answer


@hookimpl
def drum_score_unstructured(payload: Payload, model: JuliaModel) -> Reply | None:
    """Call ``score_unstructured`` with text or bytes, as the media type says."""
    if "score_unstructured" not in model.hooks:
        return None
    data, keywords = unstructured_arguments(payload)
    answer = model.call("score_unstructured", words={**keywords, "data": data}) or {}
    return unstructured_reply((answer.pop("content", None), answer))
