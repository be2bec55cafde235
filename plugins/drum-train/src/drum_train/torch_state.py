"""Keep a nested state with PyTorch tensors in one safetensors file: tensors as they are, the rest as JSON beside them.

``float`` survives JSON to the last bit, so that a run that goes on from a file is the run that never stopped.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from drum.errors import LoadError

EXTENSION = ".safetensors"
KEY = "drum_train"
TENSOR, PAIRS, TUPLE = "$tensor", "$pairs", "$tuple"


def write(path: Path, state: Any) -> None:
    """Write a state of dictionaries, lists, tuples, tensors, numbers, text, truth values and ``None``.

    :raises TypeError: if there is anything else in it.
    """
    from safetensors.torch import save_file

    tensors: dict[str, Any] = {}
    text = json.dumps(_plain(state, tensors))
    save_file(tensors, path, metadata={KEY: text})


def read(path: Path) -> Any:
    """Return the state of a file that :func:`write` wrote; nothing is unpickled.

    :raises LoadError: if it is damaged, or no such file.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            text = (file.metadata() or {}).get(KEY)
            if text is None:
                raise LoadError(f"'{path.name}' holds weights, but no state of a training run.")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
    except (SafetensorError, OSError) as error:
        raise LoadError(f"The checkpoint '{path}' is damaged, or no safetensors file ({error}).") from error
    return _restored(json.loads(text), tensors)


def _plain(value: Any, tensors: dict[str, Any]) -> Any:
    import torch

    if isinstance(value, torch.Tensor):
        name = f"t{len(tensors)}"
        tensors[name] = value.detach().cpu().contiguous().clone()  # files hold no shared memory
        return {TENSOR: name}
    if isinstance(value, dict):
        return {PAIRS: [[_plain(key, tensors), _plain(part, tensors)] for key, part in value.items()]}
    if isinstance(value, tuple):
        return {TUPLE: [_plain(part, tensors) for part in value]}
    if isinstance(value, list):
        return [_plain(part, tensors) for part in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"A checkpoint cannot hold a {type(value).__qualname__}: {value!r}.")


def _restored(value: Any, tensors: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_restored(part, tensors) for part in value]
    if not isinstance(value, dict):
        return value
    if TENSOR in value:
        return tensors[value[TENSOR]]
    if TUPLE in value:
        return tuple(_restored(part, tensors) for part in value[TUPLE])
    return {_restored(key, tensors): _restored(part, tensors) for key, part in value[PAIRS]}
