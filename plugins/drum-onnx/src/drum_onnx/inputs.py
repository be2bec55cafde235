"""Turn a batch into what the graph takes: one matrix, or one array for each column, each with its type."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from drum.columns import listed
from drum.errors import MalformedInputError, ModelContractError
from drum.types import ModelSpec
from drum_onnx.columns import as_type
from drum_onnx.widths import Width

if TYPE_CHECKING:
    import pandas as pd

NOTHING: Mapping[str, Width] = MappingProxyType({})
TYPES = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(float16)": "float16",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(bool)": "bool",
    "tensor(string)": "object",
}


def columns_by_name(inputs: Sequence[Any], spec: ModelSpec) -> list[str] | None:
    """Return the names of the columns of a matrix that gives the same predictions; ``None`` if they are not known."""
    if any(node.type == "tensor(string)" or node.type not in TYPES for node in inputs):
        return None
    if _is_by_name(inputs):
        return [node.name for node in inputs]
    names = list(spec.schema.names) if spec.schema is not None else []
    return names if names and len(inputs) == 1 and _width(inputs[0]) == len(names) else None


def as_inputs(batch: Any, inputs: Sequence[Any], known: Mapping[str, Width] = NOTHING) -> dict[str, Any]:
    """Return an array for each input of the graph.

    Several inputs of one column each are found by their names. One input takes the columns as they come, and so do
    several that have more than one column.

    :param batch: a frame, a matrix of the columns by name, or what custom code has read: a mapping of arrays.
    :param known: of inputs that declare no width, what else is known of it.
    :raises MalformedInputError: if columns are missing, too many, or of another type.
    """
    if isinstance(batch, Mapping):
        return dict(batch)
    if not hasattr(batch, "columns"):
        return _cut_matrix(batch, inputs, known)
    return _by_name(batch, inputs) if _is_by_name(inputs) else _by_position(batch, inputs, known)


def open_inputs(inputs: Sequence[Any]) -> list[str]:
    """Return the names of those inputs that take a matrix, and do not declare how wide it is."""
    return [node.name for node in inputs if len(node.shape) == 2 and _width(node) is None]


def _is_by_name(inputs: Sequence[Any]) -> bool:
    return len(inputs) > 1 and all(_width(node) == 1 for node in inputs)


def _width(node: Any) -> int | None:
    """Return how many columns an input takes a row, whatever their shape; ``None`` if any number will do."""
    sizes = node.shape[1:]
    return math.prod(sizes) if all(isinstance(size, int) for size in sizes) else None


def _by_name(batch: pd.DataFrame, inputs: Sequence[Any]) -> dict[str, Any]:
    found = _columns_of(inputs, batch.columns.tolist())
    missing = [node.name for node in inputs if node.name not in found]
    if missing:
        raise MalformedInputError(
            f"The input lacks {listed(missing)} of the {len(inputs)} that the model takes. "
            f"It has {listed(batch.columns.tolist())}."
        )
    return {node.name: _shaped(as_type(batch[[found[node.name]]], _type(node)), node) for node in inputs}


def _columns_of(inputs: Sequence[Any], columns: Sequence[Any]) -> dict[str, Any]:
    """Return the column for each input: of its own name, or else the one that skl2onnx would spell like that."""
    spelt: dict[str, list[Any]] = {}
    for column in columns:
        spelt.setdefault(_as_skl2onnx_spells(str(column)), []).append(column)
    known = set(columns)
    found = {node.name: [node.name] if node.name in known else spelt.get(node.name, []) for node in inputs}
    return {name: candidates[0] for name, candidates in found.items() if len(candidates) == 1}


def _as_skl2onnx_spells(name: str) -> str:
    """Return the name of an input that skl2onnx makes of a column's: what is not part of a word is an underscore."""
    spelt = re.sub(r"[^\w+]", "_", name)
    return f"_{spelt}" if spelt[:1].isdigit() else spelt


def _by_position(batch: pd.DataFrame, inputs: Sequence[Any], known: Mapping[str, Width]) -> dict[str, Any]:
    widths = _widths(len(batch.columns), inputs, known)
    arrays, start = {}, 0
    for node, width in zip(inputs, widths, strict=True):
        part = batch if len(inputs) == 1 else batch.iloc[:, start : start + width]
        arrays[node.name] = _shaped(as_type(part, _type(node)), node)
        start += width
    return arrays


def _cut_matrix(matrix: Any, inputs: Sequence[Any], known: Mapping[str, Width]) -> dict[str, Any]:
    import numpy as np

    widths = _widths(matrix.shape[1], inputs, known)
    with np.errstate(over="ignore"):
        parts = np.split(matrix, np.cumsum(widths)[:-1], axis=1)
        return {
            node.name: _shaped(part.astype(_type(node), copy=False), node)
            for node, part in zip(inputs, parts, strict=True)
        }


def _widths(given: int, inputs: Sequence[Any], known: Mapping[str, Width]) -> list[int]:
    """Return how many columns each input takes of those that are given."""
    widths = [_width(node) or known.get(node.name, Width()).exact for node in inputs]
    fixed = sum(width for width in widths if width is not None)
    if widths.count(None) > 1:
        raise ModelContractError(
            f"The model's inputs {[node.name for node in inputs]} do not say how many columns they take. "
            "Export it with fixed sizes, or give it a mapping of arrays in custom.py."
        )
    least = fixed + sum(known[node.name].least for node in inputs if node.name in known)
    if given < least or (given > fixed and None not in widths):
        raise MalformedInputError(
            f"The model takes {'at least ' if None in widths else ''}{least} column{'s' if least != 1 else ''}, "
            f"but the input has {given}."
        )
    return [given - fixed if width is None else width for width in widths]


def _type(node: Any) -> str:
    if node.type not in TYPES:
        raise ModelContractError(f"The model's input '{node.name}' is of type {node.type}, which no column can be.")
    return TYPES[node.type]


def _shaped(values: Any, node: Any) -> Any:
    """Return values in the shape that an input wants: a row may be a number, a vector, a matrix, an image."""
    sizes = node.shape[1:]
    if len(sizes) == 1 and values.ndim == 2:
        return values
    return values.reshape(len(values), *(size if isinstance(size, int) else -1 for size in sizes))


# ------------------------------------------------------------------------------------- batches of a fixed size


def runs_of(arrays: Mapping[str, Any], inputs: Sequence[Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the arrays as the graph takes them at once: all, or so many rows as it was exported for."""
    size = next((node.shape[0] for node in inputs if node.shape and isinstance(node.shape[0], int)), None)
    rows = len(next(iter(arrays.values())))
    if size is None or size == rows:
        yield arrays
        return
    for start in range(0, rows, size):
        yield {name: _filled(values[start : start + size], size) for name, values in arrays.items()}


def _filled(values: Any, size: int) -> Any:
    """Repeat the last row until there are enough; what comes of it is left out."""
    import numpy as np

    return (
        values if len(values) == size else np.concatenate([values, np.repeat(values[-1:], size - len(values), axis=0)])
    )
