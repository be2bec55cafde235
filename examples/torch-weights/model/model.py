"""The module that the weights in model.safetensors fill."""

import torch
from torch import nn


class Cultivars(nn.Module):
    """Scale thirteen measurements of a wine, and give the probability of each cultivar."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(13))
        self.register_buffer("deviation", torch.ones(13))
        self.layers = nn.Sequential(nn.Linear(13, 16), nn.ReLU(), nn.Linear(16, 3), nn.Softmax(dim=1))

    def scale_by(self, x: torch.Tensor) -> None:
        self.mean, self.deviation = x.mean(dim=0), x.std(dim=0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers((x - self.mean) / self.deviation)


def create_model() -> nn.Module:
    return Cultivars()
