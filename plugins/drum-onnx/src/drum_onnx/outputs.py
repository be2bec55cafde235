"""Turn what a graph gives into the frames that the core checks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from drum.contract import framed, match_labels
from drum.errors import ModelContractError
from drum.types import PREDICTIONS, ModelSpec, TargetType

if TYPE_CHECKING:
    import pandas as pd

FLOATS = frozenset({"tensor(float)", "tensor(double)", "tensor(float16)", "seq(tensor(float))", "seq(tensor(double))"})
INTEGERS = frozenset({"tensor(int64)", "tensor(int32)"})


def chosen(outputs: Sequence[Any], spec: ModelSpec) -> list[Any]:
    """Return the outputs that hold the predictions, beside which there may be the winner's name.

    :raises ModelContractError: if there are several that could be meant.
    """
    if len(outputs) == 1:
        return list(outputs)
    if spec.target_type.is_classification:
        named = [node for node in outputs if _is_dictionary(node) or (_is_float(node) and "prob" in node.name.lower())]
        if len(named) == 1:
            return named
    floats = [node for node in outputs if _is_float(node)]
    if len(floats) == 1 or (spec.target_type.is_classification and _is_a_column_each(floats)):
        return floats
    raise ModelContractError(
        f"The model has the outputs {[node.name for node in outputs]}, and it is not clear which one is meant. Export "
        "it with one output, call that of the classes 'probabilities', or write a 'score' hook in custom.py."
    )


def _is_float(node: Any) -> bool:
    return node.type in FLOATS


def _is_dictionary(node: Any) -> bool:
    """Tell a ``ZipMap``, which gives a dictionary of probabilities for each row."""
    return str(node.type).startswith("seq(map(")


def _is_a_column_each(nodes: Sequence[Any]) -> bool:
    """Tell what skl2onnx writes for ``zipmap='columns'``: an output for each class."""
    return len(nodes) > 1 and all(node.shape[1:] in ([], [1]) for node in nodes)


def joined(results: Sequence[Sequence[Any]], rows: int) -> list[Any]:
    """Return each output of all runs, without the rows that filled up the last one."""
    return [_joined(parts, rows) for parts in zip(*results, strict=True)]


def _joined(parts: Sequence[Any], rows: int) -> Any:
    import numpy as np

    if isinstance(parts[0], list) and isinstance(parts[0][0], dict):
        return list(chain.from_iterable(parts))[:rows] if len(parts) > 1 else parts[0][:rows]
    arrays = [np.stack(part) if isinstance(part, list) else part for part in parts]
    axis = 1 if arrays[0].ndim == 3 else 0  # scikit-learn's several targets: target, row, absent or present
    whole = np.concatenate(arrays, axis) if len(arrays) > 1 else arrays[0]
    return whole if whole.shape[axis] == rows else whole.take(range(rows), axis)


# ------------------------------------------------------------------------------------- frames


def predictions(values: list[Any], nodes: Sequence[Any], outputs: Sequence[Any], spec: ModelSpec) -> pd.DataFrame:
    """Return the frame of predictions.

    :param values: of the outputs that hold the predictions.
    :param nodes: these outputs.
    :param outputs: all outputs of the graph.
    """
    if not spec.target_type.is_classification:
        return _of_values(values[0])
    if _is_dictionary(nodes[0]):
        return _of_dictionaries(values[0], spec)
    winner = next((node.type for node in outputs if node not in nodes), "")
    return _of_matrix(_matrix(values, spec), winner, spec)


def _of_values(values: Any) -> pd.DataFrame:
    if isinstance(values, list):
        raise ModelContractError(
            "The model gives classes and their probabilities; a single-column target takes a value."
        )
    matrix = values.reshape(len(values), -1)
    if matrix.shape[1] != 1:
        raise ModelContractError(f"The model gives {matrix.shape[1]} values a row; a single-column target takes one.")
    return framed(matrix, [PREDICTIONS])


def _of_dictionaries(rows: list[dict[Any, float]], spec: ModelSpec) -> pd.DataFrame:
    import numpy as np

    keys = list(rows[0])
    values = np.fromiter(chain.from_iterable(map(dict.values, rows)), np.float32, len(rows) * len(keys))
    return framed(values.reshape(len(rows), len(keys)), _names(tuple(map(str, keys)), "", spec.labels))


def _matrix(values: list[Any], spec: ModelSpec) -> Any:
    """Return a column for each class; the probability of the positive one alone gets its other half."""
    import numpy as np

    matrix = np.column_stack(values) if len(values) > 1 else values[0]
    if matrix.ndim == 3:
        matrix = matrix[:, :, -1].T
    matrix = matrix.reshape(len(matrix), -1)
    if matrix.shape[1] == 1 and spec.target_type is not TargetType.MULTILABEL:
        return np.column_stack((1 - matrix, matrix))
    return matrix


def _of_matrix(matrix: Any, winner: str, spec: ModelSpec) -> pd.DataFrame:
    return framed(matrix, _names(tuple(map(str, range(matrix.shape[1]))), winner, spec.labels))


@lru_cache(maxsize=16)
def _names(names: tuple[str, ...], winner: str, labels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the columns: class number 0 is the first label, unless the labels are these numbers.

    :param winner: the type of the output that names the winner. Whoever exports one with names has had the classes
        sorted, as scikit-learn does.
    """
    is_numbered = names == tuple(str(number) for number in range(len(names)))
    if not is_numbered or not labels:
        return names
    if len(labels) != len(names):
        raise ModelContractError(f"The model knows {len(names)} classes, but {len(labels)} labels are declared.")
    if len(match_labels(names, labels)) == len(names):
        return names
    if winner == "tensor(string)":
        return tuple(sorted(labels))
    return tuple(sorted(labels, key=float)) if winner in INTEGERS and all(map(_is_number, labels)) else labels


def _is_number(label: str) -> bool:
    try:
        float(label)
    except ValueError:
        return False
    return True
