"""Put a model on the device that ``--device`` names."""

from __future__ import annotations

import json
import warnings
from typing import Any

from drum.devices import chosen_device, refused_device
from drum.settings import Settings
from drum_xgboost.boosters import booster_of, is_of_xgboost
from drum_xgboost.threads import last_step


def put_on_device(model: Any, settings: Settings) -> None:
    """Have a loaded model predict where it was asked for; ``auto`` leaves it where it was saved.

    :raises ConfigError: if that is no device, or there is none here: XGBoost itself would take the CPU.
    """
    device = chosen_device(settings)
    if device == "auto":
        return
    last = last_step(model)
    if is_of_xgboost(last):
        _put(booster_of(last), device, settings)
    elif device != "cpu":
        raise refused_device(settings, f"XGBoost lies inside a {type(last).__name__}, out of reach. Leave --device out")


def _put(booster: Any, device: str, settings: Settings) -> None:
    """Set a booster's device, and ask it where it is: XGBoost only warns where there is no such GPU."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            booster.set_param({"device": device})
            found = device_of(booster)
    except ValueError as error:  # XGBoostError is one
        raise refused_device(settings, str(error).strip().partition("\n")[0].rstrip(". ")) from error
    if found != device and not (device == "cuda" and found.startswith("cuda")):
        raise refused_device(settings, _cause(found))


def device_of(booster: Any) -> str:
    """Return where a booster predicts: ``cpu``, or ``cuda`` and a number."""
    device: str = json.loads(booster.save_config())["learner"]["generic_param"]["device"]
    return device


def _cause(found: str) -> str:
    import xgboost

    if not xgboost.build_info().get("USE_CUDA"):
        return "XGBoost was built without CUDA. Install 'drum-xgboost[gpu]' in place of xgboost-cpu, or say auto or cpu"
    return f"XGBoost finds no such GPU, and would take '{found}'. Say auto, cpu, or a GPU that is there"
