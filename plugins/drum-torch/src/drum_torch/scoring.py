"""Call a module (without gradients, in its own type, on its own device, some rows at a time), and name its outputs."""

from __future__ import annotations

from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, Any

from drum.errors import ModelContractError

if TYPE_CHECKING:
    import numpy.typing as npt
    import torch

ROWS_AT_ONCE = 16_384
"""Rows in one call, which bound the memory that a model's layers take."""


def made_ready(module: torch.nn.Module) -> torch.nn.Module:
    """Return the module in evaluation mode, and in single precision if it was saved in half."""
    import torch

    with suppress(NotImplementedError):  # a program of torch.export knows one mode, and one precision
        module.eval()
        if input_like(module).dtype in (torch.float16, torch.bfloat16):
            module.float()
    return module


def outputs(module: torch.nn.Module, matrix: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return what the module gives for each row: a matrix with a row for each."""
    import numpy as np
    import torch

    if module.training:
        made_ready(module)  # custom code has loaded it
    like = input_like(module)
    with torch.inference_mode():
        parts = [
            _of_rows(module, torch.tensor(matrix[start : start + ROWS_AT_ONCE], dtype=like.dtype, device=like.device))
            for start in range(0, len(matrix), ROWS_AT_ONCE)
        ]
    return np.concatenate(parts)


def input_like(module: torch.nn.Module) -> torch.Tensor:
    """Return a tensor of the module's whose type and device its input has to have."""
    import torch

    own = chain(module.parameters(), module.buffers())
    return next((tensor for tensor in own if tensor.is_floating_point()), torch.empty(0))


def _of_rows(module: torch.nn.Module, rows: torch.Tensor) -> npt.NDArray[Any]:
    import torch

    output = module(rows)
    if not isinstance(output, torch.Tensor):
        raise ModelContractError(
            f"The model returns a {type(output).__name__}, where a tensor of predictions is needed. Let its forward "
            "return that alone, or write a 'score' hook in custom.py."
        )
    if output.dtype in (torch.float16, torch.bfloat16):
        output = output.float()
    return _matrix(output.cpu().numpy(), len(rows))


def _matrix(values: npt.NDArray[Any], rows: int) -> npt.NDArray[Any]:
    """Return values as a matrix; of a single row, a model that squeezes its output leaves no trace."""
    if values.ndim and len(values) == rows:
        return values.reshape(rows, -1)
    if rows == 1 and values.ndim <= 1:
        return values.reshape(1, -1)
    raise ModelContractError(
        f"The model returns a tensor of shape {tuple(values.shape)} for {rows} rows: the first dimension must be the "
        "row."
    )
