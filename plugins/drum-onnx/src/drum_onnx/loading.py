"""Start sessions of ONNX Runtime, and say what is wrong with files for which none starts."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from drum.devices import chosen_device, refused_device
from drum.errors import LoadError, PluginDependencyError
from drum.settings import Settings, threads_per_call

log = logging.getLogger("drum.onnx")

CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
DRIVERS = (Path("/proc/driver/nvidia"), Path("/dev/dxg"))
"""Where Linux, and Linux inside Windows, show that there is a driver of NVIDIA's."""
FATAL_ONLY = 4
"""What ONNX Runtime may write to standard error by itself; errors it raises as well."""

IR_VERSION, GRAPH = 1, 7
VARINT, BYTES = 0, 2
MOST_FIELDS = 100


def looks_like_onnx(path: Path) -> bool:
    """Tell whether a file is the protocol buffer ``ModelProto``, by its outermost fields alone.

    Format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto and https://protobuf.dev/programming-guides/encoding.
    """
    found = set()
    with path.open("rb") as file:
        for _ in range(MOST_FIELDS):
            key = _varint(file)
            if key is None or key & 7 not in (VARINT, BYTES) or not 1 <= key >> 3 <= 31:
                break
            found.add((key >> 3, key & 7))
            value = _varint(file)
            if value is None:
                break
            if key & 7 == BYTES:
                file.seek(value, os.SEEK_CUR)
    return {(IR_VERSION, VARINT), (GRAPH, BYTES)} <= found


def _varint(file: IO[bytes]) -> int | None:
    """Read a number of seven bits a byte, the lowest first; ``None`` at the end of the file."""
    number = 0
    for shift in range(0, 63, 7):
        byte = file.read(1)
        if not byte:
            return None
        number |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return number
    return None


def load(path: Path, settings: Settings) -> Any:
    """Start a session with its share of the cores.

    :raises LoadError: if the file is damaged, no model, or of a later version than ONNX Runtime knows.
    :raises ConfigError: if ``--device`` is no device, or asks for CUDA, which cannot be used.
    :raises PluginDependencyError: if ONNX Runtime is not installed.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise PluginDependencyError(
            f"'{path.name}' needs ONNX Runtime ({error}). Run: pip install 'drum-onnx[cpu]' (or 'drum-onnx[gpu]')"
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads_per_call(settings)
    options.inter_op_num_threads = 1
    options.log_severity_level = FATAL_ONLY
    device = chosen_device(settings)
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=_providers(device), **_alone(device))
    except Exception as error:
        if device.startswith("cuda") and re.search("cuda|gpu", str(error), re.IGNORECASE):
            raise refused_device(settings, _first_line(error)) from error
        raise LoadError(_reason(path.name, error, onnxruntime.__version__)) from error
    _check_device(settings, device, session.get_providers())
    return session


def _alone(device: str) -> dict[str, Any]:
    """Keep ONNX Runtime from trying the CPU, and writing so to standard output, where CUDA is what was asked for."""
    return {"enable_fallback": 0} if device.startswith("cuda") else {}


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(". ")


def _providers(device: str) -> list[Any]:
    """Return where to run, the preferred place first; CUDA is not tried in vain, for it complains of that."""
    import onnxruntime

    wanted = device.startswith("cuda") or (device == "auto" and any(driver.exists() for driver in DRIVERS))
    if not wanted or CUDA not in onnxruntime.get_available_providers():
        return [CPU]
    if hasattr(onnxruntime, "preload_dlls"):
        onnxruntime.preload_dlls()  # those of pip's packages of CUDA, or of PyTorch's
    return [(CUDA, {"device_id": device.partition(":")[2] or "0"}), CPU]


def _check_device(settings: Settings, device: str, providers: Sequence[str]) -> None:
    """Tell where the session runs: it falls back to the CPU by itself."""
    log.info("ONNX Runtime uses %s.", ", ".join(providers))
    if device.startswith("cuda") and CUDA not in providers:
        raise refused_device(
            settings,
            f"ONNX Runtime can use no more than {', '.join(providers)}. Install 'drum-onnx[gpu]' in place of "
            "onnxruntime, with CUDA and a driver for it, or leave --device out",
        )


def _reason(name: str, error: Exception, version: str) -> str:
    message = " ".join(str(error).partition(" : ")[2].split()) or str(error)
    if "protobuf" in message.lower():
        return f"'{name}' is truncated, or no ONNX model. Save the model again, and copy it in binary mode."
    if "Unsupported model IR version" in message or "opset" in message.lower():
        return (
            f"'{name}' was saved for a later version than ONNX Runtime {version}: {message[-300:]} Install a later "
            "version, or export the model with a lower opset."
        )
    return f"ONNX Runtime {version} cannot use '{name}': {message[-500:]}"
