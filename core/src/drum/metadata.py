"""Read ``model-metadata.yaml`` and decide, with the options, what the user declares: the :class:`ModelSpec`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from drum.errors import ConfigError, MetadataError, OptionConflictError
from drum.settings import Setting, Settings
from drum.types import ModelSpec, TargetType

FILE_NAME = "model-metadata.yaml"

KEYS = frozenset({
    "name", "type", "targetType", "modelID", "description", "majorVersion", "inferenceModel", "validation",
    "hyperparameters", "typeSchema", "runtimeParameterDefinitions", "inputSchema", "environmentID", "trainingModel",
    "userCredentialSpecifications",
})  # fmt: skip
INFERENCE_KEYS = frozenset({
    "targetName", "positiveClassLabel", "negativeClassLabel", "classLabels", "classLabelsFile", "predictionThreshold",
})  # fmt: skip
LABEL_KEYS = frozenset({"positiveClassLabel", "negativeClassLabel", "classLabels"})
REQUIRED_KEYS = ("name", "type", "targetType")
MODEL_TYPES = ("inference", "training", "transform")


def read_metadata(code_dir: Path) -> dict[str, Any]:
    """Return the content of the metadata file in ``code_dir``, or an empty mapping if there is none.

    :raises MetadataError: if it is not YAML, has an unknown key, or lacks a required one.
    """
    path = code_dir / FILE_NAME
    if not path.exists():
        return {}
    import yaml

    try:
        text = path.read_text(encoding="utf-8-sig")
        content = yaml.safe_load(text)
    except OSError as error:
        raise MetadataError(f"{FILE_NAME} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise MetadataError(f"{FILE_NAME} is not valid YAML: {' '.join(str(error).split())}") from error
    check_keys(content, KEYS, FILE_NAME)
    for key in REQUIRED_KEYS:
        if content.get(key) is None:
            raise MetadataError(f"{FILE_NAME} lacks the key '{key}'. It must have {', '.join(REQUIRED_KEYS)}.")
    if content["type"] not in MODEL_TYPES:
        raise MetadataError(f"{FILE_NAME}: type is '{content['type']}'; it must be one of {', '.join(MODEL_TYPES)}.")
    if content.get("inferenceModel") is not None:
        check_keys(content["inferenceModel"], INFERENCE_KEYS, f"{FILE_NAME}: inferenceModel")
        content["inferenceModel"] |= _labels_as_written(text, content["inferenceModel"])
    return dict(content)


def _labels_as_written(text: str, parsed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the labels as the text that stands there: to YAML, ``no`` is false and ``1.10`` is 1.1."""
    import yaml

    written = yaml.load(text, yaml.BaseLoader)["inferenceModel"]
    return {key: written[key] for key in LABEL_KEYS if parsed.get(key) is not None}


def check_keys(content: object, known: frozenset[str], where: str) -> None:
    """Check that ``content`` is a mapping of known keys.

    :raises MetadataError: otherwise; it names the nearest known key.
    """
    if not isinstance(content, Mapping):
        raise MetadataError(f"{where} must be a mapping of keys to values, not {type(content).__name__}.")
    for key in content:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            hint = f"Did you mean '{near[0]}'?" if near else f"Known keys: {', '.join(sorted(known))}."
            raise MetadataError(f"{where} has the unknown key '{key}'. {hint}")


def parse_target_type(text: str) -> TargetType:
    """Return the target type that ``text`` names; case, blanks, dashes and underscores do not matter.

    :raises ValueError: if there is no such type.
    """
    word = re.sub(r"[\s_-]", "", text).lower()
    try:
        return TargetType(word)
    except ValueError:
        known = [member.value for member in TargetType]
        near = difflib.get_close_matches(word, known, n=1)
        hint = f"Did you mean '{near[0]}'?" if near else f"Known are {', '.join(known)}."
        raise ValueError(f"'{text}' is not a target type. {hint}") from None


def declared_target_type(metadata: Mapping[str, Any]) -> TargetType | None:
    """Return the target type that the metadata state, if they do.

    :raises MetadataError: if there is no such type.
    """
    if "targetType" not in metadata:
        return None
    try:
        return parse_target_type(str(metadata["targetType"]))
    except ValueError as error:
        raise MetadataError(f"{FILE_NAME}: targetType: {error}") from error


