"""How log lines look on standard error: for people, or a JSON object a line for machines."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

FORMATS = ("text", "json")


def configure(process: str, *, form: str = "text", level: str = "warning") -> None:
    """Send log lines to standard error; ours from ``level`` on, those of others from warnings on.

    :param process: who writes them, such as ``drum`` or ``drum worker``.
    :param form: one of :data:`FORMATS`.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json(process) if form == "json" else _Text(process))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("drum").setLevel(level.upper())


class _Text(logging.Formatter):
    def __init__(self, process: str) -> None:
        super().__init__(f"{process}: %(levelname)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Put the id of the request, if there is one, behind the message."""
        text = super().format(record)
        request_id = getattr(record, "request_id", "")
        return f"{text} [{request_id}]" if request_id else text


class _Json(logging.Formatter):
    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, whatever the message holds; fields that are empty are left out."""
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
            "request_id": getattr(record, "request_id", ""),
            "traceback": self.formatException(record.exc_info) if record.exc_info else "",
        }
        return json.dumps({name: value for name, value in fields.items() if value != ""}, default=str)
