"""The routes of the service."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from starlette.testclient import TestClient

from drum_monitor import wire
from drum_monitor.reference import write_reference
from drum_monitor.roles import Roles
from drum_monitor.serving import engine as engine_module
from drum_monitor.serving.app import create_app
from drum_monitor.serving.command import open_engine
from drum_monitor.serving.configuration import Configuration
from drum_monitor.serving.judgement import State
from drum_monitor.serving.watch import Rows

Draw = Callable[..., pd.DataFrame]
EXPECTED = "Expected are 5 columns: age, income, plan, no, yes; the target 'churned' may follow."


@pytest.fixture
def client(configured: Callable[..., Configuration]) -> Iterator[TestClient]:
    with TestClient(create_app(open_engine(configured()))) as running:
        yield running


def post(client: TestClient, table: pd.DataFrame, **further: Any) -> Any:
    body = {"data": table.to_numpy().tolist(), "columns": list(table.columns), **further}
    return client.post("/iterate", content=json.dumps(body), headers={"Content-Type": "application/json"})


def metric(client: TestClient, name: str) -> float | None:
    """Return the value of a metric, or ``None`` if it is not there."""
    lines = client.get("/metrics").text.splitlines()
    return next((float(line.split()[-1]) for line in lines if line.startswith(f"{name} ")), None)


def wait(reached: Callable[[], bool]) -> None:
    """Wait until the background has come so far."""
    deadline = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < deadline, "the background did not come so far"
        time.sleep(0.01)


def test_rows_are_taken_judged_and_shown(client: TestClient, rows: Draw) -> None:
    assert metric(client, 'drum_monitor_state{state="warming"}') == 1
    answer = post(client, rows(200, shift=2.0))
    assert (answer.status_code, answer.json()) == (202, {"accepted": 200})
    wait(lambda: metric(client, 'drum_monitor_state{state="drift"}') == 1)
    assert metric(client, "drum_monitor_window_rows") == 200
    assert metric(client, "drum_monitor_received_rows_total") == 200
    assert metric(client, "drum_monitor_windows_total") == 1
    assert metric(client, "drum_drift_columns") == 1
    assert metric(client, "drum_drift_columns_ratio") == pytest.approx(1 / 6)
    assert metric(client, 'drum_drift_detected{column="age",role="feature",test="psi"}') == 1
    assert metric(client, 'drum_drift_detected{column="plan",role="feature",test="jensen_shannon"}') == 0
    assert metric(client, 'drum_data_quality_ratio{column="plan",kind="unseen"}') == 0
    assert client.get("/health/").json()["state"] == "drift"


def test_what_was_not_computed_is_not_there(client: TestClient, rows: Draw) -> None:
    post(client, rows(20))
    wait(lambda: metric(client, "drum_monitor_window_rows") == 20)
    text = client.get("/metrics").text
    assert [
        name for name in ("drum_drift", "drum_data_quality", "drum_performance", "last_window") if name in text
    ] == []


def test_arrow_and_json_say_the_same(client: TestClient, rows: Draw) -> None:
    table = rows(50)
    headers = {"Content-Type": wire.ARROW}
    assert client.post("/iterate/", content=wire.to_arrow(table), headers=headers).json() == {"accepted": 50}
    assert client.post("/iterate", content=wire.to_json(table)).json() == {"accepted": 50}


def test_rows_without_names_are_read_in_the_reference_s_order(client: TestClient, rows: Draw) -> None:
    data = rows(3).to_numpy().tolist()
    assert client.post("/iterate", json={"data": data}).status_code == 202
    assert client.post("/iterate", json={"data": [[*row, "yes"] for row in data]}).status_code == 202
    answer = client.post("/iterate", json={"data": [[1, 2]]})
    assert answer.json()["message"] == f"ERROR: Each row has 2 values. {EXPECTED}"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"[1, 2]", "The body must be a JSON object."),
        (b"{", "The body is no JSON"),
        (b"\xff", "The body is no JSON"),
        (b'{"data": 3}', 'The body must be {"data"'),
        (b'{"data": [1]}', 'The body must be {"data"'),
        (b'{"data": [[1], [1, 2]]}', "Row 1 has 2 values, but row 0 has 1."),
        (b'{"data": [[1, 2]], "columns": ["a"]}', "'columns' must be a list of 2 different names"),
        (b'{"data": [[1, 2]], "columns": ["a", "a"]}', "'columns' must be a list of 2 different names"),
        (b'{"data": [[1, 2]], "columns": ["a", "b"]}', "The rows lack 'age', 'income', 'plan', 'no', 'yes'."),
        (b'{"data": [[1]], "columns": ["a"], "ids": []}', "'ids' must be a list of 1"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_the_expected_columns(
    client: TestClient, body: bytes, message: str
) -> None:
    answer = client.post("/iterate", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(f"ERROR: {message}")
    assert answer.json()["message"].endswith(EXPECTED)
    assert answer.json()["columns"] == ["age", "income", "plan", "no", "yes"]


def test_what_is_no_arrow_is_refused(client: TestClient) -> None:
    answer = client.post("/iterate", content=b"nonsense", headers={"Content-Type": wire.ARROW})
    assert (answer.status_code, answer.json()["message"][:34]) == (400, "ERROR: The body is no Arrow stream")


def test_other_formats_and_large_messages_are_refused(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.post("/iterate", content=b"a\n1", headers={"Content-Type": "text/csv"}).status_code == 415
    monkeypatch.setattr("drum_monitor.serving.app.MOST_BYTES", 10)
    assert client.post("/iterate", content=b'{"data": [[1]]}').status_code == 413


def test_a_full_inbox_is_said_so(client: TestClient, rows: Draw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "INBOX_ROWS", 0)
    monkeypatch.setattr(engine_module.Engine, "_fold_one", lambda self, patience: self._inbox.empty() and False)
    statuses = {post(client, rows(10)).status_code for _ in range(3)}
    monkeypatch.undo()
    assert 503 in statuses


def test_labels_by_row_id(client: TestClient, rows: Draw) -> None:
    ids = [f"r{number}" for number in range(100)]
    post(client, rows(100), ids=ids)
    wait(lambda: metric(client, "drum_label_coverage_ratio") == 0)
    answer = client.post("/feedback", json={"ids": ids[:50], "targets": ["yes"] * 50})
    assert (answer.status_code, answer.json()) == (202, {"accepted": 50})
    wait(lambda: metric(client, "drum_label_coverage_ratio") == 0.5)


@pytest.mark.parametrize(
    "body", [{"ids": ["a"]}, {"ids": ["a"], "targets": []}, {"ids": ["a"], "targets": [None]}, [1]]
)
def test_labels_that_cannot_be_taken_are_refused(client: TestClient, body: object) -> None:
    assert client.post("/feedback", json=body).status_code == 400


def test_labels_without_a_row_are_counted(client: TestClient, rows: Draw) -> None:
    assert metric(client, "drum_monitor_unmatched_labels_total") == 0
    post(client, rows(3), ids=["a", "b", "c"])
    client.post("/feedback", json={"ids": ["a", "x", "y"], "targets": ["yes", "no", "no"]})
    wait(lambda: metric(client, "drum_monitor_unmatched_labels_total") == 2)
    assert client.get("/health/").json()["unmatched_labels"] == 2


@pytest.fixture
def of_numbers(configured: Callable[..., Configuration], random: Any) -> Iterator[TestClient]:
    """Return the service of a model that predicts a number."""
    values = random.normal(size=300)
    table = pd.DataFrame({"x": values, "Predictions": values, "y": values})
    configuration = configured(monitors=("regression_performance",))
    write_reference(
        table, Roles(features=("x",), prediction=("Predictions",), target="y"), configuration.reference_path
    )
    with TestClient(create_app(open_engine(configuration))) as running:
        post(running, table[["x", "Predictions"]].head(40), ids=[str(number) for number in range(40)])
        wait(lambda: metric(running, "drum_label_coverage_ratio") == 0)
        yield running


@pytest.mark.parametrize("target", ["high", "", "nan", float("inf"), pytest.param(10**400, id="huge")])
def test_a_label_that_is_no_number_is_refused_where_the_model_predicts_one(of_numbers: TestClient, target: Any) -> None:
    body = json.dumps({"ids": ["0", "1"], "targets": [1.5, target]})
    answer = of_numbers.post("/feedback", content=body)
    assert (answer.status_code, "a target must be one, not" in answer.json()["message"]) == (400, True)
    assert of_numbers.post("/feedback", json={"ids": ["2", "3"], "targets": [1, "2.5"]}).status_code == 202
    wait(lambda: metric(of_numbers, "drum_label_coverage_ratio") == 2 / 40)


def test_a_longer_period_delays_the_verdict(configured: Callable[..., Configuration], table: pd.DataFrame) -> None:
    configuration = configured(calculation_period_sec=0.01)
    soon = open_engine(configuration)
    late = open_engine(
        replace(configuration, calculation_period_sec=3600.0, state_path=configuration.state_path / "late")
    )
    for engine in (late, soon):
        engine.start()
    late.offer(Rows(table[:200]))
    wait(lambda: late.watch.judged_rows == 200)
    for judged in range(1, 4):
        soon.offer(Rows(table[:200]))
        wait(lambda judged=judged: soon.shown.windows == judged)
    assert (late.shown.judgement.state, late.shown.judgement.window_rows) == (State.WARMING, 0)
    for engine in (late, soon):
        engine.stop()
    assert late.shown.judgement.window_rows == 200  # the end waits for no period


def test_rows_that_cannot_be_counted_do_not_end_the_service(
    client: TestClient, rows: Draw, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from drum_monitor.serving.watch import Watch

    def broken(self: Watch, *_: object) -> None:
        raise RuntimeError("broken")

    with monkeypatch.context() as patched:
        patched.setattr(Watch, "take", broken)
        post(client, rows(10))
        wait(lambda: "Rows could not be counted" in caplog.text)
    with monkeypatch.context() as patched:
        patched.setattr(Watch, "judge", broken)
        post(client, rows(100))
        wait(lambda: metric(client, 'drum_monitor_state{state="error"}') == 1)
    post(client, rows(10))
    wait(lambda: metric(client, 'drum_monitor_state{state="ok"}') == 1)


def test_many_columns_are_shown_to_a_bound(configured: Callable[..., Configuration], random: Any) -> None:
    from drum_monitor.drift.reference import make_reference
    from drum_monitor.serving import state
    from drum_monitor.serving.engine import Engine
    from drum_monitor.serving.watch import Watch

    names = [f"x{number}" for number in range(300)]
    table = pd.DataFrame(random.normal(size=(200, 300)), columns=names)
    watch = Watch(configured(), make_reference(table, Roles(features=tuple(names), prediction=())))
    watch.take(Rows(table))
    engine = Engine(watch, state.prepare(watch.configuration.state_path))
    with TestClient(create_app(engine)) as client:
        lines = client.get("/metrics").text.splitlines()
    assert len([line for line in lines if line.startswith("drum_drift_statistic{") and 'test="psi"' in line]) == 200
    assert "drum_drift_columns_ratio 0.0" in lines
