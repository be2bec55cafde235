"""Modules with every kind of output, and every way to save them."""

from __future__ import annotations

import importlib.util
import sys
import textwrap
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import torch
from safetensors.torch import save_file
from torch import nn

from drum.testing import CodeDir
from drum.testing.code_dir import Content


def net(width: int, *last: nn.Module, columns: int = 4) -> nn.Sequential:
    """Return a module that predicts otherwise while it is trained; it is in training mode, as training leaves it."""
    torch.manual_seed(width)
    hidden = nn.Sequential(nn.Linear(columns, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.5))
    for _ in range(3):
        hidden(torch.randn(64, columns))  # statistics for the normalization
    return nn.Sequential(*hidden, nn.Linear(16, width), *last)


NET_SOURCE = """
    from torch import nn

    def net(width, *last):
        hidden = (nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.5))
        return nn.Sequential(*hidden, nn.Linear(16, width), *last)
"""
LAST = {
    "sigmoid": (1, nn.Sigmoid), "softmax of two": (2, lambda: nn.Softmax(dim=1)), "values": (1, nn.Identity),
    "softmax": (3, lambda: nn.Softmax(dim=1)), "sigmoids": (3, nn.Sigmoid),
}  # fmt: skip
SOURCES = {
    "sigmoid": "net(1, nn.Sigmoid())", "softmax of two": "net(2, nn.Softmax(dim=1))", "values": "net(1, nn.Identity())",
    "softmax": "net(3, nn.Softmax(dim=1))", "sigmoids": "net(3, nn.Sigmoid())",
}  # fmt: skip


def net_ending_in(output: str) -> nn.Sequential:
    width, last = LAST[output]
    return net(width, last())


def directly(module: nn.Module, frame: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Return what torch itself gives, for all rows in one call."""
    with torch.no_grad():
        answer: np.ndarray[Any, Any] = module.eval()(torch.tensor(frame.to_numpy(), dtype=torch.float32)).numpy()
    return answer


# ------------------------------------------------------------------------------------- ways to save


def whole(module: nn.Module, **options: Any) -> Mapping[str, Content]:
    return {"model.pth": lambda path: torch.save(module, path, **options)}


def scripted(module: nn.Module) -> Mapping[str, Content]:
    return {"model.pt": _without_warnings(lambda path: torch.jit.script(module).save(path))}


def traced(module: nn.Module, columns: int = 4) -> Mapping[str, Content]:
    example = torch.zeros(2, columns)
    return {"model.PT": _without_warnings(lambda path: torch.jit.trace(module.eval(), example).save(path))}


def exported(module: nn.Module, dynamic: bool = True, name: str = "model.pt2") -> Mapping[str, Content]:
    shapes = ({0: torch.export.Dim("rows")},) if dynamic else None
    program = torch.export.export(module.eval(), (torch.zeros(2, 4),), dynamic_shapes=shapes)

    def save(path: Path) -> None:
        with path.open("wb") as file:
            torch.export.save(program, file)

    return {name: save}


def tensors(module: nn.Module, making: str = "") -> Mapping[str, Content]:
    return {"model.safetensors": lambda path: save_file(module.state_dict(), path), "model.py": making}


def weights(module: nn.Module, making: str = "") -> Mapping[str, Content]:
    return {"model.pth": lambda path: torch.save(module.state_dict(), path), "model.py": making}


def making(output: str) -> str:
    """Return a model.py that makes a module like :func:`net_ending_in` does, with other weights."""
    return f"{textwrap.dedent(NET_SOURCE)}\ndef create_model():\n    return {SOURCES[output]}\n"


FORMATS: Mapping[str, Callable[[str], Mapping[str, Content]]] = {
    "whole": lambda output: whole(net_ending_in(output)),
    "whole, before torch 1.6": lambda output: whole(net_ending_in(output), _use_new_zipfile_serialization=False),
    "scripted": lambda output: scripted(net_ending_in(output)),
    "traced": lambda output: traced(net_ending_in(output)),
    "exported": lambda output: exported(net_ending_in(output)),
    "safetensors": lambda output: tensors(net_ending_in(output), making(output)),
    "weights": lambda output: weights(net_ending_in(output), making(output)),
}


def _without_warnings(save: Callable[[Path], object]) -> Callable[[Path], object]:
    """Save in a way that torch has deprecated."""

    def quietly(path: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            save(path)

    return quietly


def module_beside(folder: Path, name: str, source: str) -> ModuleType:
    """Write a module into a folder and import it, so that pickles name its classes."""
    path = CodeDir(folder, {f"{name}.py": source}) / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
