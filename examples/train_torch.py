"""Train the models of the PyTorch examples from data that scikit-learn ships, and write their inputs.

Run ``python examples/train_torch.py`` with drum-torch and scikit-learn installed; ``expected.csv`` of each folder is
then what torch itself predicts, not what drum does.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pandas as pd
import torch
from safetensors.torch import save_file
from sklearn.datasets import load_breast_cancer, load_wine
from torch import nn

HERE = Path(__file__).parent
ROWS = 20
BREAST_CANCER = ["benign", "malignant"]
WINE = ["barolo", "grignolino", "barbera"]


def main() -> None:
    """Write every example."""
    torch.manual_seed(0)
    export()
    weights()


def export() -> None:
    """Export a program that tells malignant from benign: one file that needs nothing beside it."""
    features, target = load_breast_cancer(return_X_y=True, as_frame=True)
    x = as_tensor(features)
    hidden = nn.Sequential(nn.BatchNorm1d(x.shape[1]), nn.Linear(x.shape[1], 16), nn.ReLU(), nn.Linear(16, 1))
    logits = train(hidden, x, as_tensor(1 - target.to_frame()), nn.BCEWithLogitsLoss())
    model = nn.Sequential(logits, nn.Sigmoid()).eval()  # what it gives must be a probability
    program = torch.export.export(model, (x[:2],), dynamic_shapes=({0: torch.export.Dim("rows")},))
    folder = folder_of("torch-export", features)
    torch.export.save(program, folder / "model" / "model.pt2")
    malignant = predict(model, folder)
    pd.DataFrame({"benign": 1 - malignant[:, 0], "malignant": malignant[:, 0]})[BREAST_CANCER].to_csv(
        folder / "expected.csv", index=False
    )


def weights() -> None:
    """Save the weights of a module of one's own, which model.py makes, to tell three cultivars of wine apart."""
    data = load_wine(as_frame=True)
    features = data.data[::9]
    model = architecture("torch-weights").create_model()
    x = as_tensor(data.data)
    model.scale_by(x)
    train(model, x, torch.tensor(data.target.to_numpy()), lambda given, wanted: nn.NLLLoss()(given.log(), wanted))
    folder = folder_of("torch-weights", features)
    save_file(model.state_dict(), folder / "model" / "model.safetensors")
    pd.DataFrame(predict(model, folder), columns=WINE).to_csv(folder / "expected.csv", index=False)


def train(module: nn.Module, x: torch.Tensor, y: torch.Tensor, loss: nn.Module) -> nn.Module:
    """Fit a module to all rows at once."""
    optimizer = torch.optim.Adam(module.parameters(), lr=0.01)
    for _ in range(60):
        optimizer.zero_grad()
        loss(module(x), y).backward()
        optimizer.step()
    return module


def predict(model: nn.Module, folder: Path) -> torch.Tensor:
    """Return what torch predicts for the input of an example."""
    with torch.inference_mode():
        return model.eval()(as_tensor(pd.read_csv(folder / "input.csv"))).numpy()


def as_tensor(frame: pd.DataFrame) -> torch.Tensor:
    """Return a frame of numbers as torch takes it."""
    return torch.tensor(frame.to_numpy(), dtype=torch.float32)


def folder_of(name: str, features: pd.DataFrame) -> Path:
    """Write the input of one example and return its folder."""
    folder = HERE / name
    features[:ROWS].to_csv(folder / "input.csv", index=False)
    return folder


def architecture(name: str) -> ModuleType:
    """Import the model.py of an example."""
    spec = importlib.util.spec_from_file_location("model", HERE / name / "model" / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
