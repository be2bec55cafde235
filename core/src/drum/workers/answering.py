"""Answer requests with a scorer: those that wait together share one call of the model, each gets its own rows."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from drum import media_types
from drum.detection import language_of
from drum.errors import DrumError, ModelHTTPError
from drum.types import Predictions, TargetType
from drum.workers.frames import Answer, Request
from drum.workers.transform_reply import transform_reply

if TYPE_CHECKING:
    import pandas as pd

    from drum.scorer import Scorer


log = logging.getLogger("drum.worker")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Read:
    """A request whose rows have been read and wait to be scored."""

    place: int
    request: Request
    frame: pd.DataFrame
    seconds: float


def describe(scorer: Scorer) -> dict[str, Any]:
    """Return what the front must know of the model, as JSON can hold it."""
    spec, artifact = scorer.spec, scorer.artifact
    return {
        "target_type": spec.target_type.value,
        "labels": list(spec.labels),
        "runtime": artifact.runtime,
        "language": language_of(artifact.path),
        "artifact": artifact.path.name if artifact.path else None,
        "row_wise": scorer.row_wise and not scorer.reads_own_payload,
        "metadata": _public(spec.metadata),
    }


def _public(value: Any) -> Any:
    """Return metadata as JSON can hold them, without the default values of credentials."""
    if isinstance(value, Mapping):
        secret = value.get("type") == "credential"
        return {str(k): _public(v) for k, v in value.items() if not (secret and k == "defaultValue")}
    if isinstance(value, list):
        return [_public(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def answer_all(scorer: Scorer, requests: Sequence[Request]) -> list[Answer]:
    """Answer every request, in order; an error is an answer too.

    Requests to a row-wise model whose columns and types agree share one call. Where that call fails, each of
    them is scored alone, so that it fails alone.
    """
    if scorer.spec.target_type is TargetType.UNSTRUCTURED:
        return [_guarded(request, partial(_unstructured, scorer, request)) for request in requests]
    if len(requests) == 1 or not _may_share(scorer):
        return [_guarded(request, partial(_alone, scorer, request)) for request in requests]
    return _shared(scorer, requests)


def _may_share(scorer: Scorer) -> bool:
    return scorer.row_wise and not scorer.reads_own_payload and scorer.spec.target_type is not TargetType.TRANSFORM


def _guarded(request: Request, answer: Callable[[], T]) -> T | Answer:
    """Turn an error into an answer: a worker goes on whatever one request does."""
    try:
        return answer()
    except ModelHTTPError as error:
        return Answer(id=request.id, body=error.message.encode(), error="ModelHTTPError", status=error.status_code)
    except DrumError as error:
        return Answer(id=request.id, body=error.message.encode(), error=type(error).__name__)
    except Exception as error:
        log.exception("Request %d failed unexpectedly.", request.id)
        message = f"Unexpected {type(error).__name__}: {error}"
        return Answer(id=request.id, body=message.encode(), error="ScoreError")


def _unstructured(scorer: Scorer, request: Request) -> Answer:
    started = time.perf_counter()
    reply = scorer.score_unstructured(request.payload)
    seconds = {"score": time.perf_counter() - started}
    return Answer(id=request.id, body=reply.body, media_type=reply.media_type, charset=reply.charset, seconds=seconds)


def _alone(scorer: Scorer, request: Request) -> Answer:
    started = time.perf_counter()
    predictions = scorer.score_payload(request.payload)
    seconds = time.perf_counter() - started
    return _written(scorer, request, predictions, {"score": seconds}, shared=1)


def _written(
    scorer: Scorer, request: Request, predictions: Predictions, seconds: dict[str, float], shared: int
) -> Answer:
    started = time.perf_counter()
    if scorer.spec.target_type is TargetType.TRANSFORM and request.accept in ("", media_types.MULTIPART):
        body, media_type = transform_reply(scorer, predictions)
    else:
        media_type = request.accept or media_types.JSON
        body = scorer.write(predictions, media_type)
    seconds["write"] = time.perf_counter() - started
    rows = len(predictions.frame)
    return Answer(id=request.id, body=body, media_type=media_type, rows=rows, shared=shared, seconds=seconds)


# ------------------------------------------------------------------------------------- sharing


def _shared(scorer: Scorer, requests: Sequence[Request]) -> list[Answer]:
    answers: dict[int, Answer] = {}
    groups: dict[object, list[_Read]] = {}
    for place, request in enumerate(requests):
        read = _guarded(request, partial(_read, scorer, place, request))
        if isinstance(read, Answer):  # an error
            answers[place] = read
        else:
            groups.setdefault(_schema(read.frame), []).append(read)
    for group in groups.values():
        answers |= _score_group(scorer, group)
    return [answers[place] for place in range(len(requests))]


def _read(scorer: Scorer, place: int, request: Request) -> _Read:
    started = time.perf_counter()
    frame = scorer.read(request.payload)
    return _Read(place, request, frame, time.perf_counter() - started)


def _schema(frame: pd.DataFrame) -> object:
    """Return what two frames must have in common to be joined without changing either's types."""
    return tuple(frame.columns), tuple(frame.dtypes)


def _score_group(scorer: Scorer, group: Sequence[_Read]) -> dict[int, Answer]:
    import pandas as pd

    if len(group) > 1:
        started = time.perf_counter()
        try:
            joint = scorer.predict(pd.concat([read.frame for read in group], ignore_index=True))
        except DrumError:
            pass  # somebody's rows are at fault: each alone, so that the others do not suffer
        else:
            seconds = time.perf_counter() - started
            return _split(scorer, group, joint, seconds)
    return {read.place: _guarded(read.request, partial(_score_read, scorer, read)) for read in group}


def _score_read(scorer: Scorer, read: _Read) -> Answer:
    started = time.perf_counter()
    predictions = scorer.predict(read.frame)
    seconds = {"read": read.seconds, "score": time.perf_counter() - started}
    return _written(scorer, read.request, predictions, seconds, shared=1)


def _split(scorer: Scorer, group: Sequence[_Read], joint: Predictions, seconds: float) -> dict[int, Answer]:
    """Give each request its own rows back."""
    answers = {}
    start = 0
    for read in group:
        stop = start + len(read.frame)
        own = replace(
            joint,
            frame=joint.frame.iloc[start:stop].reset_index(drop=True),
            extra=None if joint.extra is None else joint.extra.iloc[start:stop].reset_index(drop=True),
        )
        stages = {"read": read.seconds, "score": seconds}
        answers[read.place] = _written(scorer, read.request, own, stages, shared=len(group))
        start = stop
    return answers
