"""Load modules from files; code that lies in a file is executed only where there is no other way to load it."""

from __future__ import annotations

import logging
import os
import pickle
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from drum.errors import LoadError
from drum_torch.archives import Kind, kind_of
from drum_torch.scoring import made_ready
from drum_torch.weights import ARCHITECTURE, filled, from_safetensors

if TYPE_CHECKING:
    import torch

T = TypeVar("T")

log = logging.getLogger("drum.torch")

WEIGHTS_ONLY = "TORCH_FORCE_WEIGHTS_ONLY_LOAD"
"""The variable that keeps torch from executing pickles, however deep in a file they lie."""


def load(path: Path, device: torch.device, *, no_pickle: bool) -> torch.nn.Module:
    """Load a module onto a device, ready to predict.

    :param no_pickle: refuse what cannot be loaded without executing code of the file.
    :raises LoadError: if the file is damaged, holds no model, or needs something that is not there.
    """
    match kind_of(path):
        case Kind.PICKLE:
            module = _of_pickle(path, no_pickle)
        case Kind.WEIGHTS:
            module = from_safetensors(path)
        case Kind.SCRIPT:
            module = _of_script(path, device)
        case Kind.PROGRAM:
            module = _of_program(path, device, no_pickle)
        case Kind.LIBRARY:
            raise LoadError(
                f"'{path.name}' holds a library that AOTInductor compiled for one kind of machine. "
                "Save the program itself, with torch.export.save."
            )
        case None:
            raise LoadError(
                f"'{path.name}' is truncated, or no file of torch's. Save the model again with torch.save, "
                "torch.jit.save, torch.export.save or safetensors, and copy it in binary mode."
            )
    return made_ready(module.to(device))


def _of_script(path: Path, device: torch.device) -> torch.nn.Module:
    import torch

    jit: Any = torch.jit
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning, message=".*torch.jit.load")
        module: torch.nn.Module = jit.load(path, map_location=device)
    return module


def _of_program(path: Path, device: torch.device, no_pickle: bool) -> torch.nn.Module:
    import torch
    from torch.export.passes import move_to_device_pass

    def read() -> torch.export.ExportedProgram:
        with path.open("rb") as file:  # by name, torch takes nothing but '.pt2'
            return torch.export.load(file)

    program = _cautiously(read, path, no_pickle)
    _refuse_fixed_rows(program, path)
    return (program if device.type == "cpu" else move_to_device_pass(program, device)).module()


def _refuse_fixed_rows(program: torch.export.ExportedProgram, path: Path) -> None:
    names = program.graph_signature.user_inputs
    inputs = (node.meta["val"] for node in program.graph.nodes if node.op == "placeholder" and node.name in names)
    rows = next((value.shape[0] for value in inputs if getattr(value, "shape", ())), None)
    if isinstance(rows, int):
        raise LoadError(
            f"'{path.name}' was exported for exactly {rows} row{'s' if rows > 1 else ''} a call. Export it for any "
            "number: torch.export.export(model, (example,), dynamic_shapes=({0: torch.export.Dim('rows')},)), "
            "with an example of two rows or more."
        )


def _of_pickle(path: Path, no_pickle: bool) -> torch.nn.Module:
    import torch

    content = _cautiously(lambda: torch.load(path, map_location="cpu", weights_only=False), path, no_pickle)
    if isinstance(content, torch.nn.Module):
        return content
    if isinstance(content, Mapping) and content and all(isinstance(part, torch.Tensor) for part in content.values()):
        return filled(path, lambda module: module.load_state_dict(content))
    held = f"the keys {', '.join(map(repr, content))}" if isinstance(content, dict) else f"a {_name_of(content)}"
    raise LoadError(
        f"'{path.name}' holds {held}: neither a module nor a module's weights. Save the model itself, or its "
        "state_dict() and nothing beside it."
    )


def _cautiously(read: Callable[[], T], path: Path, no_pickle: bool) -> T:
    """Read a file without executing what its pickles hold, or once more with it, as the user's folder is trusted."""
    try:
        with _weights_only():
            return read()
    except pickle.UnpicklingError as error:
        if no_pickle:
            raise LoadError(
                f"'{path.name}' cannot be loaded without executing code that lies in it, which --no-pickle refuses. "
                f"Save the weights alone (safetensors, or the state_dict()) and put a {ARCHITECTURE} beside them."
            ) from error
    log.warning("'%s' holds pickled objects: loading it executes the code that lies in them.", path.name)
    return _unpickled(read, path)


@contextmanager
def _weights_only() -> Iterator[None]:
    before = os.environ.get(WEIGHTS_ONLY)
    os.environ[WEIGHTS_ONLY] = "1"
    try:
        yield
    finally:
        del os.environ[WEIGHTS_ONLY]
        if before is not None:
            os.environ[WEIGHTS_ONLY] = before


def _unpickled(read: Callable[[], T], path: Path) -> T:
    try:
        return read()
    except ModuleNotFoundError as error:
        raise LoadError(
            f"'{path.name}' needs the Python module '{error.name}', which cannot be found. Put the file that defines "
            "the model's class beside it, or install the package that does."
        ) from error
    except (AttributeError, pickle.UnpicklingError, EOFError) as error:
        raise LoadError(f"'{path.name}' cannot be unpickled ({_name_of(error)}: {error}). {_cause(error)}") from error


def _cause(error: Exception) -> str:
    if "__main__" in str(error):
        return (
            "The class was defined in the script or notebook that saved the model: move it to a module of its own, "
            "save the model again, and put the module beside it."
        )
    return "The file is damaged, or the module beside it no longer has the class. Save the model again."


def _name_of(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
