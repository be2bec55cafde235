"""Tell by the nodes behind an input how many columns it takes, where the graph leaves that open.

skl2onnx leaves it open for ``FloatTensorType([None, None])``. ONNX Runtime then takes any number: trees do not notice a
column too many, nor some operations one too few.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from drum_onnx.graphs import Node, Tensor, graph_of

log = logging.getLogger("drum.onnx")

KEEPING = frozenset({
    "Identity", "Cast", "Abs", "Neg", "Exp", "Log", "Sqrt", "Relu", "Sigmoid", "Tanh", "IsNaN", "Not", "Floor", "Ceil",
    "Round", "Sign", "Clip", "Normalizer", "Binarizer", "Scaler", "Imputer", "BatchNormalization",
})  # fmt: skip
"""Operations after which a matrix is as wide as before."""
ELEMENTWISE = frozenset({
    "Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Where", "Greater", "Less", "GreaterOrEqual", "LessOrEqual",
})  # fmt: skip
"""Operations after which it is so if the other side is a number, or a number for each column."""

Constants = Mapping[str, Tensor]


@dataclass(frozen=True, slots=True, kw_only=True)
class Width:
    """How many columns an input takes: exactly so many, or if that is not known, at least so many."""

    exact: int | None = None
    least: int = 0


def widths_of(path: Path, inputs: Iterable[str]) -> dict[str, Width]:
    """Return what is certain of the inputs whose width a graph does not declare.

    :param inputs: the names of these, which are matrices.
    """
    names = list(inputs)
    if not names:
        return {}
    try:
        nodes, constants = graph_of(path)
    except ValueError:
        return {}  # a format of ONNX Runtime's own
    for node in nodes:
        value = _constant(node, constants)
        if value is not None:
            constants[node.outputs[0]] = value
    return {name: width for name in names if (width := _width(name, nodes, constants)) != Width()}


def warn_of_open_widths(model: str, widths: Mapping[str, Width]) -> None:
    """Log that columns too many will not be noticed, where no more than a minimum is known."""
    for name, width in widths.items():
        if width.exact is None:
            log.warning(
                "'%s' does not say how many columns its input '%s' takes, only that there are at least %d: further "
                "ones are taken and ignored. Export it with a fixed width (FloatTensorType([None, N]) with skl2onnx), "
                "or record an input schema (drum schema).", model, name, width.least,
            )  # fmt: skip


def _constant(node: Node, constants: Constants) -> Tensor | None:
    if node.operation == "Constant":
        return node.tensor("value")
    return constants.get(node.inputs[0]) if node.operation in ("Identity", "Cast") and node.inputs else None


def _width(name: str, nodes: Iterable[Node], constants: Constants) -> Width:
    as_wide, exact, least = {name}, set(), 0
    for node in nodes:
        if as_wide.isdisjoint(node.inputs):
            continue
        place = next(place for place, one in enumerate(node.inputs) if one in as_wide)
        others = [constants.get(one) for one in node.inputs if one not in as_wide]
        if node.operation in ELEMENTWISE:
            found = _of_elements(others)
            if found is None:
                continue
            exact |= {found} - {1}
            as_wide.add(node.outputs[0])
        if place == 0 and node.operation in EXACT:
            exact |= {EXACT[node.operation](node, constants)} - {0}
        if place == 0 and node.operation in LEAST:
            least = max(least, LEAST[node.operation](node, constants))
        if place == 0 and node.operation in KEEPING:
            as_wide.add(node.outputs[0])
    if len(exact) == 1 and max(exact) >= least:
        return Width(exact=exact.pop())
    return Width(least=0 if exact else least)  # what contradicts itself is not understood


def _of_elements(others: Iterable[Tensor | None]) -> int | None:
    """Return for how many columns there are numbers, 1 if one is for all, ``None`` if nobody knows."""
    counts = {1}
    for tensor in others:
        if tensor is None or any(size != 1 for size in tensor.sizes[:-1]) or len(tensor.sizes) > 2:
            return None
        counts |= set(tensor.sizes[-1:])
    return max(counts) if len(counts) <= 2 else None


# ------------------------------------------------------------------------------------- by operation; 0 is unknown


def _of_matrix(node: Node, constants: Constants) -> int:
    matrix = constants.get(node.inputs[1])
    if matrix is None or len(matrix.sizes) != 2 or node.integer("transA", 0):
        return 0
    return matrix.sizes[1 if node.integer("transB", 0) or node.operation == "CDist" else 0]


def _of_normalization(node: Node, constants: Constants) -> int:
    scale = constants.get(node.inputs[1])
    return scale.sizes[0] if scale is not None and len(scale.sizes) == 1 else 0


def _of_scaler(node: Node, constants: Constants) -> int:
    width = max(node.count_of_floats("offset"), node.count_of_floats("scale"))
    return width if width > 1 else 0


def _of_imputer(node: Node, constants: Constants) -> int:
    width = max(node.count_of_floats("imputed_value_floats"), len(node.integers("imputed_value_int64s")))
    return width if width > 1 else 0


def _of_regressor(node: Node, constants: Constants) -> int:
    return _share(node.count_of_floats("coefficients"), node.integer("targets", 1))


def _of_classifier(node: Node, constants: Constants) -> int:
    return _share(node.count_of_floats("coefficients"), node.count_of_floats("intercepts"))


def _of_vectors(node: Node, constants: Constants) -> int:
    count = node.integer("n_supports", 0) or sum(node.integers("vectors_per_class"))
    return _share(node.count_of_floats("support_vectors"), count)


def _share(numbers: int, parts: int) -> int:
    return numbers // parts if parts and numbers % parts == 0 else 0


def _of_trees(node: Node, constants: Constants) -> int:
    return max(node.integers("nodes_featureids"), default=-1) + 1


def _of_choice(node: Node, constants: Constants) -> int:
    chosen = constants.get(node.inputs[1])
    if chosen is None or (node.operation == "Gather" and node.integer("axis", 0) != 1):
        return 0
    return max(chosen.integers(), default=-1) + 1


EXACT: Mapping[str, Callable[[Node, Constants], int]] = {
    "MatMul": _of_matrix, "Gemm": _of_matrix, "CDist": _of_matrix, "BatchNormalization": _of_normalization,
    "Scaler": _of_scaler, "Imputer": _of_imputer, "LinearRegressor": _of_regressor,
    "LinearClassifier": _of_classifier, "SVMRegressor": _of_vectors, "SVMClassifier": _of_vectors,
}  # fmt: skip
LEAST: Mapping[str, Callable[[Node, Constants], int]] = {
    "TreeEnsembleClassifier": _of_trees, "TreeEnsembleRegressor": _of_trees, "TreeEnsemble": _of_trees,
    "ArrayFeatureExtractor": _of_choice, "Gather": _of_choice,
}  # fmt: skip
