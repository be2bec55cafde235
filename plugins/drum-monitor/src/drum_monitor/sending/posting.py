"""One connection to the monitoring service, kept open between messages."""

from __future__ import annotations

import http.client
import json
from contextlib import suppress

from drum_monitor.options import Destination

PATH = "/iterate"


class UnreachableError(Exception):
    """Nobody answers, or not in time (``waited``): whether the message was taken is unknown then."""

    def __init__(self, message: str, *, waited: bool = False) -> None:
        super().__init__(message)
        self.waited = waited


class Post:
    """Posts messages; opens the connection when needed, and again when the other side has closed it."""

    def __init__(self, destination: Destination) -> None:
        self._destination = destination
        self._connection: http.client.HTTPConnection | None = None

    def send(self, body: bytes, media_type: str) -> tuple[int, str]:
        """Post a message; return the status and what the service said.

        :raises UnreachableError: if there is no answer.
        """
        reused = self._connection is not None
        try:
            return self._send(body, media_type)
        except TimeoutError as error:
            self.close()
            raise UnreachableError(f"no answer within {self._destination.timeout:g} s", waited=True) from error
        except (OSError, http.client.HTTPException) as error:
            self.close()
            if reused:  # it has closed an idle connection, as servers do
                return self.send(body, media_type)
            raise UnreachableError(str(error) or type(error).__name__) from error

    def _send(self, body: bytes, media_type: str) -> tuple[int, str]:
        where = self._destination
        if self._connection is None:
            self._connection = http.client.HTTPConnection(where.host, where.port, timeout=where.timeout)
        self._connection.request("POST", PATH, body, {"Content-Type": media_type})
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.will_close:
            self.close()
        return answer.status, _message(content)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _message(content: bytes) -> str:
    with suppress(ValueError, AttributeError):
        return str(json.loads(content).get("message", ""))
    return content[:200].decode(errors="replace")
