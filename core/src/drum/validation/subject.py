"""The model under validation, and the data that it is tried with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from drum.errors import DrumError, InputError, ModelHTTPError, PluginDependencyError
from drum.rows import is_frame
from drum.trial.features import Features, has_sparse_columns
from drum.types import Payload, Predictions
from drum.validation.comparison import Comparison, compare
from drum.validation.report import Finding, Status

if TYPE_CHECKING:
    import pandas as pd

    from drum.scorer import Scorer

REFUSALS = (InputError, ModelHTTPError)
"""Errors that say to the caller what is wrong with the data: 4xx over HTTP, never 500."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A loaded model with its input, read once.

    ``frame`` is the input, ``None`` where nobody but the model itself can read it. ``sample`` are the rows of it at
    ``places`` (``None``: all), spread evenly. ``tolerance`` is how far predictions that should be the same may be
    apart.
    """

    scorer: Scorer
    features: Features
    payload: Payload
    frame: pd.DataFrame | None
    sample: pd.DataFrame | None
    places: list[int] | None
    tolerance: float

    @classmethod
    def read(
        cls, scorer: Scorer, features: Features, payload: Payload, *, sample_rows: int, tolerance: float
    ) -> Subject:
        """Read the input.

        :param sample_rows: rows to try over and over; 0 for all.
        :raises InputError: if it cannot be read.
        """
        frame = _read_apart(features, payload) if scorer.reads_own_payload else scorer.read(payload)
        frame = frame if is_frame(frame) else None
        places = None if frame is None else _spread(len(frame), sample_rows)
        sample = frame if frame is None or places is None else frame.iloc[places].reset_index(drop=True)
        return cls(
            scorer=scorer, features=features, payload=payload, frame=frame, sample=sample, places=places,
            tolerance=tolerance,
        )  # fmt: skip

    @property
    def is_sampled(self) -> bool:
        """Whether the sample is not all of the input."""
        return self.places is not None

    @property
    def is_sparse(self) -> bool:
        """Whether the input is a sparse matrix."""
        return self.sample is not None and has_sparse_columns(self.sample)

    def predict(self, frame: pd.DataFrame) -> Predictions:
        """Score rows, as a batch or, where the model reads payloads itself, as a payload.

        :raises DrumError: if that fails.
        """
        if self.scorer.reads_own_payload:
            return self.scorer.score_payload(self.written(frame))
        return self.scorer.predict(frame)

    def written(self, frame: pd.DataFrame) -> Payload:
        """Write rows in the format of the input.

        :raises UnsupportedMediaTypeError: if nobody writes it.
        """
        return replace(self.payload, body=self.features.write(frame, self.payload.media_type), charset="utf8")

    def compare(self, expected: Predictions, got: Predictions) -> Comparison:
        """Compare predictions for the same rows."""
        return compare(expected, got, self.tolerance)

    def finding(self, comparison: Comparison, data: pd.DataFrame | bytes, blame: str) -> Finding:
        """Turn a comparison into a finding.

        :param data: what was predicted.
        :param blame: what a difference means, for the details.
        """
        if comparison.is_same:
            return Finding(Status.PASSED, comparison.text)
        return Finding(Status.FAILED, f"{comparison.text}. {blame}", data)


def _read_apart(features: Features, payload: Payload) -> pd.DataFrame | None:
    """Read the rows of a model that reads payloads itself; they may be in a form that only it knows, or can write."""
    try:
        frame = features.read(payload)
        if frame is not None:
            features.write(frame.iloc[:1], payload.media_type)
    except (InputError, PluginDependencyError):
        return None
    return frame


def _spread(total: int, wanted: int) -> list[int] | None:
    """Choose rows from beginning to end; ``None`` for all, which 0 stands for."""
    return None if not wanted or wanted >= total else [row * total // wanted for row in range(wanted)]


def failure(error: DrumError, advice: str = "") -> str:
    """Put an error and what to do about it into the details of a finding."""
    first = error.message.strip().splitlines()[0] if error.message.strip() else type(error).__name__
    return f"{type(error).__name__}: {first}" + (f" {advice}" if advice else "")