def declare(code_dir: Path, settings: Settings, metadata: Mapping[str, Any]) -> ModelSpec:
    """Return what the user declares about a model, from options, environment and metadata.

    :raises MetadataError: if the metadata name something that does not exist.
    :raises OptionConflictError: if two sources contradict each other, or labels do not fit the target type.
    """
    inference: Mapping[str, Any] = metadata.get("inferenceModel") or {}
    target_type = _target_type(settings, metadata)
    return ModelSpec(
        code_dir=code_dir,
        target_type=target_type,
        name=_text(metadata.get("name")),
        target_name=settings["target_name"] or _text(inference.get("targetName")),
        labels=_labels(target_type, settings, inference, code_dir),
        metadata=metadata,
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _target_type(settings: Settings, metadata: Mapping[str, Any]) -> TargetType:
    named: list[Setting] = []
    if settings["target_type"] is not None:
        named.append(Setting(settings["target_type"], settings.source("target_type")))
    declared = declared_target_type(metadata)
    if declared is not None:
        named.append(Setting(declared, f"{FILE_NAME}: targetType"))
    if not named:
        raise OptionConflictError(
            f"The target type is not known. Give --target-type, set TARGET_TYPE, or write targetType into {FILE_NAME}. "
            f"It is one of {', '.join(member.value for member in TargetType)}."
        )
    first, last = named[0], named[-1]
    if first.value != last.value:
        raise OptionConflictError(
            f"The target type is '{first.value.value}' by {first.source} but '{last.value.value}' by {last.source}. "
            "Make them agree, or remove one."
        )
    return first.value  # type: ignore[no-any-return]


def _labels(
    target_type: TargetType, settings: Settings, inference: Mapping[str, Any], code_dir: Path
) -> tuple[str, ...]:
    pair = _binary_labels(settings, inference)
    several = _class_labels(settings, inference, code_dir)
    if target_type is TargetType.BINARY:
        _refuse_set(settings, ("class_labels", "class_labels_file"), target_type)
        return pair
    _refuse_set(settings, ("positive_class_label", "negative_class_label"), target_type)
    if target_type.is_classification:
        return several
    _refuse_set(settings, ("class_labels", "class_labels_file"), target_type)
    return ()


def _refuse_set(settings: Settings, names: Sequence[str], target_type: TargetType) -> None:
    for name in names:
        if not settings.is_default(name):
            raise OptionConflictError(
                f"{settings.source(name)} is set, but target type '{target_type.value}' takes no such labels."
            )


def _binary_labels(settings: Settings, inference: Mapping[str, Any]) -> tuple[str, ...]:
    negative, positive = settings["negative_class_label"], settings["positive_class_label"]
    source = "--negative-class-label and --positive-class-label"
    if negative is None and positive is None:
        negative, positive = _text(inference.get("negativeClassLabel")), _text(inference.get("positiveClassLabel"))
        source = f"negativeClassLabel and positiveClassLabel in {FILE_NAME}"
    if negative is None and positive is None:
        return ()
    if negative is None or positive is None:
        raise OptionConflictError(f"Give both of {source}, or neither.")
    return _distinct((negative, positive), source)


def _class_labels(settings: Settings, inference: Mapping[str, Any], code_dir: Path) -> tuple[str, ...]:
    given, file = settings["class_labels"], settings["class_labels_file"]
    if given is not None and file is not None:
        raise OptionConflictError(
            f"Class labels come from {settings.source('class_labels')} and from "
            f"{settings.source('class_labels_file')}. Give one of them."
        )
    if given is not None:
        return _distinct(tuple(given), settings.source("class_labels"))
    if file is not None:
        return _labels_of_file(Path(file), OptionConflictError)
    return _class_labels_of_metadata(inference, code_dir)


def _class_labels_of_metadata(inference: Mapping[str, Any], code_dir: Path) -> tuple[str, ...]:
    labels, file = inference.get("classLabels"), inference.get("classLabelsFile")
    if labels is not None and file is not None:
        raise MetadataError(f"{FILE_NAME}: give classLabels or classLabelsFile, not both.")
    if file is not None:
        return _labels_of_file(code_dir / str(file), MetadataError)
    if labels is None:
        return ()
    if not isinstance(labels, list):
        raise MetadataError(f"{FILE_NAME}: classLabels must be a list of labels, such as [low, high].")
    return _distinct(tuple(str(label) for label in labels), f"{FILE_NAME}: classLabels")


def _labels_of_file(path: Path, error_class: type[ConfigError]) -> tuple[str, ...]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise error_class(f"The file of class labels '{path}' cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise error_class(f"The file of class labels '{path}' is not UTF-8: {error}.") from error
    return _distinct(tuple(line for line in lines if line.strip()), f"'{path}'")


def _distinct(labels: tuple[str, ...], source: str) -> tuple[str, ...]:
    twice = [label for label in labels if labels.count(label) > 1]
    if twice:
        raise OptionConflictError(f"Label '{twice[0]}' stands twice in {source}.")
    if len(labels) < 2:
        raise OptionConflictError(f"A classifier needs at least two labels; {source} gives {len(labels)}.")
    return labels
