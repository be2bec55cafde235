"""Errors as answers: a worker goes on whatever one request does."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from drum.errors import DrumError, ModelError, ModelHTTPError
from drum.workers.frames import Answer, Request

log = logging.getLogger("drum.worker")
T = TypeVar("T")


def guarded(request: Request, answer: Callable[[], T]) -> T | Answer:
    """Turn an error into the answer to ``request``."""
    try:
        return answer()
    except ModelHTTPError as error:
        return Answer(id=request.id, body=_text(error.message), error="ModelHTTPError", status=error.status_code)
    except DrumError as error:
        if isinstance(error, ModelError):  # the author's to mend, so the log says where; what callers send it does not
            log.error("%s%s", error.message, f"\n{error.detail}" if error.detail else "", extra=_named(request))
        return Answer(id=request.id, body=_text(error.message), error=type(error).__name__)
    except Exception as error:
        log.exception("A request failed unexpectedly.", extra=_named(request))
        message = f"Unexpected {type(error).__name__}: {error}"
        return Answer(id=request.id, body=_text(message), error="ScoreError")


def _text(message: str) -> bytes:
    """Encode a message, whatever user code has put into it."""
    return message.encode(errors="backslashreplace")


def _named(request: Request) -> dict[str, str]:
    return {"request_id": request.name}
