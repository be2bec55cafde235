"""The sender against services that are well, slow, picky, failing and not there: real sockets, counters that add up."""

from __future__ import annotations

import http.server
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest

from drum_monitor import wire
from drum_monitor.options import Destination
from drum_monitor.sending import sender as sender_module
from drum_monitor.sending.counters import Counters
from drum_monitor.sending.sender import Sender

PATIENCE_S = 30.0


@dataclass
class Service:
    """A service that answers as it is told, and keeps what came."""

    port: int
    answer: Callable[[int, str], int]
    messages: list[wire.Message] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def rows(self) -> pd.DataFrame:
        return pd.concat([message.table for message in self.messages], ignore_index=True)


@pytest.fixture
def service() -> Iterator[Service]:
    class Answers(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            media_type = self.headers["Content-Type"]
            found.types.append(media_type)
            status = found.answer(len(found.types), media_type)
            if status == 0:
                found.released.wait(PATIENCE_S)
                self.close_connection = True
                return
            if status < 300:
                found.messages.append(wire.read(body, media_type))
            content = json.dumps({"message": f"status {status}"}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        found = Service(server.server_address[1], lambda number, media_type: 202)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield found
        found.released.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def start() -> Iterator[Callable[..., Sender]]:
    """Return a function that starts a sender; all of them are closed in the end."""
    started: list[Sender] = []

    def begin(port: int, **further: Any) -> Sender:
        sender = Sender(Destination(host="127.0.0.1", port=port, **further), Counters(None))
        sender.start()
        started.append(sender)
        return sender

    yield begin
    for sender in started:
        sender.close()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send without waiting for more rows, and try again without a pause."""
    monkeypatch.setattr(sender_module, "PATIENCE_S", 0.0)
    monkeypatch.setattr(sender_module, "FIRST_PAUSE_S", 0.0)


def put(sender: Sender, rows: int, **columns: Any) -> None:
    features = pd.DataFrame({"x": np.arange(float(rows)), **columns})
    sender.queue.put(features, pd.DataFrame({"no": [0.25] * rows, "yes": [0.75] * rows}))


def wait(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not reached():
        assert time.monotonic() < deadline, "it did not come so far"
        time.sleep(0.005)


def settled(sender: Sender) -> dict[str, int]:
    """Wait until nothing is pending; return what became of the rows."""
    wait(lambda: sender.counters.counts().pending == 0)
    counts = sender.counters.counts()
    assert counts.observed == counts.sent + sum(counts.dropped.values())
    return {"sent": counts.sent, **{reason: rows for reason, rows in counts.dropped.items() if rows}}


def test_rows_arrive_with_features_and_scores_in_order(service: Service, start: Callable[..., Sender]) -> None:
    sender = start(service.port)
    put(sender, 300)
    put(sender, 300)
    assert settled(sender) == {"sent": 600}
    assert list(service.rows.columns) == ["x", "no", "yes"]
    assert service.rows["x"].tolist() == [*range(300), *range(300)]
    assert service.types == [wire.ARROW]
    assert sender.counters.counts().last_success > 0


@pytest.mark.usefixtures("at_once")
def test_a_few_rows_need_not_wait_for_more(service: Service, start: Callable[..., Sender]) -> None:
    sender = start(service.port)
    put(sender, 1)
    assert settled(sender) == {"sent": 1}


def test_json_where_it_is_asked_for(service: Service, start: Callable[..., Sender]) -> None:
    sender = start(service.port, format="json")
    put(sender, 600, gap=[None, *range(599)])
    settled(sender)
    assert service.types == [wire.JSON]
    assert np.isnan(service.rows["gap"][0])


@pytest.mark.parametrize("status", [400, 415, 500])
def test_a_service_that_reads_no_arrow_gets_json(service: Service, start: Callable[..., Sender], status: int) -> None:
    service.answer = lambda number, media_type: status if media_type == wire.ARROW else 200
    sender = start(service.port)
    for _ in range(3):
        put(sender, 500)
    assert settled(sender) == {"sent": 1500}
    assert service.types[0] == wire.ARROW
    assert set(service.types[1:]) == {wire.JSON}


def test_a_column_of_mixed_types_goes_as_json(service: Service, start: Callable[..., Sender]) -> None:
    sender = start(service.port)
    put(sender, 600, odd=[1, "one"] * 300)
    assert settled(sender) == {"sent": 600}
    assert service.types == [wire.JSON]
    assert service.rows["odd"].tolist() == [1, "one"] * 300


def test_calls_with_other_columns_go_in_messages_of_their_own(service: Service, start: Callable[..., Sender]) -> None:
    sender = start(service.port)
    put(sender, 200)
    put(sender, 200, z=1)
    put(sender, 200, z=["a"] * 200)
    assert settled(sender) == {"sent": 600}
    assert [list(message.table.columns) for message in service.messages] == [
        ["x", "no", "yes"],
        ["x", "z", "no", "yes"],
    ]
    assert service.messages[1].table["z"].tolist() == [1] * 200 + ["a"] * 200


def test_a_feature_with_the_name_of_a_label_keeps_it(service: Service, start: Callable[..., Sender]) -> None:
    sender = start(service.port)
    put(sender, 500, yes=[1.0] * 500)
    settled(sender)
    assert list(service.rows.columns) == ["x", "yes", "no", "yes (score)"]


def test_row_ids_travel_beside_the_rows(service: Service, start: Callable[..., Sender]) -> None:
    sender = start(service.port, row_id="order")
    large = 2**60
    put(sender, 500, order=range(large, large + 500))
    settled(sender)
    assert service.messages[0].ids == [str(number) for number in range(large, large + 500)]
    assert "order" not in service.rows


def test_a_sample_is_sent_and_the_rest_counted(service: Service, start: Callable[..., Sender]) -> None:
    sender = start(service.port, sample=0.25)
    for _ in range(8):
        put(sender, 500)
    found = settled(sender)
    assert found["sent"] + found["sampled"] == 4000
    assert 800 < found["sent"] < 1200
    assert len(service.rows) == found["sent"]


@pytest.mark.usefixtures("at_once")
def test_a_failure_that_passes_is_tried_again(service: Service, start: Callable[..., Sender]) -> None:
    service.answer = lambda number, media_type: 503 if number < 3 else 202
    sender = start(service.port)
    put(sender, 10)
    assert settled(sender) == {"sent": 10}
    assert len(service.types) == 3


@pytest.mark.usefixtures("at_once")
def test_a_failure_that_stays_is_given_up(
    service: Service, start: Callable[..., Sender], caplog: pytest.LogCaptureFixture
) -> None:
    service.answer = lambda number, media_type: 503
    sender = start(service.port)
    put(sender, 10)
    assert settled(sender) == {"sent": 0, "unreachable": 10}
    assert len(service.types) == sender_module.ATTEMPTS
    put(sender, 10)
    assert settled(sender) == {"sent": 0, "unreachable": 20}
    assert len(service.types) == sender_module.ATTEMPTS + 1, "while it is away, each message is tried once"
    assert caplog.text.count("could not be handed on") == 1, "the same trouble is logged once a minute"
    assert "Predictions are not affected. So far: 10 rows observed" in caplog.text
    service.answer = lambda number, media_type: 202
    put(sender, 10)
    assert settled(sender) == {"sent": 10, "unreachable": 20}


def test_rows_that_are_refused_are_not_tried_again(service: Service, start: Callable[..., Sender]) -> None:
    service.answer = lambda number, media_type: 400
    sender = start(service.port, format="json")
    put(sender, 500)
    assert settled(sender) == {"sent": 0, "rejected": 500}
    assert len(service.types) == 1


def test_a_slow_service_is_not_waited_for(service: Service, start: Callable[..., Sender]) -> None:
    service.answer = lambda number, media_type: 0
    sender = start(service.port, timeout=0.05, queue_rows=1000)
    for _ in range(20):
        put(sender, 500)
    found = settled(sender)
    assert set(found) <= {"sent", "timeout", "queue_full"}
    assert found["sent"] == 0


@pytest.mark.usefixtures("at_once")
def test_nobody_there(start: Callable[..., Sender]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    sender = start(port)
    put(sender, 500)
    assert settled(sender) == {"sent": 0, "unreachable": 500}


@pytest.mark.usefixtures("at_once")
def test_an_idle_connection_that_was_closed_is_opened_again(service: Service, start: Callable[..., Sender]) -> None:
    sender = start(service.port)
    put(sender, 1)
    settled(sender)
    connection = sender._post._connection
    assert connection is not None
    connection.sock.shutdown(socket.SHUT_RDWR)
    put(sender, 1)
    assert settled(sender) == {"sent": 2}


def test_closing_sends_what_waits(service: Service, start: Callable[..., Sender]) -> None:
    sender = start(service.port)
    put(sender, 7)
    sender.close()
    assert settled(sender) == {"sent": 7}


def test_closing_gives_up_what_cannot_be_sent(service: Service, start: Callable[..., Sender]) -> None:
    service.answer = lambda number, media_type: 0
    sender = start(service.port, timeout=20.0)
    for _ in range(3):
        put(sender, 500)
    wait(lambda: bool(service.types))
    sender.close(patience=0.05)
    assert settled(sender) == {"sent": 0, "shutdown": 1500}
    service.released.set()


def test_rows_that_nobody_can_read_are_counted(service: Service, start: Callable[..., Sender]) -> None:
    class Odd:
        def __str__(self) -> str:
            raise RuntimeError("odd")

    sender = start(service.port)
    put(sender, 500, odd=[Odd()] * 500)
    assert settled(sender) == {"sent": 0, "unreadable": 500}
    put(sender, 500)
    assert settled(sender) == {"sent": 500, "unreadable": 500}


def test_memory_stays_within_bounds_while_nobody_takes_rows(service: Service, start: Callable[..., Sender]) -> None:
    service.answer = lambda number, media_type: 0
    sender = start(service.port, timeout=20.0, queue_rows=1000)
    for _ in range(1000):
        put(sender, 100)
    counts = sender.counters.counts()
    assert counts.observed == 100_000
    assert counts.pending <= 1000 + 2 * sender_module.BATCH_ROWS
    service.released.set()


@pytest.mark.usefixtures("at_once")
def test_a_row_id_that_no_row_has_is_said_once(
    service: Service, start: Callable[..., Sender], caplog: pytest.LogCaptureFixture
) -> None:
    sender = start(service.port, row_id="idd")
    for sent in (3, 6):
        put(sender, 3, id=["a", "b", "c"])
        assert settled(sender) == {"sent": sent}
    assert caplog.text.count("The rows have no column 'idd', by which --monitor-row-id says") == 1
    assert "Their columns: x, id, no, yes." in caplog.text
    assert [message.ids for message in service.messages] == [None] * len(service.messages)
