"""The window on disk, so that a restart keeps it: written beside its place and renamed, so never half."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from drum.errors import ConfigError
from drum_monitor.drift.tally import Tally

if TYPE_CHECKING:
    from drum_monitor.drift.window import Window
    from drum_monitor.serving.watch import Watch

FILE = "window.npz"
FORM = 1
PARTS = ("rows", "cells", "faults", "moments")


def prepare(folder: Path) -> Path:
    """Make the folder; return the file in it.

    :raises ConfigError: if nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ConfigError(
            f"The state of the window cannot be kept in '{folder}': {error.strerror}. Let 'service: state_path' name a "
            "folder that can be written."
        ) from error
    return folder / FILE


def save(watch: Watch, history: list[dict[str, Any]], path: Path) -> None:
    """Save windows, labels and the history of verdicts.

    :raises OSError: if that cannot be written; what was there stays.
    """
    arrays = _slices("window", watch.window)
    if watch.target_window is not None:
        arrays |= _slices("target", watch.target_window)
    texts = {
        "head": _head(watch),
        "labels": watch.labels.to_state(len(watch.reference.roles.prediction)),
        "history": history,
        "judged_rows": watch.judged_rows,
    }
    descriptor, part = tempfile.mkstemp(prefix=f".{FILE}-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            np.savez(file, texts=np.array(json.dumps(texts, default=str)), **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(part)
        raise


def _head(watch: Watch) -> list[Any]:
    """Return what must be the same for a state to be taken over."""
    return [FORM, watch.reference.sha256, watch.configuration.window_size, watch.reference.counter.width]


def _slices(prefix: str, window: Window) -> dict[str, Any]:
    return {f"{prefix}_{part}": np.stack([getattr(one, part) for one in window.slices]) for part in PARTS}


def restore(watch: Watch, path: Path) -> list[dict[str, Any]] | None:
    """Take over a state; return its history, or ``None`` if there is none for this reference and window.

    :raises ValueError: if the file is damaged.
    """
    if not path.exists():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            texts: dict[str, Any] = json.loads(str(arrays["texts"]))
            if texts["head"] != _head(watch):
                return None
            watch.window.restore(_tallies("window", arrays))
            if watch.target_window is not None and "target_rows" in arrays:
                watch.target_window.restore(_tallies("target", arrays))
    except (OSError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error
    watch.labels.restore(texts["labels"])
    watch.judged_rows = texts["judged_rows"]
    history: list[dict[str, Any]] = texts["history"]
    return history


def _tallies(prefix: str, arrays: Mapping[str, Any]) -> list[Tally]:
    parts = [arrays[f"{prefix}_{part}"] for part in PARTS]
    return [Tally(int(rows), cells, faults, moments) for rows, cells, faults, moments in zip(*parts, strict=True)]
