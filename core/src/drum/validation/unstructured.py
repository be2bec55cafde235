"""The checks of a model that takes anything: its answers are compared as bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from drum.errors import DrumError
from drum.types import Payload, Reply
from drum.validation.memory import memory_check
from drum.validation.report import Finding, Planned, Status
from drum.validation.subject import REFUSALS, failure
from drum.validation.through_server import answers_over_http

if TYPE_CHECKING:
    from drum.scorer import Scorer

ON_CHANCE = "The answer depends on chance, on the time, or on what was asked before."
ON_EMPTY = "Answer it, or refuse it: raise ModelHTTPError with a reason."
ON_SERVER = "A request is answered differently from a file: look at its query, its headers and its media type."


def unstructured_checks(scorer: Scorer, payload: Payload, reference: Reply) -> Iterator[Planned]:
    """Plan the checks.

    :param reference: the first answer to the payload.
    """
    yield Planned("same answer twice", partial(_twice, scorer, payload, reference))
    yield Planned("empty input", partial(_of_nothing, scorer, payload))
    yield memory_check(partial(scorer.score_unstructured, payload))
    yield Planned("same answer through the server", partial(_through_server, scorer, payload, reference))


def _twice(scorer: Scorer, payload: Payload, reference: Reply) -> Finding:
    try:
        again = scorer.score_unstructured(payload)
    except DrumError as error:
        return Finding(Status.FAILED, failure(error), payload.body)
    return _compared(reference.body, again.body, payload, ON_CHANCE)


def _of_nothing(scorer: Scorer, payload: Payload) -> Finding:
    try:
        reply = scorer.score_unstructured(replace(payload, body=b""))
    except REFUSALS as error:
        return Finding(Status.PASSED, f"refused: {error.message}", refused=True)
    except DrumError as error:
        return Finding(Status.FAILED, failure(error, ON_EMPTY), b"")
    return Finding(Status.PASSED, f"answered with {len(reply.body):,} bytes")


def _through_server(scorer: Scorer, payload: Payload, reference: Reply) -> Finding:
    (answer,) = answers_over_http(scorer, [payload])
    if not answer.is_ok:
        return Finding(Status.FAILED, f"the server answered {answer.message}", payload.body)
    return _compared(reference.body, answer.body, payload, ON_SERVER)


def _compared(expected: bytes, got: bytes, payload: Payload, blame: str) -> Finding:
    if expected == got:
        return Finding(Status.PASSED, f"the same {len(got):,} bytes")
    place = next((at for at, (one, other) in enumerate(zip(expected, got, strict=False)) if one != other), None)
    at = min(len(expected), len(got)) if place is None else place
    details = f"{len(got):,} bytes instead of {len(expected):,}; they differ from byte {at} on. {blame}"
    return Finding(Status.FAILED, details, payload.body)
