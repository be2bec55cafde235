"""The API of this very model, as OpenAPI 3.1: its route, its labels, every status it may answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import drum
from drum import media_types
from drum.types import PREDICTIONS, TargetType

Json = dict[str, Any]

MESSAGE: Json = {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]}
FILE: Json = {"type": "string", "format": "binary"}
OBJECT: Json = {"type": "object"}
ANYWHERE = {
    "400": "The request is no valid HTTP",
    "408": "The request took too long to arrive",
    "431": "The request's headers are larger than the limit allows",
}
"""What any request may be answered, before anybody has looked where it should go."""
PROBLEMS = ANYWHERE | {
    "406": "None of the media types in Accept can be written",
    "413": "The request, or what it unfolds to, is larger than the limits allow",
    "415": "Nobody reads the request's media type, charset or Content-Encoding",
    "422": "The data cannot be read, do not fit the model, or belong to another route",
    "500": "The model failed",
    "503": "Still loading, or too many requests are waiting; Retry-After says when to come back",
    "504": "There was no answer in time",
    "513": "The model cannot be loaded; the message is the reason",
}
OWN_STATUSES = "Refused by the model's own code, with a status of its choice"


def describe_api(model: Mapping[str, Any] | None, prefix: str, scoring_path: str) -> Json:
    """Return the document.

    :param model: what a worker says of the model; ``None`` while none has loaded it.
    :param prefix: what stands before every route.
    :param scoring_path: the route that serves this model's target type.
    """
    known = model or {}
    return {
        "openapi": "3.1.0",
        "info": {"title": _title(known), "version": drum.__version__},
        "servers": [{"url": prefix or "/"}],
        "paths": {**_state_paths(), scoring_path: {"post": _scoring(known)}},
        **_components(known),
    }


def _components(model: Mapping[str, Any]) -> Json:
    """Return what a row looks like, where an input schema was recorded."""
    row = model.get("row")
    return {"components": {"schemas": {"Row": row}}} if row else {}


def _title(model: Mapping[str, Any]) -> str:
    return str((model.get("metadata") or {}).get("name") or "model")


def _state_paths() -> Json:
    well = {"200": _json("It is well", MESSAGE)}
    unwell = _problems("503", "513")
    known = {"200": _json("What is known", OBJECT)}
    metrics = {"200": {"description": "Metrics", "content": {"text/plain": {"schema": {"type": "string"}}}}}
    return {
        "/livez": _get("Is the server there?", well),
        "/readyz": _get("Is the model loaded?", well | unwell),
        "/health/": _get("Is the model loaded?", well | unwell),
        "/info/": _get("Which model is this?", known),
        "/capabilities/": _get("Which formats and methods?", known),
        "/stats/": _get("Memory and time", known),
        "/metrics": _get("Metrics for Prometheus", metrics),
    }


def _get(summary: str, responses: Json) -> Json:
    return {"get": {"summary": summary, "responses": responses | _problems(*ANYWHERE)}}


def _problems(*statuses: str) -> Json:
    return {status: _json(PROBLEMS[status], MESSAGE) for status in statuses}


# ------------------------------------------------------------------------------------- scoring


def _scoring(model: Mapping[str, Any]) -> Json:
    own = {"4XX": _json(OWN_STATUSES, MESSAGE)} if model.get("hooks") else {}
    return {
        "summary": f"Score rows (target type {model.get('target_type', 'unknown')})",
        "requestBody": _request(model),
        "responses": {"200": _answer(model), **_problems(*PROBLEMS), **own},
    }


def _request(model: Mapping[str, Any]) -> Json:
    unstructured = model.get("target_type") == TargetType.UNSTRUCTURED
    return {
        "description": "With Content-Encoding gzip or deflate if it is compressed",
        "required": not unstructured,
        "content": {"*/*": {"schema": FILE}} if unstructured else _accepted(model),
    }


def _accepted(model: Mapping[str, Any]) -> Json:
    form = {"type": "object", "properties": {"X": FILE, "X.colnames": FILE, "y": FILE}, "required": ["X"]}
    bodies: Json = {media_type: {"schema": FILE} for media_type in media_types.KNOWN}
    bodies[media_types.JSON] = {"schema": _json_rows(model)}
    return {**bodies, media_types.MULTIPART: {"schema": form}}


def _json_rows(model: Mapping[str, Any]) -> Json:
    """Return the shapes of rows in JSON; only the first is shown where it is known what a row looks like."""
    if model.get("row"):
        return _rows({"$ref": "#/components/schemas/Row"})
    split = {"columns": {"type": "array", "items": {"type": "string"}}, "data": _rows({"type": "array"})}
    table = {"type": "object", "properties": split, "required": list(split)}
    whole = {"type": "object", "properties": {"dataframe_split": table}, "required": ["dataframe_split"]}
    return {"anyOf": [_rows(OBJECT), {"type": "object", "additionalProperties": {"type": "array"}}, whole]}


def _rows(row: Json) -> Json:
    return {"type": "array", "items": row, "minItems": 1}


def _answer(model: Mapping[str, Any]) -> Json:
    target_type = TargetType(model["target_type"]) if model else None
    if target_type in (None, TargetType.UNSTRUCTURED):
        return {"description": "The model's answer"}
    others: Json = {media_type: {"schema": FILE} for media_type in media_types.KNOWN}
    if target_type is TargetType.TRANSFORM:
        others[media_types.MULTIPART] = {"schema": OBJECT}
    others[media_types.JSON] = {"schema": _predictions(model, target_type)}
    labels = ", ".join(model.get("labels") or []) or PREDICTIONS
    return {"description": f"A prediction for each row ({labels})", "content": others}


def _predictions(model: Mapping[str, Any], target_type: TargetType) -> Json:
    extra = {"columns": {"type": "array"}, "index": {"type": "array"}, "data": {"type": "array"}}
    return {
        "type": "object",
        "properties": {
            "predictions": {"type": "array", "items": _prediction(model, target_type)},
            "extraModelOutput": {"type": "object", "properties": extra, "required": list(extra)},
        },
        "required": ["predictions"],
    }


def _prediction(model: Mapping[str, Any], target_type: TargetType) -> Json:
    number: Json = {"type": ["number", "null"] if model.get("allow_nan") else "number"}
    if target_type is TargetType.TRANSFORM:
        return OBJECT
    if target_type.is_classification:
        labels = list(model.get("labels") or [])
        probability = number | {"description": "From 0 to 1, but for rounding"}
        return {"type": "object", "properties": dict.fromkeys(labels, probability), "required": labels}
    return number if target_type.is_numeric else {}


def _json(description: str, schema: Json) -> Json:
    return {"description": description, "content": {media_types.JSON: {"schema": schema}}}
