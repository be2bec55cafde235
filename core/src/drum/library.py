"""``drum.open``: the same engine as the command line's, for a program of one's own."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from drum.errors import OptionConflictError
from drum.metadata import declared_target_type, read_metadata
from drum.options import core_options
from drum.plugins import PluginManager, create_plugin_manager
from drum.scorer import Scorer
from drum.settings import plugin_switches, resolve
from drum.types import TargetType


def open(
    code_dir: str | os.PathLike[str],
    *,
    target_type: str | TargetType | None = None,
    labels: Sequence[str] | None = None,
    runtime: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> Scorer:
    """Open the model in a folder and load it.

    :param code_dir: folder with the artifact and, if needed, custom code.
    :param target_type: such as ``"binary"``; may be left out where ``model-metadata.yaml`` states it.
    :param labels: class labels; for a binary target ``(negative, positive)``.
    :param runtime: the runtime to use, where several could.
    :param options: any other option of the command line, by name: ``{"allow_nan": True}``.
    :returns: a scorer; use it in a ``with`` statement, or call its ``close``.
    :raises DrumError: if the folder, the options or the model are not right; the class says whose fault it is.
    """
    blocked, trace = plugin_switches()
    manager = create_plugin_manager(blocked, trace=trace)
    scorer = find(manager, Path(code_dir), target_type=target_type, labels=labels, runtime=runtime, options=options)
    scorer.load()
    return scorer


def find(
    manager: PluginManager,
    code_dir: Path,
    *,
    target_type: str | TargetType | None = None,
    labels: Sequence[str] | None = None,
    runtime: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> Scorer:
    """Find the model in a folder with the plugins of ``manager``; see :func:`open`. Nothing is loaded yet."""
    code_dir = code_dir.expanduser()
    registry = core_options()
    manager.hook.drum_add_options(options=registry)
    stated = {"target_type": target_type, "runtime": runtime}
    given = {**(options or {}), **{name: value for name, value in stated.items() if value is not None}}
    settings = resolve(registry, given)
    if labels is not None:
        kind = settings["target_type"] or declared_target_type(read_metadata(code_dir))
        settings = resolve(registry, {**given, **_label_options(kind, labels)})
    return Scorer(code_dir, settings, manager)


def _label_options(target_type: TargetType | None, labels: Sequence[str]) -> dict[str, Any]:
    texts = tuple(str(label) for label in labels)
    if target_type is not TargetType.BINARY:
        return {"class_labels": texts}
    if len(texts) != 2:
        raise OptionConflictError(f"A binary target has two labels, (negative, positive); there are {len(texts)}.")
    return {"negative_class_label": texts[0], "positive_class_label": texts[1]}
