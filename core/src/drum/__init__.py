"""Score any model that comes in a folder, whatever its framework.

with drum.open("examples/sklearn-binary", target_type="binary") as scorer:
    print(scorer.score("data.csv").frame)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drum.detection import only_file, pickled_package, pickled_packages
    from drum.errors import DrumError, ModelHTTPError
    from drum.hookspecs import hookimpl
    from drum.library import open
    from drum.runtime_parameters import RuntimeParameters
    from drum.scorer import Scorer
    from drum.types import (
        Artifact,
        Batch,
        Concurrency,
        Detection,
        Match,
        ModelSpec,
        Payload,
        Predictions,
        Reply,
        ScoringRecord,
        TargetType,
    )

    __version__: str

_HOMES = {
    "Artifact": "drum.types",
    "Batch": "drum.types",
    "Concurrency": "drum.types",
    "Detection": "drum.types",
    "DrumError": "drum.errors",
    "Match": "drum.types",
    "ModelHTTPError": "drum.errors",
    "ModelSpec": "drum.types",
    "Payload": "drum.types",
    "Predictions": "drum.types",
    "Reply": "drum.types",
    "RuntimeParameters": "drum.runtime_parameters",
    "Scorer": "drum.scorer",
    "ScoringRecord": "drum.types",
    "TargetType": "drum.types",
    "hookimpl": "drum.hookspecs",
    "only_file": "drum.detection",
    "open": "drum.library",
    "pickled_package": "drum.detection",
    "pickled_packages": "drum.detection",
}
"""Where each public name lives: looked up on first use, so that ``import drum`` stays cheap."""

__all__ = [
    "Artifact",
    "Batch",
    "Concurrency",
    "Detection",
    "DrumError",
    "Match",
    "ModelHTTPError",
    "ModelSpec",
    "Payload",
    "Predictions",
    "Reply",
    "RuntimeParameters",
    "Scorer",
    "ScoringRecord",
    "TargetType",
    "hookimpl",
    "only_file",
    "open",
    "pickled_package",
    "pickled_packages",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("drum-core")
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'drum' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
