"""Whatever is sent, the caller is told what is wrong with it, and no worker dies of it."""

from __future__ import annotations

import http.client
import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import joblib
import pytest
from environments import Environment
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from malformed import FRAME, Body, bombs, malformed_bodies, real_bodies, restarts
from servers import Server, serving
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

DAMAGED, INVENTED = 10_000, 2_000
CLIENTS = 4
REFUSALS = {400, 413, 415, 422}
MOST_SECONDS = 5
MOST_BYTES = 2**30


@pytest.fixture(scope="module")
def server(with_sklearn: Environment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("model")
    model = make_pipeline(SimpleImputer(), LinearRegression()).fit(FRAME[["0", "1"]], FRAME["1"])
    joblib.dump(model, folder / "model.joblib")
    with serving(with_sklearn, folder, "--target-type", "regression") as running:
        yield running


def statuses(server: Server, bodies: Iterable[Body]) -> Iterator[tuple[int, bytes, Body]]:
    """Send bodies over one connection after the other, each as long as it lasts."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
    for body in bodies:
        connection.request("POST", "/predict/", body.content, body.headers)
        answer = connection.getresponse()
        yield answer.status, answer.read(), body
    connection.close()


def is_fair(status: int, content: bytes) -> bool:
    """Tell whether it is an answer, a refusal, or a failure that is the model's own, which the document declares."""
    return status in REFUSALS | {200} or (status == 500 and b"Runtime 'sklearn' failed to make predictions" in content)


def check_is_well(server: Server) -> None:
    """Check that no worker has died, and that rows are scored as if nothing had been."""
    assert restarts(server) == 0
    started = time.monotonic()
    ((status, content, _),) = statuses(server, [Body("text/csv", b"0,1\n1,2\n")])
    assert (status, list(json.loads(content))) == (200, ["predictions"])
    assert time.monotonic() - started < 1


def test_sound_bodies_are_scored(server: Server) -> None:
    refused = [(body, content) for status, content, body in statuses(server, real_bodies()) if status != 200]
    assert refused == []


def test_bombs_are_refused_cheaply(server: Server) -> None:
    wrong: dict[str, object] = {}
    for name, body in bombs().items():
        started = time.monotonic()
        ((status, content, _),) = statuses(server, [body])
        seconds = time.monotonic() - started
        if status not in (413, 422) or seconds > MOST_SECONDS:
            wrong[name] = status, content[:200], seconds
    assert wrong == {}
    assert most_memory(server) < MOST_BYTES
    check_is_well(server)


def most_memory(server: Server) -> int:
    """Return the bytes that the front, or a worker, has held at the most."""
    statuses = [Path(f"/proc/{pid}/status").read_text() for pid in (server.process.pid, *server.worker_pids())]
    return max(int(found) * 1024 for text in statuses for found in re.findall(r"VmHWM:\s*(\d+) kB", text))


def test_damaged_bodies(server: Server) -> None:
    def send(client: int) -> list[tuple[int, bytes, Body]]:
        return list(statuses(server, malformed_bodies(DAMAGED // CLIENTS, seed=client)))

    with ThreadPoolExecutor(CLIENTS) as clients:
        answers = [answer for some in clients.map(send, range(CLIENTS)) for answer in some]
    counts = Counter(status for status, _, _ in answers)
    assert [answer for answer in answers if not is_fair(*answer[:2])] == []
    assert sum(counts.values()) == DAMAGED
    assert counts[422] > DAMAGED / 2
    check_is_well(server)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("01c") | st.text(), inner, max_size=3),
    max_leaves=12,
)
pieces = st.lists(
    st.sampled_from(["0", "1", ",", ";", "\n", "\r\n", '"', '""', "1", "-", ".5", "e9", "é", "\0", " ", "NA"])
)
invented = st.one_of(
    st.builds(Body, st.just("text/csv"), st.binary()),
    st.builds(Body, st.just("text/csv"), pieces.map(lambda found: "".join(found).encode())),
    st.builds(Body, st.just("text/csv"), pieces.map(lambda found: ("0,1\n" + "".join(found)).encode())),
    st.builds(Body, st.just("application/json"), json_values.map(lambda value: json.dumps(value).encode())),
    st.builds(Body, st.just("text/mtx"), st.binary().map(lambda tail: b"%%MatrixMarket matrix coordinate " + tail)),
    st.builds(Body, st.sampled_from(["multipart/form-data", "multipart/form-data; boundary=x"]), st.binary()),
    st.builds(Body, st.sampled_from([body.media_type for body in real_bodies()]), st.binary()),
    st.builds(Body, st.text(st.characters(codec="latin-1", exclude_categories=["C"])), st.just(b"0,1\n1,2\n")),
)  # fmt: skip


def test_invented_bodies(server: Server) -> None:
    @given(body=invented)
    @settings(
        max_examples=INVENTED, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    def send(body: Body) -> None:
        ((status, content, _),) = statuses(server, [body])
        assert is_fair(status, content), content

    send()
    check_is_well(server)
