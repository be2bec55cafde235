"""Have Keras compute on the device that ``--device`` names."""

from __future__ import annotations

from typing import Any

from drum.devices import chosen_device, refused_device
from drum.settings import Settings


def choose_device(settings: Settings, backend: str) -> None:
    """Show TensorFlow the device that was asked for, and no other GPU; ``auto`` leaves the choice to it.

    :param backend: what computes for Keras. Others than TensorFlow choose by themselves.
    :raises ConfigError: if that is no device, there is none here, or it is too late to choose one.
    """
    device = chosen_device(settings)
    if device == "auto":
        return
    if backend != "tensorflow":
        raise refused_device(settings, f"Keras computes with {backend} here, which chooses a device itself. Say auto")
    import tensorflow as tf

    config: Any = tf.config
    wanted = _wanted(device, list(config.list_physical_devices("GPU")))
    if not wanted and device != "cpu":
        raise refused_device(
            settings,
            "TensorFlow finds no such GPU. Install 'drum-keras[gpu]' where there is one with a driver, or say auto or "
            "cpu",
        )
    if list(config.get_visible_devices("GPU")) == wanted:
        return
    try:
        config.set_visible_devices(wanted, "GPU")
    except RuntimeError as error:
        reason = "TensorFlow has started in this process, with other devices. Start another"
        raise refused_device(settings, reason) from error


def _wanted(device: str, gpus: list[Any]) -> list[Any]:
    if device == "cpu":
        return []
    number = device.partition(":")[2]
    return gpus[int(number) : int(number) + 1] if number else gpus
