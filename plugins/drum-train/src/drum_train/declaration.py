"""What is declared about the model that is trained, and how its own folder declares it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.errors import ConfigError
from drum.types import TargetType

if TYPE_CHECKING:
    from drum.settings import Settings
    from drum.types import ModelSpec

METADATA_FILE = "model-metadata.yaml"


def code_dir_of(settings: Settings) -> Path:
    """Return the folder that ``--code-dir`` names.

    :raises ConfigError: if none is given, or it does not exist.
    """
    if settings["code_dir"] is None:
        raise ConfigError("Say where the code is: --code-dir DIR (or CODE_DIR).")
    folder = Path(settings["code_dir"]).expanduser().resolve()
    if not folder.is_dir():
        raise ConfigError(f"The code directory '{settings['code_dir']}' does not exist.")
    return folder


def spec_of(code_dir: Path, settings: Settings) -> ModelSpec:
    """Return what options, environment, ``model-metadata.yaml`` and the input schema declare, as scoring does.

    :raises ConfigError: if they say nothing of the target type, or contradict each other.
    """
    from drum.input_schema import read_input_schema
    from drum.metadata import declare, read_metadata

    metadata = read_metadata(code_dir)
    return replace(declare(code_dir, settings, metadata), schema=read_input_schema(code_dir, metadata))


def write_declaration(folder: Path, spec: ModelSpec, target: str | None) -> None:
    """Let ``model-metadata.yaml`` of a folder say what scoring needs: target type and labels.

    A file that says it already is left as it is.

    :param target: the name of the target column, if there is one.
    """
    import yaml

    metadata = dict(spec.metadata)
    inference = dict(metadata.get("inferenceModel") or {})
    wanted = {**_labels(spec), **({"targetName": target} if target else {})}
    said = inference.get("classLabelsFile") is not None and "classLabels" in wanted
    told = {key: value for key, value in wanted.items() if not (said and key == "classLabels")}
    if metadata and metadata.get("type") == "inference" and told.items() <= inference.items():
        return
    metadata |= {
        "name": metadata.get("name") or spec.code_dir.name, "type": "inference", "targetType": spec.target_type.value,
    }  # fmt: skip
    if {**inference, **told}:
        metadata["inferenceModel"] = {**inference, **told}
    text = yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True)
    (folder / METADATA_FILE).write_text(text, encoding="utf-8")


def _labels(spec: ModelSpec) -> dict[str, Any]:
    if not spec.labels:
        return {}
    if spec.target_type is TargetType.BINARY:
        return {"negativeClassLabel": spec.labels[0], "positiveClassLabel": spec.labels[1]}
    return {"classLabels": list(spec.labels)}
