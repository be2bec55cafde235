"""Give the rows of a part the places that they have in the whole, as far as linear algebra can tell.

It works in blocks of rows, and treats those that are left over at the end of a batch otherwise, which can change the
last bits of a prediction. In a file that is scored as a whole, only its last rows are left over. So rows are added to
the last batch of a part, and their predictions are dropped again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from drum.batch.batch_scorer import BatchScorer
from drum.batch.csv_blocks import ROW_MULTIPLE
from drum.batch.portions import Portion, Portions
from drum.errors import DrumError
from drum.types import Predictions


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where a part lies in its input: the rows before it, and whether it is the last one that has rows."""

    rows_before: int
    is_last: bool

    def padding(self, rows: int, done: int, is_final: bool) -> tuple[int, int]:
        """Return how many rows to add before and after a batch.

        :param rows: those of the batch.
        :param done: those of the part that were in earlier batches.
        :param is_final: whether it is the last batch of the part.
        """
        if not (self.is_last and is_final):
            return 0, -rows % ROW_MULTIPLE
        return (self.rows_before + done) % ROW_MULTIPLE, 0


def with_final(portions: Portions) -> Iterator[tuple[Portion, bool]]:
    """Tell of each portion whether it is the last one."""
    upcoming = next(portions, None)
    while upcoming is not None:
        portion, upcoming = upcoming, next(portions, None)
        yield portion, upcoming is None


def predict_padded(scorer: BatchScorer, portion: Portion, before: int, after: int) -> Predictions:
    """Score a portion among copies of its first and its last row; return the predictions without theirs.

    What is wrong is said of the rows as they are, for copies have no numbers.
    """
    if not before and not after:
        return scorer.predict(portion.batch, first_row=portion.first_row)
    rows = len(portion.batch)
    places = [0] * before + [*range(rows)] + [rows - 1] * after
    padded = portion.batch.iloc[places].reset_index(drop=True)
    try:
        predictions = scorer.predict(padded, first_row=portion.first_row - before)
    except DrumError:
        return scorer.predict(portion.batch, first_row=portion.first_row)
    wanted = slice(before, before + rows)
    extra = predictions.extra
    return replace(
        predictions,
        frame=predictions.frame.iloc[wanted].reset_index(drop=True),
        extra=None if extra is None else extra.iloc[wanted].reset_index(drop=True),
    )
