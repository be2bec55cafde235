"""Hyperparameters: what ``model-metadata.yaml`` allows, and the values that files give.

The file ``hyperparameters.json`` holds one object for each model identifier; ``--parameter-file`` goes before it, and
the defaults of ``model-metadata.yaml`` come last.
"""

from __future__ import annotations

import difflib
import json
import logging
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drum.errors import ConfigError, MetadataError

FILE_NAME = "hyperparameters.json"
METADATA = "model-metadata.yaml: hyperparameters"
TYPES = ("int", "float", "string", "select", "multi")
KEYS = frozenset({"name", "type", "min", "max", "default", "values"})
MULTI_KINDS = ("int", "float", "select")
log = logging.getLogger("drum.train")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hyperparameter:
    """What one hyperparameter may be.

    ``values`` are the choices of a *select*; ``kinds`` are the alternatives of a *multi*, any of which will do.
    """

    name: str
    kind: str
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[Any, ...] = ()
    kinds: tuple[Hyperparameter, ...] = ()

    def complaint(self, value: Any) -> str | None:
        """Return what is wrong with a value, as the end of a sentence, or ``None`` if it will do."""
        if self.kind == "multi":
            wrong = [kind.complaint(value) for kind in self.kinds]
            return None if None in wrong else " or ".join(dict.fromkeys(str(part) for part in wrong))
        if self.kind == "string":
            return None if isinstance(value, str) else "must be text"
        if self.kind == "select":
            return None if value in self.values else f"must be one of {', '.join(map(str, self.values))}"
        return self._complaint_of_number(value)

    def _complaint_of_number(self, value: Any) -> str | None:
        whole = self.kind == "int"
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float) or not math.isfinite(value):
            return "must be a whole number" if whole else "must be a number"
        if self.minimum is not None and value < self.minimum:
            return f"must be {self.minimum} or more"
        if self.maximum is not None and value > self.maximum:
            return f"must be {self.maximum} or less"
        return None


def declared(metadata: Mapping[str, Any]) -> tuple[Hyperparameter, ...]:
    """Read the definitions in ``model-metadata.yaml``.

    :raises MetadataError: if one of them is not right; it names the hyperparameter.
    """
    entries = metadata.get("hyperparameters")
    if entries is None:
        return ()
    if not isinstance(entries, list):
        raise MetadataError(f"{METADATA} must be a list, with 'name' and 'type' in each entry.")
    found: dict[str, Hyperparameter] = {}
    for place, entry in enumerate(entries):
        one = _definition(entry, place)
        if one.name in found:
            raise MetadataError(f"{METADATA}: '{one.name}' stands there twice.")
        found[one.name] = one
    return tuple(found.values())


def _definition(entry: Any, place: int) -> Hyperparameter:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str) or not entry["name"]:
        raise MetadataError(f"{METADATA}: entry {place + 1} has no 'name'.")
    name, kind = entry["name"], entry.get("type")
    where = f"{METADATA}: '{name}'"
    if kind not in TYPES:
        raise MetadataError(f"{where} has the type {kind!r}; it must be one of {', '.join(TYPES)}.")
    for key in entry:
        if key not in KEYS:
            near = difflib.get_close_matches(str(key), KEYS, n=1)
            raise MetadataError(
                f"{where} has the unknown key '{key}'. "
                + (f"Did you mean '{near[0]}'?" if near else f"Known are {', '.join(sorted(KEYS))}.")
            )
    definition = Hyperparameter(
        name=name, kind=kind, default=entry.get("default"), minimum=_limit(entry, "min", where),
        maximum=_limit(entry, "max", where), values=_choices(entry, where) if kind == "select" else (),
        kinds=_alternatives(entry, where) if kind == "multi" else (),
    )  # fmt: skip
    _check_limits(definition, where)
    wrong = None if definition.default is None else definition.complaint(definition.default)
    if wrong:
        raise MetadataError(f"{where} has the default {definition.default!r}, but it {wrong}.")
    return definition


def _limit(entry: Mapping[str, Any], key: str, where: str) -> float | None:
    value = entry.get(key)
    if value is None:
        return None
    if entry["type"] not in ("int", "float"):
        raise MetadataError(f"{where} is of type '{entry['type']}', which takes no '{key}'.")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MetadataError(f"{where} has the {key} {value!r}, which is no number.")
    return value


