"""The checks of a model whose input nobody but itself can read: its payload is sent as it is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from drum.errors import DrumError
from drum.types import Predictions
from drum.validation.batches import ON_CHANCE, TWICE, refusal_of_nothing
from drum.validation.columns import EXTRA, MISSING, SHUFFLED
from drum.validation.memory import memory_check
from drum.validation.report import Finding, Planned, Status
from drum.validation.subject import Subject, failure
from drum.validation.through_server import whole_check

UNREADABLE = "Only the model itself can read this input."


def payload_checks(subject: Subject, reference: Predictions) -> Iterator[Planned]:
    """Plan the checks.

    :param reference: the predictions for the payload.
    """
    yield Planned(TWICE, partial(_twice, subject, reference))
    yield Planned("empty input", partial(refusal_of_nothing, subject))
    for name in (MISSING, SHUFFLED, EXTRA):
        yield Planned(name, lambda: Finding(Status.SKIPPED, UNREADABLE))
    yield memory_check(partial(subject.scorer.score_payload, subject.payload))
    yield whole_check(subject, reference)


def _twice(subject: Subject, reference: Predictions) -> Finding:
    try:
        again = subject.scorer.score_payload(subject.payload)
    except DrumError as error:
        return Finding(Status.FAILED, failure(error), subject.payload.body)
    return subject.finding(subject.compare(reference, again), subject.payload.body, ON_CHANCE)
