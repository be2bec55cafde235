"""Whether the server answers with the predictions that a file gets.

The routes, the parser and the socket are those of ``drum server``; the model is the one that is loaded already, as
with ``--workers 0``. So the event loop runs on this thread, where some languages insist on living, and the client
that asks it on another one.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from drum import media_types
from drum.errors import DrumError
from drum.trial.http_client import HttpAnswer, HttpClient, as_body, scoring_path
from drum.types import Payload, Predictions
from drum.validation.batches import rows_at
from drum.validation.report import Finding, Planned, Status
from drum.validation.subject import Subject

if TYPE_CHECKING:
    import pandas as pd
    import uvicorn

    from drum.scorer import Scorer

MOST_SINGLE_ROWS = 20
PATIENCE_S = 3600.0
LOOPBACK = "127.0.0.1"

WHOLE = "same predictions through the server"

ON_SERVER = "The same rows are predicted differently in a request."
ON_TYPES = "A request of one row is read by itself: record the types of the columns with 'drum schema'."


def server_checks(subject: Subject, reference: Predictions) -> Iterator[Planned]:
    """Plan the checks of requests: one with all rows of the sample, and some with a row each.

    :param reference: the predictions for the sample.
    """
    requests = _Requests(subject)
    yield Planned(WHOLE, partial(_whole, requests, reference))
    yield Planned("same predictions row by row", partial(_row_by_row, requests, reference))


def whole_check(subject: Subject, reference: Predictions) -> Planned:
    """Plan the check of one request, the input itself, for a model that alone can read it."""
    return Planned(WHOLE, partial(_whole, _Requests(subject), reference))


class _Requests:
    """What is sent to one server: the input, or the sample of a larger one, and then some of its rows alone."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.rows = 0 if subject.sample is None else min(len(subject.sample), MOST_SINGLE_ROWS)

    @cached_property
    def answers(self) -> list[HttpAnswer]:
        """The answers, once all of it was sent."""
        subject, sample = self.subject, self.subject.sample
        if sample is None:
            return answers_over_http(subject.scorer, [subject.payload])
        whole = subject.written(sample) if subject.is_sampled else subject.payload
        single = [subject.written(sample.iloc[row : row + 1]) for row in range(self.rows)]
        return answers_over_http(subject.scorer, [whole, *single])


def _whole(requests: _Requests, reference: Predictions) -> Finding:
    subject = requests.subject
    data = subject.sample if subject.sample is not None and subject.is_sampled else subject.payload.body
    return _compared(requests, reference, slice(1), data, ON_SERVER)


def _row_by_row(requests: _Requests, reference: Predictions) -> Finding:
    subject = requests.subject
    assert subject.sample is not None
    expected = rows_at(reference, list(range(requests.rows)))
    data = subject.sample.iloc[: requests.rows]
    return _compared(requests, expected, slice(1, None), data, f"{ON_SERVER} {ON_TYPES}")


def _compared(
    requests: _Requests, expected: Predictions, chosen: slice, data: pd.DataFrame | bytes, blame: str
) -> Finding:
    subject = requests.subject
    try:
        answers = requests.answers[chosen]
    except DrumError as error:
        return Finding(Status.SKIPPED, f"The rows cannot be sent: {error.message}")
    refused = next((answer for answer in answers if not answer.is_ok), None)
    if refused is not None:
        return Finding(Status.FAILED, f"the server answered {refused.message}", data)
    as_json = subject.scorer.write(expected, media_types.JSON)
    comparison = subject.compare(_of_json([as_json]), _of_json([answer.body for answer in answers]))
    return subject.finding(comparison, data, blame)


def _of_json(bodies: Sequence[bytes]) -> Predictions:
    """Join the answers to some requests."""
    import pandas as pd

    answers: list[dict[str, Any]] = [json.loads(body) for body in bodies]
    rows = [row for answer in answers for row in answer["predictions"]]
    extras = [answer["extraModelOutput"] for answer in answers if "extraModelOutput" in answer]
    frame = pd.DataFrame(rows) if rows and isinstance(rows[0], dict) else pd.DataFrame({"Predictions": rows})
    if not extras:
        return Predictions(frame=frame)
    data = [row for extra in extras for row in extra["data"]]
    return Predictions(frame=frame, extra=pd.DataFrame(data, columns=extras[0]["columns"]))


# ------------------------------------------------------------------------------------- the server


def answers_over_http(scorer: Scorer, payloads: Sequence[Payload]) -> list[HttpAnswer]:
    """Serve a loaded model on a free port, send it payloads one after the other, and end the server."""
    bodies = [as_body(payload) for payload in payloads]
    path = scoring_path(scorer.spec.target_type, payloads[0].query)
    answers: list[HttpAnswer] = []
    server = _server(scorer, largest=max(len(body) for body, _ in bodies))

    def ask(port: int) -> None:
        try:
            with HttpClient(LOOPBACK, port, timeout=PATIENCE_S) as client:
                answers.extend(client.post(path, *body, accept=media_types.JSON) for body in bodies)
        finally:
            server.should_exit = True

    with socket.create_server((LOOPBACK, 0)) as listener:
        asking = threading.Thread(target=ask, args=(listener.getsockname()[1],), name="drum-validation")
        asking.start()
        server.run(sockets=[listener])
    asking.join()
    return answers


def _server(scorer: Scorer, largest: int) -> uvicorn.Server:
    import uvicorn

    from drum.server.app import create_app
    from drum.server.payloads import Limits
    from drum.server.run import configured

    limits = Limits(body=max(Limits().body, 2 * largest))
    app = create_app(_lent_pool(scorer), scorer.code_dir, limits)
    return uvicorn.Server(configured(app, limits=limits, grace=1.0))


def _lent_pool(scorer: Scorer) -> Any:
    """Return a pool around a scorer that is still needed when the server has ended."""
    from drum.workers.inline import InlinePool

    class LentPool(InlinePool):
        """The scorer is somebody else's."""

        async def close(self) -> None:
            """Leave it open."""

    return LentPool(lambda: scorer)
