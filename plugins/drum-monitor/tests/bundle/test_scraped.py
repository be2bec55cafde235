"""The bundle as it runs: its start scripts, and a real Prometheus with its configuration. Every query of every
dashboard has something to show, a column that is shifted raises the alarm, and no other does."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from bundle_processes import answers, free_port, post, running, wait_until

from drum_monitor.bundle.boards import BOARDS
from drum_monitor.bundle.panels import Board, Variable
from drum_monitor.bundle.recording_rules import recording_groups

pytestmark = pytest.mark.skipif(shutil.which("prometheus") is None, reason="Debian's prometheus is not installed")

ROWS = 5000
SHIFTED = "mean radius"


class Running:
    """The two services and Prometheus, which asks as Grafana does."""

    def __init__(self) -> None:
        self.ports = {name: free_port() for name in ("inference", "monitoring", "prometheus")}

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def ask(self, path: str, **parameters: str) -> Any:
        address = f"{self.url('prometheus')}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(address, timeout=30) as answer:
            return json.load(answer)["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("query", query=expression)["result"]
        return found

    def value(self, expression: str) -> float:
        """Return the one value of an expression; 0 if there is none."""
        return sum(float(found["value"][1]) for found in self.query(expression))

    def columns(self, expression: str) -> set[str]:
        return {found["metric"]["column"] for found in self.query(expression)}

    def first_choice(self, variable: Variable) -> str:
        """Return what Grafana chooses when the board is opened."""
        found = re.fullmatch(r"label_values\((.*), (\w+)\)", variable.query)
        assert found is not None
        return str(self.ask(f"label/{found[2]}/values", **{"match[]": found[1]})[0])


@pytest.fixture(scope="module")
def services(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Start what the bundle holds; no row has been sent yet."""
    folder = tmp_path_factory.mktemp("running")
    shutil.copytree(bundle, folder, dirs_exist_ok=True)  # the monitoring service keeps its state in it
    services = Running()
    with ExitStack() as stack:
        for name in ("monitoring", "inference"):
            environment = _environment(
                ADDRESS=f"127.0.0.1:{services.ports[name]}", EVIDENTLY_PORT=str(services.ports["monitoring"])
            )
            process = stack.enter_context(running(folder / name / "start_server.sh", env=environment))
            wait_until(lambda name=name: answers(f"{services.url(name)}/health/"), process)  # type: ignore[misc]
        config = _scraping_every_second(folder / "prometheus", services)
        words = (f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}", "--log.level=warn")
        address = f"--web.listen-address=127.0.0.1:{services.ports['prometheus']}"
        process = stack.enter_context(running("prometheus", *words, address, cwd=folder))
        wait_until(lambda: answers(f"{services.url('prometheus')}/-/ready"), process)
        # A counter must have been seen before it grows, or else it has not grown.
        counters = '{__name__=~"drum_scored_rows_total|drum_monitor_received_rows_total"}'
        wait_until(lambda: len(services.query(counters)) == 2)
        yield services


def _environment(**variables: str) -> dict[str, str]:
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", **variables}


def _scraping_every_second(folder: Path, services: Running) -> Path:
    """Change hosts and periods in the configuration: the rest stays as it is."""
    path = folder / "prometheus.yaml"
    config = yaml.safe_load(path.read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    for job in config["scrape_configs"]:
        job["static_configs"] = [{"targets": [f"127.0.0.1:{services.ports[job['job_name']]}"]}]
    path.write_text(yaml.safe_dump(config))
    return path


def _send(services: Running, rows: pd.DataFrame) -> None:
    """Have rows scored, and wait until the last one has been compared and scraped."""
    before = services.value("drum_monitor_received_rows_total")
    for first in range(0, len(rows), 1000):
        body = rows[first : first + 1000].drop(columns="diagnosis").to_csv(index=False).encode()
        assert post(f"{services.url('inference')}/predict/", body)[0] == 200
    wait_until(lambda: services.value("drum_monitor_received_rows_total") == before + len(rows))
    judged = (before + len(rows)) // 200
    wait_until(lambda: services.value("drum_monitor_windows_total") == judged)


@pytest.fixture(scope="module")
def drifted(services: Running, labelled: pd.DataFrame) -> dict[str, set[str]]:
    """Send rows like the reference's, then rows with one column shifted; return the columns that drifted each time."""
    rows = labelled.sample(2 * ROWS, replace=True, random_state=1, ignore_index=True)
    rows["id"] = [f"row-{number}" for number in range(2 * ROWS)]
    drifting = 'drum_drift_detected{role="feature"} == 1'
    _send(services, rows[:ROWS])
    found = {"alike": services.columns(drifting)}
    shifted = rows[ROWS:].copy()
    shifted[SHIFTED] += shifted[SHIFTED].std()
    _send(services, shifted)
    labels = {"ids": shifted["id"].tolist(), "targets": shifted["diagnosis"].tolist()}
    assert post(f"{services.url('monitoring')}/feedback", json.dumps(labels).encode(), "application/json")[0] == 202
    wait_until(lambda: services.value("count(drum_performance)") > 0)
    return {**found, "shifted": services.columns(drifting)}


def test_the_shifted_column_drifts_and_no_other(drifted: dict[str, set[str]]) -> None:
    assert drifted == {"alike": set(), "shifted": {SHIFTED}}


@pytest.mark.usefixtures("drifted")
def test_the_alert_fires_for_that_column(services: Running) -> None:
    firing = 'ALERTS{alertname="DrumColumnDrift", alertstate="firing"}'
    wait_until(lambda: services.columns(firing) == {SHIFTED}, seconds=20)


@pytest.mark.usefixtures("drifted")
@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_every_panel_has_something_to_show(services: Running, board: Board) -> None:
    chosen = {f"${variable.name}": services.first_choice(variable) for variable in board.variables}
    queries = [query.expression for panel in board.panels for query in panel.queries]
    for name, value in chosen.items():
        queries = [query.replace(name, value) for query in queries]
    _wait_for_data(services, queries)


@pytest.mark.usefixtures("drifted")
def test_every_recording_rule_records(services: Running) -> None:
    names = [rule["record"] for group in recording_groups("cancer") for rule in group["rules"]]
    names.remove("evidently:regression_performance:quality")  # the model tells classes
    _wait_for_data(services, names)


def _wait_for_data(services: Running, queries: list[str]) -> None:
    """Wait until each query returns something; what is scraped is evaluated a second later."""
    for query in queries:
        wait_until(lambda query=query: bool(services.query(query)), seconds=20, what=query)  # type: ignore[misc]


@pytest.mark.usefixtures("drifted")
def test_rules_are_evaluated_without_error(services: Running) -> None:
    rules = [rule for group in services.ask("rules")["groups"] for rule in group["rules"]]
    assert {rule["health"] for rule in rules} == {"ok"}, rules


@pytest.mark.usefixtures("drifted")
@pytest.mark.parametrize("name", ["inference", "monitoring"])
def test_promtool_finds_nothing_to_say_of_the_metrics(services: Running, name: str) -> None:
    with urllib.request.urlopen(f"{services.url(name)}/metrics", timeout=30) as answer:
        text = answer.read()
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")
