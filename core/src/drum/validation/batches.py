"""Whether a prediction depends on its row alone: not on those beside it, nor on how often it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from drum.batch.answers import joined_rows
from drum.errors import DrumError
from drum.types import Payload, Predictions
from drum.validation.report import Finding, Planned, Status
from drum.validation.subject import REFUSALS, Subject, failure

if TYPE_CHECKING:
    import pandas as pd

TWICE = "same predictions twice"
ROWS_OF_A_BATCH = 64
"""The engine cuts files at multiples of as many rows."""
MOST_BATCHES = 32

ON_NEIGHBOURS = (
    "A prediction depends on the rows beside it: in a file, in its batches and in a request, the same row is "
    "predicted differently."
)
ON_CHANCE = "The model's answer depends on chance, or on what it was asked before: seed it, or switch dropout off."
ON_EMPTY = "Refuse what is empty: raise ModelHTTPError with a reason where the data are read."


def batch_checks(subject: Subject, reference: Predictions, everything: Predictions) -> Iterator[Planned]:
    """Plan the checks of rows alone, in batches, again, and of none at all.

    :param reference: the predictions for the sample at once.
    :param everything: the predictions for the whole input.
    """
    yield Planned(TWICE, partial(_twice, subject, reference))
    yield Planned("same predictions in batches", partial(_in_batches, subject, reference, everything))
    yield Planned("one row", partial(_one_row, subject, reference))
    yield Planned("empty input", partial(refusal_of_nothing, subject))


def _twice(subject: Subject, reference: Predictions) -> Finding:
    assert subject.sample is not None
    return _compared(subject, reference, [subject.sample], ON_CHANCE)


def _in_batches(subject: Subject, reference: Predictions, everything: Predictions) -> Finding:
    """Cut the sample where the engine would cut a file; a small one into three. Its rows in the whole count too."""
    assert subject.sample is not None
    if subject.places is not None:
        among_all = subject.compare(rows_at(everything, subject.places), reference)
        if not among_all.is_same:
            return subject.finding(among_all, subject.sample, ON_NEIGHBOURS)
    rows = len(subject.sample)
    if rows < 2:
        return Finding(Status.SKIPPED, "There is one row.")
    size = ROWS_OF_A_BATCH * -(-rows // (ROWS_OF_A_BATCH * MOST_BATCHES)) if rows > ROWS_OF_A_BATCH else -(-rows // 3)
    parts = [subject.sample.iloc[first : first + size] for first in range(0, rows, size)]
    return _compared(subject, reference, [part.reset_index(drop=True) for part in parts], ON_NEIGHBOURS)


def _one_row(subject: Subject, reference: Predictions) -> Finding:
    assert subject.sample is not None
    return _compared(subject, rows_at(reference, [0]), [subject.sample.iloc[:1]], ON_NEIGHBOURS)


def _compared(subject: Subject, expected: Predictions, parts: list[pd.DataFrame], blame: str) -> Finding:
    """Predict part by part and compare the whole."""
    predicted = []
    for part in parts:
        try:
            predicted.append(subject.predict(part))
        except DrumError as error:
            return Finding(Status.FAILED, failure(error), part)
    comparison = subject.compare(expected, joined_rows(predicted))
    assert subject.sample is not None
    return subject.finding(comparison, subject.sample if len(parts) > 1 else parts[0], blame)


def refusal_of_nothing(subject: Subject) -> Finding:
    """Send no bytes, and, where rows can be written, a header alone: both must be refused, or answered with nothing."""
    bodies = [b""]
    if subject.sample is not None and not subject.is_sparse:
        with suppress(DrumError):  # not every format has a way to say it
            bodies.append(subject.written(subject.sample.iloc[:0]).body)
    reasons = []
    for body in bodies:
        payload = Payload(body=body, media_type=subject.payload.media_type, room=None)
        try:
            rows = len(subject.scorer.score_payload(payload).frame)
        except REFUSALS as error:
            reasons.append(error.message)
            continue
        except DrumError as error:
            return Finding(Status.FAILED, failure(error, ON_EMPTY), body)
        if rows:
            return Finding(Status.FAILED, f"{rows} predictions were made for an input without rows.", body)
    if not reasons:
        return Finding(Status.PASSED, "answered without predictions")
    return Finding(Status.PASSED, f"refused: {reasons[0]}", refused=True)


def rows_at(predictions: Predictions, places: list[int]) -> Predictions:
    """Return the predictions for some rows."""
    frame, extra = predictions.frame, predictions.extra
    return Predictions(frame=frame.iloc[places], extra=None if extra is None else extra.iloc[places])
