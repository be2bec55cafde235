"""Tell the observers what happened to a payload, whether it went well or not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from drum.plugins import Seat
from drum.types import Batch, ModelSpec, Payload, Predictions, ScoringRecord


@dataclass(slots=True)
class Happened:
    """What is known so far about one walk."""

    batch: Batch | None = None
    predictions: Predictions | None = None

    def record(
        self, spec: ModelSpec, payload: Payload | None, error: BaseException | None, started_at: float, seconds: float
    ) -> ScoringRecord:
        """Return the record for observers; it holds copies, so that nobody changes an answer by it."""
        seen = self.predictions
        if seen is not None:
            seen = replace(
                seen,
                frame=seen.frame.copy(deep=False),
                extra=None if seen.extra is None else seen.extra.copy(deep=False),
            )
        return ScoringRecord(
            spec=spec, payload=payload, batch=self.batch, predictions=seen, error=error, started_at=started_at,
            seconds=seconds,
        )  # fmt: skip


@contextmanager
def observed(seat: Seat, spec: ModelSpec, payload: Payload | None, batch: Batch | None = None) -> Iterator[Happened]:
    """Watch a walk, to which the caller adds what becomes known; tell the observers at its end."""
    happened = Happened(batch=batch)
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
