"""Export PyTorch modules to ONNX with torch.onnx."""

from __future__ import annotations

import logging
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.columns import numbers_of
from drum.errors import ModelError, PluginDependencyError

if TYPE_CHECKING:
    import pandas as pd

OPERATOR = re.compile(r"No ONNX function found for (?:<OpOverload\(op=')?([\w.:]+)")
REGISTRATION = "torch.onnx._internal.exporter._registration"
SUMMARY = re.compile(r"<class '[\w.]+'>: ([^\n]+)")


def export(module: Any, features: pd.DataFrame, path: Path) -> None:
    """Write a graph with one input, the matrix of all columns in their order, and a dynamic batch axis.

    :param features: rows whose columns the module takes.
    :raises ModelError: if torch cannot convert the module; the operator, or the reason, is named.
    :raises PluginDependencyError: if onnxscript, which torch.onnx needs, is not installed.
    """
    import torch

    try:
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise PluginDependencyError(f"To export to ONNX, run: pip install 'drum-train[onnx]' ({error}).") from error
    weight = next((part for part in module.parameters()), None)
    rows = numbers_of(features)[:2]
    example = torch.as_tensor(rows.repeat(2, axis=0)[:2]).to(torch.float32 if weight is None else weight.dtype)
    rows_axis = torch.export.Dim("rows")
    logging.getLogger(REGISTRATION).setLevel(logging.ERROR)  # it misses torchvision, which no table needs
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch's own inner workings
            program = torch.onnx.export(
                module.cpu().eval() if hasattr(module, "training") and not _is_exported(module) else module,
                (example,), dynamo=True, dynamic_shapes=({0: rows_axis},), verbose=False,
                input_names=["features"], output_names=["predictions"],
            )  # fmt: skip
    except torch.onnx.OnnxExporterError as error:
        raise ModelError(f"The model cannot be exported to ONNX: {_reason(str(error))}") from error
    assert program is not None
    program.save(str(path))


def _is_exported(module: Any) -> bool:
    """Tell a module of ``torch.export``, which is in evaluation mode for good, and says so when it is told."""
    return type(module).__module__.startswith("torch.fx")


def _reason(text: str) -> str:
    operators = sorted(set(OPERATOR.findall(text)))
    if operators:
        return f"torch.onnx has no conversion for the operator {', '.join(operators)}."
    summary = SUMMARY.search(text)
    return summary[1] if summary else text.strip().splitlines()[0]
