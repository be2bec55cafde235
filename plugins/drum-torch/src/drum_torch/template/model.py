"""The module that the weights in model.safetensors fill; drum calls ``create_model``."""

import torch
from torch import nn

FEATURES = 30


class Classifier(nn.Module):
    """Scale the features, and give the probability of the positive class."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(FEATURES))
        self.register_buffer("deviation", torch.ones(FEATURES))
        self.layers = nn.Sequential(nn.Linear(FEATURES, 16), nn.ReLU(), nn.Linear(16, 1), nn.Sigmoid())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return a probability for each row of ``x``, which has a column for each feature."""
        return self.layers((x - self.mean) / self.deviation)


def create_model() -> nn.Module:
    """Return the module without its weights."""
    return Classifier()
