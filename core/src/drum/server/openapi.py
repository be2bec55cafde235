"""The API of this very model, as OpenAPI 3.1: its route, its labels, every status it may answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import drum
from drum import media_types
from drum.types import PREDICTIONS, TargetType

Json = dict[str, Any]

MESSAGE: Json = {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]}
PROBLEMS = {
    "406": "None of the media types in Accept can be written",
    "408": "The request took too long to arrive",
    "413": "The request is larger than the limits allow",
    "415": "Nobody reads the request's media type",
    "422": "The data cannot be read, do not fit the model, or belong to another route",
    "500": "The model failed",
    "503": "Still loading, or too many requests are waiting; Retry-After says when to come back",
    "504": "There was no answer in time",
    "513": "The model cannot be loaded; the message is the reason",
}


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
    unwell = {status: _json(PROBLEMS[status], MESSAGE) for status in ("503", "513")}
    anything = {"200": _json("What is known", {"type": "object"})}
    return {
        "/livez": {"get": {"summary": "Is the server there?", "responses": well}},
        "/readyz": {"get": {"summary": "Is the model loaded?", "responses": well | unwell}},
        "/health/": {"get": {"summary": "Is the model loaded?", "responses": well | unwell}},
        "/info/": {"get": {"summary": "Which model is this?", "responses": anything}},
        "/capabilities/": {"get": {"summary": "Which formats and methods?", "responses": anything}},
        "/stats/": {"get": {"summary": "Memory and time", "responses": anything}},
        "/metrics": {"get": {"summary": "Metrics for Prometheus", "responses": {"200": {"description": "Metrics"}}}},
    }


def _scoring(model: Mapping[str, Any]) -> Json:
    problems = {status: _json(text, MESSAGE) for status, text in PROBLEMS.items()}
    return {
        "summary": f"Score rows (target type {model.get('target_type', 'unknown')})",
        "requestBody": {"required": True, "content": _accepted(model)},
        "responses": {"200": _answer(model), **problems},
    }


def _accepted(model: Mapping[str, Any]) -> Json:
    if model.get("target_type") == TargetType.UNSTRUCTURED:
        return {"*/*": {"schema": {"type": "string", "format": "binary"}}}
    file: Json = {"type": "string", "format": "binary"}
    form = {"type": "object", "properties": {"X": file, "X.colnames": file, "y": file}, "required": ["X"]}
    bodies: Json = {media_type: {"schema": file} for media_type in media_types.KNOWN}
    if model.get("row"):
        bodies[media_types.JSON] = {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Row"}}}
    return {**bodies, media_types.MULTIPART: {"schema": form}}


def _answer(model: Mapping[str, Any]) -> Json:
    target_type = TargetType(model["target_type"]) if model else None
    if target_type in (None, TargetType.UNSTRUCTURED, TargetType.TRANSFORM):
        return {"description": "The model's answer"}
    labels = model.get("labels") or []
    row: Json = {"type": "number"} if target_type.is_numeric else {}
    if target_type.is_classification:
        probability = {"type": "number", "minimum": 0, "maximum": 1}
        row = {"type": "object", "properties": dict.fromkeys(labels, probability), "required": list(labels)}
    schema = {
        "type": "object",
        "properties": {"predictions": {"type": "array", "items": row}, "extraModelOutput": {"type": "object"}},
        "required": ["predictions"],
    }
    return _json(f"A prediction for each row ({', '.join(labels) or PREDICTIONS})", schema)


def _json(description: str, schema: Json) -> Json:
    return {"description": description, "content": {"application/json": {"schema": schema}}}