def _check_limits(one: Hyperparameter, where: str) -> None:
    if one.minimum is not None and one.maximum is not None and one.minimum > one.maximum:
        raise MetadataError(f"{where} has the min {one.minimum}, which is above its max {one.maximum}.")


def _choices(entry: Mapping[str, Any], where: str) -> tuple[Any, ...]:
    values = entry.get("values")
    if not isinstance(values, list) or not values:
        raise MetadataError(f"{where} is of type 'select', which needs 'values', a list of choices.")
    return tuple(values)


def _alternatives(entry: Mapping[str, Any], where: str) -> tuple[Hyperparameter, ...]:
    values = entry.get("values")
    if not isinstance(values, Mapping) or not values or not set(values) <= set(MULTI_KINDS):
        raise MetadataError(
            f"{where} is of type 'multi', which needs 'values', with entries among {', '.join(MULTI_KINDS)}: "
            "values: {float: {min: 0, max: 1}, select: {values: [auto]}}."
        )
    return tuple(_definition({**(part or {}), "name": entry["name"], "type": kind}, 0) for kind, part in values.items())


# ------------------------------------------------------------------------------------- values


def values_for(
    model: str, definitions: Sequence[Hyperparameter], code_dir: Path, parameter_file: Path | None,
    others: Collection[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """Return the hyperparameters of a model by name.

    :param model: the identifier under which ``hyperparameters.json`` holds them.
    :param others: identifiers of other models, whose hyperparameters may stand there too.
    :raises ConfigError: if a file is not right, or a value is not what its definition allows.
    """
    values = {one.name: one.default for one in definitions if one.default is not None}
    known = {one.name: one for one in definitions}
    own = code_dir / FILE_NAME
    for path, content in (
        (own, _of_model(own, model, others) if own.exists() else {}),
        (parameter_file, {} if parameter_file is None else _object(parameter_file)),
    ):
        for name, value in content.items():
            _check(name, value, known, path)
            values[name] = value
    return values


def _of_model(path: Path, model: str, others: Collection[str]) -> Mapping[str, Any]:
    models = _object(path)
    if models and model not in models:
        _tell_of_absence(path, model, others, list(models))
    content = models.get(model, {})
    if not isinstance(content, Mapping):
        raise ConfigError(f"'{path}' must hold an object of values for '{model}', not {type(content).__name__}.")
    return content


def _tell_of_absence(path: Path, model: str, others: Collection[str], found: Sequence[str]) -> None:
    """Say that a file holds nothing for a model; that is an error, unless it is there for other ones.

    :raises ConfigError: if none of its names is a model's.
    """
    strange = [name for name in found if name not in others]
    near = difflib.get_close_matches(model, strange, n=1)
    message = f"'{path}' holds nothing under '{model}', the name of the model that is trained, but only under " + (
        ", ".join(f"'{name}'" for name in found)
    )
    message += f". Is '{near[0]}' meant to be '{model}'?" if near else "."
    if len(strange) == len(found):
        raise ConfigError(f'{message} Write {{"{model}": {{…}}}}.')
    log.warning("%s It is trained without them.", message)


def _object(path: Path) -> Mapping[str, Any]:
    """Read a mapping from JSON, or from YAML where the extension says so."""
    import yaml

    try:
        text = path.read_text(encoding="utf-8-sig")
        content = yaml.safe_load(text) if path.suffix.lower() in (".yaml", ".yml") else json.loads(text)
    except OSError as error:
        raise ConfigError(f"The file of hyperparameters '{path}' cannot be read: {error.strerror}.") from error
    except (ValueError, yaml.YAMLError) as error:
        raise ConfigError(
            f"'{path}' is not valid {'YAML' if 'y' in path.suffix else 'JSON'}: {' '.join(str(error).split())}"
        ) from error
    if not isinstance(content, Mapping):
        raise ConfigError(f"'{path}' must hold an object of names and values, not {type(content).__name__}.")
    return content


def _check(name: str, value: Any, known: Mapping[str, Hyperparameter], path: Path | None) -> None:
    if not known:
        return
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"Did you mean '{near[0]}'?" if near else f"Known are {', '.join(known)}."
        raise ConfigError(f"'{path}': there is no hyperparameter '{name}' in model-metadata.yaml. {hint}")
    wrong = known[name].complaint(value)
    if wrong:
        raise ConfigError(f"'{path}': the hyperparameter '{name}' is {value!r}, but it {wrong}.")
