"""Fill the module that a ``model.py`` makes with weights that were saved without it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.errors import LoadError

if TYPE_CHECKING:
    import torch

ARCHITECTURE = "model.py"
"""The file with the module that weights fill."""
MAKERS = ("create_model", "Model")
"""What is called there without arguments; the first one counts."""


def from_safetensors(path: Path) -> torch.nn.Module:
    """Return the module that ``model.py`` makes, with the weights of a safetensors file.

    :raises LoadError: if the file is damaged, there is no such module, or they do not fit.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_model

    try:
        return filled(path, lambda module: load_model(module, path))
    except SafetensorError as error:
        raise LoadError(f"'{path.name}' is truncated, or no safetensors file ({error}). Save it again.") from error


def filled(path: Path, fill: Callable[[torch.nn.Module], object]) -> torch.nn.Module:
    """Return the module that ``model.py`` makes, after ``fill`` was called with it.

    :raises LoadError: if there is no such module, or the weights do not fit it.
    """
    module = _made(path)
    try:
        fill(module)
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise LoadError(
            f"The weights in '{path.name}' do not fit the module that {ARCHITECTURE} makes: {reason}"
        ) from error
    return module


def _made(path: Path) -> torch.nn.Module:
    import torch

    if not path.with_name(ARCHITECTURE).is_file():
        raise LoadError(
            f"'{path.name}' holds weights, but not the module that they belong to. Put a {ARCHITECTURE} beside it, "
            f"with a function create_model() that returns the module, or a class Model that is it."
        )
    source = importlib.import_module(ARCHITECTURE.removesuffix(".py"))
    make: Any = next((getattr(source, name) for name in MAKERS if hasattr(source, name)), None)
    if make is None:
        raise LoadError(f"{ARCHITECTURE} has neither a function create_model() nor a class Model. Add one of them.")
    module = make()
    if not isinstance(module, torch.nn.Module):
        raise LoadError(
            f"{make.__name__}() in {ARCHITECTURE} returns a {type(module).__name__}, not a torch.nn.Module."
        )
    return module
