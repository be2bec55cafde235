"""Runtime parameters: values that user code asks for by name, checked against their definitions.

They travel in the environment, as ``MLOPS_RUNTIME_PARAM_<name>`` holding ``{"type": …, "payload": …}``, so
that worker processes inherit them and a container can set them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

from drum.errors import ConfigError, MetadataError
from drum.metadata import FILE_NAME, check_keys

PREFIX = "MLOPS_RUNTIME_PARAM_"
SOURCE = "drum"
TYPES = ("string", "boolean", "numeric", "credential", "deployment")
DEFINITION_KEYS = frozenset({
    "fieldName", "type", "defaultValue", "minValue", "maxValue", "allowEmpty", "credentialType", "description",
})  # fmt: skip


class Credential(dict[str, Any]):
    """A credential: a mapping whose values are never shown when it is printed or logged."""

    def __repr__(self) -> str:
        return f"Credential({', '.join(sorted(self))}: ***)"

    __str__ = __repr__


class RuntimeParameters:
    """Access to runtime parameters for user code."""

    @staticmethod
    def has(name: str) -> bool:
        """Tell whether the parameter ``name`` has a value."""
        return PREFIX + name in os.environ

    @staticmethod
    def get(name: str) -> Any:
        """Return the value of the parameter ``name``: text, number, truth value, mapping, or ``None``.

        :raises ConfigError: if it has no value, or its variable does not hold the JSON that it must.
        """
        text = os.environ.get(PREFIX + name)
        if text is None:
            raise ConfigError(
                f"Runtime parameter '{name}' has no value. Define it in {FILE_NAME} with a defaultValue, give "
                f"--runtime-params-file, or set {PREFIX}{name}."
            )
        return _decode(name, text)


def _decode(name: str, text: str) -> Any:
    try:
        content = json.loads(text)
        kind, payload = content["type"], content["payload"]
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f'${PREFIX}{name} must hold JSON of the form {{"type": "string", "payload": "…"}}.'
        ) from error
    return Credential(payload) if kind == "credential" and isinstance(payload, Mapping) else payload


def publish(
    metadata: Mapping[str, Any], values_file: Path | None, environ: MutableMapping[str, str] | None = None
) -> None:
    """Check values against the definitions in the metadata and put them where user code finds them.

    A value comes from the environment, else from ``values_file``, else from its ``defaultValue``.

    :raises MetadataError: if a definition is malformed.
    :raises ConfigError: if a value does not fit its definition, or a required one is missing.
    """
    env = os.environ if environ is None else environ
    definitions = read_definitions(metadata)
    values = _read_values(values_file, definitions) if values_file else {}
    for name, definition in definitions.items():
        text = env.get(PREFIX + name)
        if text is not None and not _is_ours(text):
            value = _decode(name, text)
        else:
            value = values.get(name, definition.get("defaultValue"))
            text = json.dumps({"type": definition["type"], "payload": value, "source": SOURCE})
        _check(name, value, definition)
        env[PREFIX + name] = text


def _is_ours(text: str) -> bool:
    """Tell whether a variable holds what :func:`publish` put there, perhaps for another model."""
    try:
        content = json.loads(text)
    except ValueError:
        return False
    return isinstance(content, Mapping) and content.get("source") == SOURCE


def read_definitions(metadata: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the definitions in the metadata by the name of their parameter.

    :raises MetadataError: if one is malformed or stands twice.
    """
    definitions: dict[str, Mapping[str, Any]] = {}
    where = f"{FILE_NAME}: runtimeParameterDefinitions"
    stated = metadata.get("runtimeParameterDefinitions") or []
    if not isinstance(stated, list):
        raise MetadataError(f"{where} must be a list, not {type(stated).__name__}.")
    for definition in stated:
        check_keys(definition, DEFINITION_KEYS, where)
        name, kind = definition.get("fieldName"), definition.get("type")
        if not name or kind not in TYPES:
            raise MetadataError(f"{where}: each needs a fieldName and a type out of {', '.join(TYPES)}; see {name!r}.")
        if name in definitions:
            raise MetadataError(f"{where} defines '{name}' twice.")
        definitions[str(name)] = definition
    return definitions


def _read_values(path: Path, definitions: Mapping[str, object]) -> Mapping[str, Any]:
    import yaml

    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8-sig")) or {}
    except OSError as error:
        raise ConfigError(f"The runtime parameters file '{path}' cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"The runtime parameters file '{path}' is not valid YAML: {error.__class__.__name__}."
        ) from error
    check_keys(values, frozenset(definitions), f"The runtime parameters file '{path}'")
    return dict(values)


def _check(name: str, value: Any, definition: Mapping[str, Any]) -> None:
    kind = definition["type"]
    if value is None or value == "":
        if definition.get("allowEmpty", True):
            return
        raise ConfigError(
            f"Runtime parameter '{name}' must not be empty: give it in --runtime-params-file or set {PREFIX}{name}."
        )
    if not isinstance(value, _python_types(kind)) or (kind == "numeric" and isinstance(value, bool)):
        shown = "" if kind == "credential" else f" {value!r}"
        raise ConfigError(f"Runtime parameter '{name}' must be of type {kind};{shown} is a {type(value).__name__}.")
    if kind == "numeric":
        low, high = definition.get("minValue"), definition.get("maxValue")
        if (low is not None and not value >= low) or (high is not None and not value <= high):
            bounds = [f"{word} {limit}" for word, limit in (("at least", low), ("at most", high)) if limit is not None]
            raise ConfigError(f"Runtime parameter '{name}' is {value}; it must be {' and '.join(bounds)}.")


def _python_types(kind: str) -> tuple[type, ...]:
    types: dict[str, tuple[type, ...]] = {
        "string": (str,), "boolean": (bool,), "numeric": (int, float), "credential": (dict,), "deployment": (str,),
    }  # fmt: skip
    return types[kind]
