"""PyTorch: a multilayer perceptron as a whole module, as TorchScript, as a program, and as weights with a model.py."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

PACKAGES = ("drum_torch", "torch")
ARCHITECTURE = """
from torch import nn

def create_model():
    return nn.Sequential(nn.Linear(20, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 1), nn.Sigmoid())
"""


def module(folder: Path, features: pd.DataFrame, target: Any) -> Callable[[pd.DataFrame], Any]:
    import torch

    fitted = _fitted(features, target)
    torch.save(fitted, folder / "model.pth")
    return _calling(fitted)


def script(folder: Path, features: pd.DataFrame, target: Any) -> Callable[[pd.DataFrame], Any]:
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        scripted = torch.jit.script(_fitted(features, target))
    scripted.save(folder / "model.pt")
    return _calling(scripted)


def program(folder: Path, features: pd.DataFrame, target: Any) -> Callable[[pd.DataFrame], Any]:
    import torch

    example = (torch.zeros(2, features.shape[1]),)
    exported = torch.export.export(_fitted(features, target), example, dynamic_shapes=({0: torch.export.Dim("rows")},))
    torch.export.save(exported, folder / "model.pt2")
    return _calling(exported.module())


def weights(folder: Path, features: pd.DataFrame, target: Any) -> Callable[[pd.DataFrame], Any]:
    from safetensors.torch import save_file

    fitted = _fitted(features, target)
    (folder / "model.py").write_text(ARCHITECTURE)
    save_file(fitted.state_dict(), folder / "model.safetensors")
    return _calling(fitted)


def _calling(model: Any) -> Callable[[pd.DataFrame], Any]:
    import numpy as np
    import torch

    def predict(frame: pd.DataFrame) -> Any:
        with torch.inference_mode():
            return model(torch.tensor(frame.to_numpy(dtype=np.float32))).numpy()

    return predict


def _fitted(features: pd.DataFrame, target: Any) -> Any:
    import torch

    torch.manual_seed(0)
    made: dict[str, Any] = {}
    exec(ARCHITECTURE, made)
    model = made["create_model"]()
    x = torch.tensor(features.to_numpy(), dtype=torch.float32)
    y = torch.tensor(target, dtype=torch.float32).reshape(-1, 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(20):
        optimizer.zero_grad()
        torch.nn.functional.binary_cross_entropy(model(x), y).backward()
        optimizer.step()
    return model.eval()


# ------------------------------------------------------------------------------------- on a GPU


def has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def _saving(width: int) -> Callable[[Path, int], None]:
    def save(folder: Path, columns: int) -> None:
        import torch
        from torch import nn

        torch.manual_seed(0)
        hidden = (nn.Linear(columns, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())
        torch.save(nn.Sequential(*hidden, nn.Linear(width, 1), nn.Sigmoid()).eval(), folder / "model.pth")

    return save


NETWORKS = {"128 wide": _saving(128), "2048 wide": _saving(2048)}
MODELS = {"module": module, "TorchScript": script, "program": program, "weights": weights}
