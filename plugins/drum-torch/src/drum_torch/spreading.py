"""Notice one column that a module standardizes by the statistics of several: torch spreads it, and calls it no error.

``(x - mean) / deviation`` gives a row of thirteen values for one column as well. What is done with the column is seen
operation by operation, of eager modules and TorchScript alike. Only what is certain counts: distances from trained or
fixed centres, and waves of several frequencies, are made of one column on purpose.
"""

from __future__ import annotations

from contextlib import suppress
from enum import Enum
from typing import TYPE_CHECKING, Any

from drum.errors import MalformedInputError
from drum_torch.features import wrong_width
from drum_torch.scoring import input_like, made_ready

if TYPE_CHECKING:
    import numpy.typing as npt
    import torch

UNCHANGED = frozenset({"to", "_to_copy", "clone", "detach", "contiguous", "alias"})
"""Operations after which values are what they were."""
BASES = frozenset({"pow", "square", "exp", "neg", "sin", "cos"})
"""Operations that make basis functions of differences: a column may have been spread for them."""


class _Part(Enum):
    """What a tensor is to the column."""

    COLUMN = "the column itself, or a function of it that keeps its shape"
    CENTRED = "less a fixed vector"
    SCALED = "and divided or multiplied by one"
    OTHER = "anything else that was computed of the input, or trained"


class _Watch:
    """Follow a column through the operations of one call; ``width`` is how many its statistics are made for."""

    def __init__(self, column: torch.Tensor, trained: list[torch.Tensor]) -> None:
        self.width: int | None = None
        self._parts = {id(tensor): _Part.OTHER for tensor in trained} | {id(column): _Part.COLUMN}
        self._kept = [column, *trained]  # an id says nothing of a tensor that is gone

    def note(self, name: str, is_elementwise: bool, tensors: list[torch.Tensor], answer: Any) -> None:
        """Take down what came of tensors by an operation."""
        import torch

        if isinstance(answer, torch.Tensor):
            part = self._part_of(name, is_elementwise, tensors, answer)
            if part is not None:
                self._kept.append(answer)
                self._parts[id(answer)] = part

    def _part_of(self, name: str, elementwise: bool, tensors: list[torch.Tensor], answer: torch.Tensor) -> _Part | None:
        parts = [self._parts.get(id(tensor)) for tensor in tensors]
        known = set(parts) - {None}
        if not known:
            return None  # of constants come constants
        if _Part.SCALED in known and name not in UNCHANGED | BASES:
            self.width = tensors[parts.index(_Part.SCALED)].shape[-1]
        if len(known) > 1:
            return _Part.OTHER
        constants = [tensor for tensor, part in zip(tensors, parts, strict=True) if part is None]
        return self._next(known.pop(), name, elementwise, constants, answer)

    def _next(
        self, part: _Part | None, name: str, elementwise: bool, constants: list[torch.Tensor], answer: torch.Tensor
    ) -> _Part | None:
        width = answer.shape[-1] if answer.ndim == 2 else 0
        by_vector = width > 1 and any(tuple(tensor.shape) in ((width,), (1, width)) for tensor in constants)
        if name in UNCHANGED:
            return part
        if part is _Part.COLUMN and elementwise and answer.shape == self._kept[0].shape:
            return part
        if part is _Part.COLUMN and name in ("sub", "rsub") and by_vector:
            return _Part.CENTRED
        if part is _Part.CENTRED and name in ("div", "mul") and by_vector:
            return _Part.SCALED
        return _Part.OTHER


def refuse_spread_column(module: torch.nn.Module, matrix: npt.NDArray[Any]) -> None:
    """Refuse the only column of a matrix if the module standardizes it by the statistics of several.

    The module is called once more for that, with the first row twice. No matrix of more columns can be spread.

    :raises MalformedInputError: naming both numbers of columns.
    """
    if matrix.ndim != 2 or matrix.shape[1] != 1 or not len(matrix):
        return
    if module.training:
        made_ready(module)
    width = _width_of_statistics(module, matrix[:1])
    if width is not None:
        raise MalformedInputError(wrong_width(width, 1))


def _width_of_statistics(module: torch.nn.Module, row: npt.NDArray[Any]) -> int | None:
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils._pytree import tree_leaves

    like = input_like(module)
    column = torch.tensor(row, dtype=like.dtype, device=like.device).repeat(2, 1)
    watch = _Watch(column, list(module.parameters()))

    def follow(mode: Any, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        answer = function(*args, **(kwargs or {}))
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
        watch.note(function.overloadpacket.__name__, torch.Tag.pointwise in function.tags, tensors, answer)
        return answer

    mode: Any = type("Watching", (TorchDispatchMode,), {"__torch_dispatch__": follow})
    with suppress(RuntimeError, AssertionError), torch.inference_mode(), mode():  # the call itself raises it again
        module(column)
    return watch.width
