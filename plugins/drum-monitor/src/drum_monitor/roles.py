"""What each column is to the model, written into the Parquet file of the reference."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drum.errors import ConfigError
from drum.types import TargetType

METADATA_KEY = b"drum_monitor"
FEATURE, PREDICTION, TARGET = "feature", "prediction", "target"
PREDICTED_CLASS = "predicted_class"
"""The column that is made of the scores of classes: the label with the highest one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """The columns of a reference by role, and what the scores stand for.

    ``prediction`` are the score columns in the order of ``labels``, which are empty unless the model tells classes.
    """

    features: tuple[str, ...]
    prediction: tuple[str, ...]
    target: str | None = None
    target_type: str = TargetType.REGRESSION.value
    labels: tuple[str, ...] = ()

    @property
    def sent(self) -> tuple[str, ...]:
        """The columns that must come with every row, in order."""
        return self.features + self.prediction

    @property
    def tells_one_class(self) -> bool:
        """Tell whether the highest score names the class."""
        return len(self.prediction) > 1 and self.target_type != TargetType.MULTILABEL.value

    def to_metadata(self) -> dict[bytes, bytes]:
        """Return what goes into the Parquet file's metadata."""
        fields = {
            "features": self.features, "prediction": self.prediction, "target": self.target,
            "target_type": self.target_type, "labels": self.labels,
        }  # fmt: skip
        return {METADATA_KEY: json.dumps(fields, sort_keys=True).encode()}

    @classmethod
    def from_metadata(cls, metadata: Mapping[bytes, bytes] | None) -> Roles | None:
        """Read the roles back; ``None`` if the file was not written by ``drum monitor reference``."""
        text = (metadata or {}).get(METADATA_KEY)
        if text is None:
            return None
        fields = json.loads(text)
        return cls(
            features=tuple(fields["features"]), prediction=tuple(fields["prediction"]), target=fields["target"],
            target_type=fields["target_type"], labels=tuple(fields["labels"]),
        )  # fmt: skip


def score_names(features: Sequence[str], scores: Sequence[str]) -> list[str]:
    """Name the score columns as they are sent and stored: by the label, unless a feature has that name.

    The scorer and ``drum monitor reference`` both call this, so that they agree.
    """
    taken = set(features)
    return [f"{name} (score)" if name in taken else name for name in scores]


def guess_roles(columns: Sequence[str], prediction: Sequence[str], target: str | None, source: str) -> Roles:
    """Return the roles of a file without metadata: what is neither score nor target is a feature.

    :param source: the file, for messages.
    :raises ConfigError: if the file lacks a score column.
    """
    missing = [name for name in prediction if name not in columns]
    if missing:
        raise ConfigError(
            f"'prediction' names '{missing[0]}', which is no column of '{source}'. Its columns: {', '.join(columns)}."
        )
    rest = tuple(name for name in columns if name not in prediction and name != target)
    several = len(prediction) > 1
    return Roles(
        features=rest, prediction=tuple(prediction), target=target if target in columns else None,
        target_type=(TargetType.MULTICLASS if several else TargetType.REGRESSION).value,
        labels=tuple(prediction) if several else (),
    )  # fmt: skip
