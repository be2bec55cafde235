"""Fit a model to data that scikit-learn ships, and write it where drum finds it: beside this file."""

from pathlib import Path

import pandas as pd
import torch
from model import create_model
from safetensors.torch import save_file
from sklearn.datasets import load_breast_cancer
from torch import nn

FOLDER = Path(__file__).parent


def main() -> None:
    """Fit, save the weights, and write rows to score."""
    features, target = load()
    x = torch.tensor(features.to_numpy(), dtype=torch.float32)
    y = torch.tensor(target.to_numpy(), dtype=torch.float32)[:, None]
    model = create_model()
    model.mean, model.deviation = x.mean(dim=0), x.std(dim=0)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(100):
        optimizer.zero_grad()
        nn.functional.binary_cross_entropy(model(x), y).backward()
        optimizer.step()
    save_file(model.state_dict(), FOLDER / "model.safetensors")
    features[:20].to_csv(FOLDER / "example.csv", index=False)


def load() -> tuple[pd.DataFrame, pd.Series]:
    """Return the features, a row for each case, and what is to be predicted: replace this by your own data."""
    features, target = load_breast_cancer(return_X_y=True, as_frame=True)
    return features, 1 - target  # 1 is malignant


if __name__ == "__main__":
    main()
