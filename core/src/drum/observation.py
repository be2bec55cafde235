"""Tell the observers what happened to a payload, whether it went well or not."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from drum.plugins import Seat
from drum.types import Batch, ModelSpec, Payload, Predictions, ScoringRecord

if TYPE_CHECKING:
    import pandas as pd


@dataclass(slots=True)
class Happened:
    """What is known so far about one walk."""

    batch: Batch | None = None
    predictions: Predictions | None = None
    matrix_columns: Sequence[str] | None = None

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
            spec=spec, payload=payload, batch=self._batch_to_show(), predictions=seen, error=error,
            started_at=started_at, seconds=seconds,
        )  # fmt: skip

    def _batch_to_show(self) -> Batch | None:
        """Return the batch; observers are promised frames, where the runtime was given a matrix."""
        if type(self.batch).__name__ != "ndarray" or self.matrix_columns is None:
            return self.batch
        import pandas as pd

        return pd.DataFrame(self.batch, columns=_index(tuple(self.matrix_columns)), copy=False)


@lru_cache(maxsize=8)
def _index(columns: tuple[str, ...]) -> pd.Index[str]:
    """Return names as pandas wants them: to make them anew would take longer than all else that a record needs."""
    import pandas as pd

    return pd.Index(columns)


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
