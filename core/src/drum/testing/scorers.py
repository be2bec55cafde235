"""Open a model for a test, with plugins that need not be installed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from drum.library import find
from drum.plugins import create_plugin_manager
from drum.scorer import Scorer
from drum.settings import plugin_switches
from drum.types import TargetType


def scorer(
    code_dir: str | os.PathLike[str],
    target_type: str | TargetType | None = None,
    *,
    labels: Sequence[str] | None = None,
    runtime: str | None = None,
    options: Mapping[str, Any] | None = None,
    plugins: Sequence[object] = (),
) -> Scorer:
    """Open the model in a folder without loading it.

    :param plugins: modules or objects with hooks, taken part beside the installed ones.
    :raises DrumError: as :func:`drum.open` does.
    """
    blocked, trace = plugin_switches()
    manager = create_plugin_manager(blocked, trace=trace)
    for plugin in plugins:
        if not manager.is_registered(plugin):
            manager.add(plugin, getattr(plugin, "__name__", type(plugin).__name__))
    return find(manager, Path(code_dir), target_type=target_type, labels=labels, runtime=runtime, options=options)
