"""Go on from a checkpoint: which one that is, and whether data and hyperparameters are those it was trained with."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from drum.errors import ConfigError
from drum_train.checkpoints import LAST, newest
from drum_train.run_record import RunRecord, record_of

if TYPE_CHECKING:
    from drum_train.trainers import Task

log = logging.getLogger("drum.train")


def resumed_checkpoint(task: Task) -> Path:
    """Return the checkpoint that a run goes on from.

    :raises ConfigError: if there is none.
    """
    if task.checkpoints is None:
        raise ConfigError("--resume goes on from a checkpoint: say where they are with --weights-dir.")
    last = newest(task.checkpoints, LAST)
    if last is None:
        raise ConfigError(f"There is nothing to resume: '{task.checkpoints}' holds no '{LAST}_…' checkpoint.")
    return last


def record_for(task: Task, resumed: Path | None) -> RunRecord | None:
    """Return what is to be kept beside the checkpoints of a run; ``None`` if it keeps none, or nobody knows.

    Where hyperparameters are given otherwise than the checkpoint has them, that is a warning: its own hold.

    :raises ConfigError: if the checkpoint was trained on other data, and the run is not told to go on with them.
    """
    if task.checkpoints is None:
        return None
    now = RunRecord.of(task.data, task.spec.labels)
    if resumed is None:
        return now
    before = record_of(resumed)
    if before is None:
        log.warning(
            "'%s' has no '_run.json' beside it, so nothing tells whether it was trained on these data and with these "
            "hyperparameters. Its own hyperparameters hold.", resumed,
        )  # fmt: skip
        return None
    _check_data(before, now, resumed, allowed=task.other_data)
    otherwise = before.other_parameters(now)
    if otherwise:
        log.warning(
            "The hyperparameters of the checkpoint '%s' hold, though others are given: %s. To train with these, start "
            "without --resume.", resumed, "; ".join(otherwise),
        )  # fmt: skip
    return replace(now, parameters=before.parameters)


def _check_data(before: RunRecord, now: RunRecord, resumed: Path, *, allowed: bool) -> None:
    if before.labels != now.labels:
        raise ConfigError(
            f"The checkpoint '{resumed}' was trained with the labels {', '.join(before.labels)}, but now they are "
            f"{', '.join(now.labels)}. Declare the same ones, in that order, or start without --resume."
        )
    other = before.other_data(now)
    if other is not None and not allowed:
        raise ConfigError(
            f"The checkpoint '{resumed}' was trained on other data: {other}. Give the same data, start without "
            "--resume, or say --other-data to go on with these."
        )
