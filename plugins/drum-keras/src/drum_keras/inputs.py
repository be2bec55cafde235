"""Tell from a model and its metadata which columns each of its inputs takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drum.errors import LoadError, MetadataError
from drum.types import ModelSpec

GROUPS = "inputColumns"
"""The key below ``hyperparameters`` of model-metadata.yaml which says what columns each input takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input: its name, how many columns it takes and which, where that is known, and their type."""

    name: str
    width: int | None
    columns: tuple[str, ...] | None
    dtype: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """All inputs in order, and whether the model calls them by name."""

    inputs: tuple[Input, ...]
    by_name: bool


def is_of_numbers(inputs: Inputs) -> bool:
    """Tell whether there is one input, and it takes all columns as numbers."""
    only = inputs.inputs[0]
    return len(inputs.inputs) == 1 and only.columns is None and only.dtype != "string"


def inputs_of(model: Any, spec: ModelSpec) -> Inputs:
    """Return what a model's inputs take, by the model and by the metadata.

    :raises MetadataError: if the metadata name no input, or give one too many or too few columns.
    :raises LoadError: if there are several inputs and nobody says which columns are theirs.
    """
    tensors = getattr(model, "inputs", None) or ()
    structure = getattr(model, "input", None) if tensors else None
    named = dict(structure) if isinstance(structure, Mapping) else {tensor.name: tensor for tensor in tensors}
    groups = _groups(spec)
    if groups is None:
        groups = _one_column_each(named) if len(named) > 1 else {}
    elif set(groups) != set(named):
        raise MetadataError(
            f"model-metadata.yaml: {GROUPS} has the inputs {', '.join(groups)}; the model has {_listed(named)}."
        )
    inputs = tuple(_input(name, tensor, groups.get(name)) for name, tensor in named.items())
    return Inputs(
        inputs=inputs or (Input(name="", width=None, columns=None, dtype="float32"),),
        by_name=isinstance(structure, Mapping),
    )


def _groups(spec: ModelSpec) -> Mapping[str, Sequence[str]] | None:
    parameters = spec.metadata.get("hyperparameters")
    groups = parameters.get(GROUPS) if isinstance(parameters, Mapping) else None
    if groups is not None and not (
        isinstance(groups, Mapping) and all(isinstance(columns, list) for columns in groups.values())
    ):
        raise MetadataError(f"model-metadata.yaml: {GROUPS} must give each input a list of columns.")
    return groups


def _one_column_each(named: Mapping[str, Any]) -> Mapping[str, Sequence[str]]:
    """Take inputs of one column each for the columns of their names; wider ones need to be told."""
    if any(_width(tensor) != 1 for tensor in named.values()):
        raise LoadError(
            f"The model has several inputs: {_listed(named)}. Say in model-metadata.yaml which columns are whose: "
            f"hyperparameters: {{{GROUPS}: {{{next(iter(named))}: [first, second], ...}}}}"
        )
    return {name: [name] for name in named}


def _input(name: str, tensor: Any, columns: Sequence[str] | None) -> Input:
    width = _width(tensor)
    if columns is not None and width not in (None, len(columns)):
        raise MetadataError(
            f"model-metadata.yaml: {GROUPS} gives input '{name}' {len(columns)} columns, but it takes {width}."
        )
    return Input(name=name, width=width, columns=None if columns is None else tuple(columns), dtype=str(tensor.dtype))


def _width(tensor: Any) -> int | None:
    """Return the number of columns of an input that takes a matrix, or a single column as a vector."""
    shape = tuple(tensor.shape)
    return 1 if len(shape) == 1 else shape[1] if len(shape) == 2 else None


def _listed(named: Mapping[str, Any]) -> str:
    widths = {name: _width(tensor) for name, tensor in named.items()}
    return ", ".join(f"{name} ({width or '?'} column{'s' if width != 1 else ''})" for name, width in widths.items())
