"""Answer requests with a scorer."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from drum import media_types
from drum.detection import language_of
from drum.input_schema import json_schema
from drum.types import Concurrency, TargetType
from drum.workers.frames import Answer, Request
from drum.workers.guarding import guarded
from drum.workers.sharing import answer_together
from drum.workers.transform_reply import transform_reply

if TYPE_CHECKING:
    from drum.scorer import Scorer


def describe(scorer: Scorer) -> dict[str, Any]:
    """Return what the front must know of the model, as JSON can hold it."""
    spec, artifact = scorer.spec, scorer.artifact
    return {
        "target_type": spec.target_type.value,
        "labels": list(spec.labels),
        "runtime": artifact.runtime,
        "language": language_of(artifact.path),
        "artifact": artifact.path.name if artifact.path else None,
        "hears_headers": spec.target_type is TargetType.UNSTRUCTURED or not scorer.reads_built_in_formats_only,
        "threads": Concurrency.THREADS in scorer.concurrency,
        "row_wise": scorer.row_wise and not scorer.reads_own_payload,
        "allow_nan": bool(scorer.settings["allow_nan"]),
        "hooks": list(scorer.custom_hooks),
        "row": None if scorer.schema is None else json_schema(scorer.schema),
        "details": _public(scorer.describe()),
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
    """Answer every request, in order; an error is an answer too. Requests to a row-wise model share calls."""
    if scorer.spec.target_type is TargetType.UNSTRUCTURED:
        return [guarded(request, partial(_unstructured, scorer, request)) for request in requests]
    if _may_share(scorer):
        return answer_together(scorer, requests)
    return [guarded(request, partial(_alone, scorer, request)) for request in requests]


def _may_share(scorer: Scorer) -> bool:
    return scorer.row_wise and not scorer.reads_own_payload and scorer.spec.target_type is not TargetType.TRANSFORM


def _unstructured(scorer: Scorer, request: Request) -> Answer:
    started = time.perf_counter()
    reply = scorer.score_unstructured(request.payload)
    seconds = {"score": time.perf_counter() - started}
    return Answer(id=request.id, body=reply.body, media_type=reply.media_type, charset=reply.charset, seconds=seconds)


def _alone(scorer: Scorer, request: Request) -> Answer:
    started = time.perf_counter()
    predictions = scorer.score_payload(request.payload)
    scored = time.perf_counter()
    if scorer.spec.target_type is TargetType.TRANSFORM and request.accept in ("", media_types.MULTIPART):
        body, media_type = transform_reply(scorer, predictions)
    else:
        media_type = request.accept or media_types.JSON
        body = scorer.write(predictions, media_type)
    seconds = {"score": scored - started, "write": time.perf_counter() - scored}
    return Answer(id=request.id, body=body, media_type=media_type, rows=len(predictions.frame), seconds=seconds)
