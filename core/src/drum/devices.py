"""What ``--device`` says, in the same words for every runtime that has a choice."""

from __future__ import annotations

import re

from drum.errors import ConfigError
from drum.settings import Settings

AUTO, CPU, CUDA = "auto", "cpu", "cuda"
DEVICE = re.compile(rf"{AUTO}|{CPU}|{CUDA}(:\d+)?")


def chosen_device(settings: Settings) -> str:
    """Return ``auto``, ``cpu``, ``cuda`` or ``cuda:1``.

    :raises ConfigError: if it is none of them.
    """
    device = str(settings.get("device") or AUTO)
    if not DEVICE.fullmatch(device):
        raise refused_device(settings, "there is no such device. Say auto, cpu, cuda, or cuda:1 for the second GPU")
    return device


def refused_device(settings: Settings, reason: str) -> ConfigError:
    """Return the error for a device on which this runtime cannot score.

    :param reason: why, and what to do, without the last full stop.
    """
    return ConfigError(f"{settings.source('device')} is '{settings['device']}', where nothing can be scored: {reason}.")
