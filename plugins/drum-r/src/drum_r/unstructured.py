"""``score_unstructured`` in R: text and bytes on their way in and out."""

from __future__ import annotations

from typing import Any

from drum.custom_hooks import unstructured_arguments, unstructured_reply
from drum.errors import MalformedInputError, ModelContractError
from drum.types import Payload, Reply
from drum_r.calling import call, kind_of
from drum_r.model import Model
from drum_r.session import Session

HOOK = "score_unstructured"


def answer(model: Model, payload: Payload) -> Reply:
    """Call the hook with a character or a raw vector, as the media type says, and turn its answer into a reply.

    :raises MalformedInputError: if the data are text that R cannot hold.
    :raises ModelContractError: if the answer is neither text, raw nor ``NULL``, nor a list of one of them and a list.
    """
    data, keywords = unstructured_arguments(payload)
    if isinstance(data, str) and "\0" in data:
        raise MalformedInputError(
            "There are NUL characters in the data, which R's text cannot hold. State their type, such as "
            "application/octet-stream, in the Content-Type header or with --content-type."
        )
    arguments = {"model": None, "data": lambda session: _data(session, data)}
    return unstructured_reply(call(model, HOOK, arguments, "make predictions", _answer, keywords, may_be_null=True))


def raw(session: Session, content: bytes) -> Any:
    """Return a raw vector."""
    return session.interface.ByteSexpVector.from_memoryview(memoryview(content))


def _data(session: Session, data: str | bytes) -> Any:
    return session.text(data) if isinstance(data, str) else raw(session, data)


def _answer(session: Session, value: Any, stage: str) -> Any:
    if kind_of(session, value) != "list":
        return _content(session, value, stage)
    if len(value) != 2:
        raise _wrong(stage, f"a list of {len(value)}")
    content, stated = value
    return _content(session, content, stage), _stated(session, stated, stage)


def _content(session: Session, value: Any, stage: str) -> str | bytes | None:
    kind = kind_of(session, value)
    if kind == "null":
        return None
    if kind == "raw":
        return session.array(value).tobytes()
    if kind == "text" and value[0] is not session.interface.NA_Character:
        return str(value[0])
    raise _wrong(stage, f"an object of class '{kind}'")


def _stated(session: Session, value: Any, stage: str) -> dict[str, str]:
    """Return ``list(mimetype = , charset = )``."""
    if kind_of(session, value) == "null":
        return {}
    if kind_of(session, value) != "list" or (value.names is session.null and len(value)):
        raise _wrong(stage, "something else beside the data")
    return {str(name): str(text[0]) for name, text in zip(value.names, value, strict=True)} if len(value) else {}


def _wrong(stage: str, what: str) -> ModelContractError:
    return ModelContractError(
        f"{stage} must return one character string, raw or NULL, or list(one of them, list(mimetype = , charset = )); "
        f"it returned {what}."
    )
