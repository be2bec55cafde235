"""Tell the observers what happened to a payload, whether it went well or not."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from drum.plugins import Seat
from drum.types import Batch, ModelSpec, Payload, Predictions, ScoringRecord


@dataclass(slots=True)
class Happened:
    """What is known so far about one walk."""

    batch: Batch | None = None
    predictions: Predictions | None = None
    matrix_columns: Sequence[str] | None = None

    def record(
        self, spec: ModelSpec, payload: Payload | None, error: BaseException | None, started_at: float, seconds: float
    ) -> ScoringRecord:
        """Return the record for observers."""
        return ScoringRecord(
            spec=spec, payload=payload, scored=self.batch, answer=self.predictions, error=error,
            started_at=started_at, seconds=seconds, matrix_columns=self.matrix_columns,
        )  # fmt: skip


@contextmanager
def observed(
    seat: Seat,
    spec: ModelSpec,
    payload: Payload | None,
    batch: Batch | None = None,
    matrix_columns: Sequence[str] | None = None,
) -> Iterator[Happened]:
    """Watch a walk, to which the caller adds what becomes known; tell the observers at its end.

    :param matrix_columns: the names of the columns, if the batch is a matrix.
    """
    happened = Happened(batch=batch, matrix_columns=matrix_columns)
    started_at, started = time.time(), time.perf_counter()
    error: BaseException | None = None
    try:
        yield happened
    except BaseException as raised:
        error = raised
        raise
    finally:
        if seat.is_observed:
            seconds = time.perf_counter() - started
            seat.after_score(happened.record(spec, payload, error, started_at, seconds))


def tell_each(
    seat: Seat, spec: ModelSpec, batches: Sequence[Batch], answers: Sequence[Predictions], seconds: float
) -> None:
    """Tell the observers of batches that were scored in one call, which has just ended and took so many seconds."""
    started_at = time.time() - seconds
    for batch, predictions in zip(batches, answers, strict=True):
        happened = Happened(batch=batch, predictions=predictions)
        seat.after_score(happened.record(spec, None, None, started_at, seconds))
