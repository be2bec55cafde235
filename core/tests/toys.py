"""Small real plugins for the tests, which run without any installed one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from drum.hookspecs import hookimpl
from drum.types import Concurrency, Detection


def plugin(name: str, **hooks: Callable[..., Any]) -> ModuleType:
    """Return a plugin with these hooks."""
    module = ModuleType(name)
    vars(module).update({hook: hookimpl(function) for hook, function in hooks.items()})
    return module


def runtime(name: str = "toy", **hooks: Callable[..., Any]) -> ModuleType:
    """Return a runtime for ``model.<name>``, which predicts the column ``a`` unless told otherwise."""

    def drum_detect(code_dir: Path) -> Detection | None:
        path = code_dir / f"model.{name}"
        return Detection(runtime=name, path=path, concurrency=Concurrency.THREADS) if path.exists() else None

    defaults: dict[str, Callable[..., Any]] = {
        "drum_detect": drum_detect,
        "drum_load_model": lambda artifact: f"model of {artifact.path.name}",
        "drum_score": lambda batch: pd.DataFrame({"Predictions": batch["a"]}),
    }
    return plugin(name, **(defaults | hooks))
