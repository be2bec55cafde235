"""Checkpoints: one file each, ``MODEL/DATASET/best_YYYY-MM-DDTHH:MM:SS.EXT`` and ``last_…``, complete or not there."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from drum.errors import ConfigError
from drum_train import reference, run_record
from drum_train.run_record import RunRecord, place_of
from drum_train.whole_file import write_whole

BEST, LAST = "best", "last"
TIME = "%Y-%m-%dT%H:%M:%S"
PART = re.compile(rf"\.(?:{BEST}|{LAST})_.*-[a-z0-9_]{{8}}\.\w+")
"""A file of a checkpoint that was not yet in its place."""


class Checkpoints:
    """Where a training run leaves its states; each kind has one file, which the next one replaces.

    :param folder: ``None`` for a dry run, which writes nothing.
    :param resumed: the checkpoint that the run goes on from.
    :param record: what the run is trained with, to be kept beside its last checkpoint.
    """

    def __init__(self, folder: Path | None, resumed: Path | None = None, record: RunRecord | None = None) -> None:
        self._folder = folder
        self._record = record
        self._recorded: Path | None = None
        self.saved = False
        """Whether this run has kept a state of its own."""
        self._newest: dict[str, Path] = {}
        if resumed is not None:
            self._newest[LAST] = resumed
            _sweep(resumed.parent)
            best = newest(resumed.parent, BEST)
            if best is not None:
                self._newest[BEST] = best

    def save_last(self, extension: str, write: Callable[[Path], object]) -> None:
        """Keep the state that a run can go on from.

        :param extension: of the file, such as ``".safetensors"``.
        :param write: writes the file that it is given.
        :raises OutputError: if it cannot be written.
        """
        self._save(LAST, extension, write)

    def save_best(self, extension: str, write: Callable[[Path], object]) -> None:
        """Keep the best state so far; see :meth:`save_last`."""
        self._save(BEST, extension, write)

    @property
    def last(self) -> Path | None:
        """The newest file of :meth:`save_last`."""
        return self._newest.get(LAST)

    def _save(self, kind: str, extension: str, write: Callable[[Path], object]) -> None:
        if self._folder is None:
            return
        path = self._folder / f"{kind}_{datetime.now(UTC).strftime(TIME)}{extension}"
        before = self._newest.get(kind)
        if self._record is not None and kind == LAST and self._recorded != path:
            self._record.write(path)  # first, so that no checkpoint is ever without
            self._recorded = path
        write_whole(path, write)
        self._newest[kind] = path
        self.saved = True
        if before is not None and before != path:
            before.unlink(missing_ok=True)
            place_of(before).unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    """Remove what a run left that was killed while it wrote: half a file, a record without its checkpoint."""
    for part in folder.glob(".*"):
        if PART.fullmatch(part.name):
            part.unlink(missing_ok=True)
    for record in folder.glob(f"{LAST}_*{run_record.SUFFIX}"):
        stem = record.name.removesuffix(run_record.SUFFIX)
        if not any(place_of(path) == record for path in folder.glob(f"{stem}.*")):
            record.unlink(missing_ok=True)


def newest(folder: Path, kind: str) -> Path | None:
    """Return the newest checkpoint of a kind; names sort by time."""
    beside = (reference.SUFFIX, run_record.SUFFIX, ".parquet")
    found = [path for path in folder.glob(f"{kind}_*") if path.is_file() and not path.name.endswith(beside)]
    return max(found, key=lambda path: path.name, default=None)


def best_or_last(folder: Path) -> tuple[Path, str]:
    """Return the best checkpoint, else the newest last one, and a sentence that says which it is.

    :raises ConfigError: if there is none.
    """
    best = newest(folder, BEST)
    if best is not None:
        return best, f"Taken: the best checkpoint, '{best.name}'."
    last = newest(folder, LAST)
    if last is None:
        raise ConfigError(f"'{folder}' holds no checkpoint. Train with drum fit --weights-dir first.")
    return last, f"There is no best checkpoint. Taken: the newest last one, '{last.name}'."


def folder_of(weights_dir: Path, model: str, dataset: str | None) -> Path:
    """Return the folder of a model's checkpoints for a dataset, or for the only one that there is.

    :raises ConfigError: if the dataset is not named, and there is not just one.
    """
    if dataset is not None:
        return weights_dir / model / dataset
    found = sorted(path for path in (weights_dir / model).glob("*") if path.is_dir())
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise ConfigError(f"Say which dataset's checkpoints of '{model}' with --dataset. There are: {names}.")
    return found[0]
