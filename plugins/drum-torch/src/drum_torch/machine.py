"""What of the machine a model may use: its device, and a share of the cores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drum.devices import refused_device
from drum.settings import Settings, threads_per_call

if TYPE_CHECKING:
    import torch


def device_for(settings: Settings) -> torch.device:
    """Return the device that ``--device`` names.

    :raises ConfigError: if there is no such device.
    """
    import torch

    name = settings["device"]
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as error:  # torch asserts that it was compiled for CUDA
        reason = str(error).partition("\n")[0].rstrip(". ")
        raise refused_device(settings, f"{reason}. Say auto, cpu, or a device that torch finds here") from error


def share_cores(settings: Settings) -> None:
    """Let each call take its share of the cores where a server makes several at once."""
    import torch

    share = threads_per_call(settings)
    if torch.get_num_threads() > share:
        torch.set_num_threads(share)
