"""All of it: the real server, the real service and Prometheus on loopback; rows, and then shifted ones."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from drum.testing import CodeDir
from drum_monitor.bundle.prometheus import prometheus_files

PATIENCE_S = 90.0
ROWS, A_REQUEST = 5000, 250
DRUM = str(Path(sys.executable).with_name("drum"))
CONFIGURATION = """\
service:
  reference_path: references.parquet
  window_size: 500
  min_reference_size: 100
  calculation_period_sec: 0.2
  monitors: [data_drift, prediction_drift, data_quality]
"""


@dataclass
class System:
    """What runs: the addresses of server, service and Prometheus."""

    server: str
    service: str
    prometheus: str
    folder: Path

    def score(self, table: pd.DataFrame) -> None:
        for first in range(0, len(table), A_REQUEST):
            body = table[first : first + A_REQUEST].to_csv(index=False).encode()
            request = urllib.request.Request(f"{self.server}/predict/", body, {"Content-Type": "text/csv"})
            assert len(json.loads(fetch(request))["predictions"]) == A_REQUEST

    def query(self, expression: str) -> dict[frozenset[tuple[str, str]], float]:
        """Return the values of a query by their labels."""
        url = f"{self.prometheus}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        found = json.loads(fetch(url))["data"]["result"]
        return {frozenset(one["metric"].items()): float(one["value"][1]) for one in found}

    def value(self, expression: str) -> float | None:
        return next(iter(self.query(expression).values()), None)

    def firing(self) -> set[str]:
        alerts = json.loads(fetch(f"{self.prometheus}/api/v1/alerts"))["data"]["alerts"]
        return {one["labels"]["alertname"] for one in alerts if one["state"] == "firing"}


def fetch(request: str | urllib.request.Request) -> bytes:
    with urllib.request.urlopen(request, timeout=60) as answer:
        return bytes(answer.read())


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait(reached: Callable[[], object], what: str) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        with suppress(OSError):
            if reached():
                return
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(0.05)


@contextmanager
def running(name: str, folder: Path, *command: str, env: dict[str, str] | None = None) -> Iterator[None]:
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env={**os.environ, **(env or {})})
        try:
            yield
        finally:
            process.terminate()
            assert process.wait(PATIENCE_S) == 0, (folder / f"{name}.log").read_text()


def program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        must_be_there = os.geteuid() == 0 or "CI" in os.environ
        (pytest.fail if must_be_there else pytest.skip)(f"{name} is missing: `make system` installs it.")
    return path


def draw(random: np.random.Generator, rows: int) -> pd.DataFrame:
    return pd.DataFrame({"age": random.normal(size=rows), "income": random.exponential(size=rows)})


def write_prometheus(folder: Path, server: int, service: int) -> Path:
    """Write the bundle's configuration and rules, for these ports and a faster pace."""
    text = ""
    for name, content in prometheus_files("churn").items():
        path = folder / "prometheus" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    path = folder / "prometheus" / "prometheus.yaml"
    text = path.read_text().replace("inference:5000", f"127.0.0.1:{server}")
    text = text.replace("monitoring:5001", f"127.0.0.1:{service}").replace(": 15s", ": 1s")
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def random() -> np.random.Generator:
    return np.random.default_rng(21)


@pytest.fixture
def system(tmp_path: Path, model: CodeDir, random: np.random.Generator) -> Iterator[System]:
    prometheus = program("prometheus")
    draw(random, 5000).to_csv(tmp_path / "data.csv", index=False)
    words = ["--code-dir", model.path, "--input", tmp_path / "data.csv", "--output", tmp_path / "references.parquet"]
    subprocess.run([DRUM, "monitor", "reference", *words], check=True, capture_output=True)
    (tmp_path / "evidently.yaml").write_text(CONFIGURATION)
    ports = [free_port() for _ in range(3)]
    addresses = [f"127.0.0.1:{port}" for port in ports]
    config = write_prometheus(tmp_path, *ports[:2])
    monitor = {"DRUM_MONITOR": "1", "EVIDENTLY_HOST": "127.0.0.1", "EVIDENTLY_PORT": str(ports[1])}
    found = System(*(f"http://{address}" for address in addresses), tmp_path)
    with ExitStack() as stack:
        serve = (DRUM, "monitor", "serve", "--config", "evidently.yaml", "--address", addresses[1])
        stack.enter_context(running("service", tmp_path, *serve))
        server = (DRUM, "server", "--code-dir", str(model.path), "--address", addresses[0], "--workers", "2")
        stack.enter_context(running("server", tmp_path, *server, env=monitor))
        storage = f"--storage.tsdb.path={tmp_path / 'tsdb'}"
        listen = f"--web.listen-address={addresses[2]}"
        stack.enter_context(running("prometheus", tmp_path, prometheus, f"--config.file={config}", storage, listen))
        for url in (f"{found.server}/health/", f"{found.service}/health/", f"{found.prometheus}/-/ready"):
            wait(lambda url=url: fetch(url), url)
        yield found


def judged(system: System, windows: int) -> None:
    """Wait until Prometheus has seen the verdict on so many windows."""
    wait(lambda: (system.value("drum_monitor_windows_total") or 0) >= windows, f"window {windows}")


def test_shifted_rows_raise_the_metrics_of_their_columns_and_the_alert(
    system: System, random: np.random.Generator
) -> None:
    system.score(draw(random, ROWS))
    judged(system, ROWS // 500)
    assert system.query("drum_drift_detected == 1") == {}
    assert system.firing() == set()

    for window in range(4):
        system.score(draw(random, 500).assign(income=lambda table: table["income"] + 2.0))
        judged(system, ROWS // 500 + window + 1)
    system.score(draw(random, ROWS - 2000).assign(income=lambda table: table["income"] + 2.0))
    judged(system, 2 * ROWS // 500)
    wait(lambda: "DrumColumnDrift" in system.firing(), "the alert")
    drifting = {dict(labels)["column"] for labels in system.query("drum_drift_detected == 1")}
    assert drifting == {"income"}
    assert system.value('drum_drift_statistic{column="income",test="psi"} / drum_drift_threshold') > 5
    assert system.value('drum_monitor_state{state="drift"}') == 1

    for kind in ("observed", "sent"):
        wait(lambda kind=kind: system.value(f"drum_monitor_{kind}_rows_total") == 2 * ROWS, f"all rows {kind}")
    assert system.value("drum_monitor_received_rows_total") == 2 * ROWS
    assert system.value("sum(drum_monitor_dropped_rows_total)") == 0
    check_with_promtool(system)


def check_with_promtool(system: System) -> None:
    """Let Prometheus' own tool look at the configuration, the rules and what both services export."""
    promtool = program("promtool")
    folder = system.folder / "prometheus"
    subprocess.run([promtool, "check", "config", folder / "prometheus.yaml"], check=True, capture_output=True)
    rules = sorted((folder / "rules").iterdir())
    subprocess.run([promtool, "check", "rules", *rules], check=True, capture_output=True)
    for url in (system.server, system.service):
        metrics = fetch(f"{url}/metrics")
        checked = subprocess.run([promtool, "check", "metrics"], input=metrics, capture_output=True, check=False)
        ours = [line for line in checked.stderr.decode().splitlines() if "drum_monitor" in line or "drum_drift" in line]
        assert ours == []


def test_a_restart_of_the_service_keeps_the_window(tmp_path: Path, random: np.random.Generator) -> None:
    table = draw(random, 1000).assign(score=0.5)
    table.to_csv(tmp_path / "references.csv", index=False)
    text = CONFIGURATION.replace("references.parquet", "references.csv") + "prediction: [score]\n"
    (tmp_path / "evidently.yaml").write_text(text)
    address = f"127.0.0.1:{free_port()}"
    for rows in (table, table[:0]):
        command = (DRUM, "monitor", "serve", "--config", "evidently.yaml", "--address", address)
        with running("service", tmp_path, *command):
            wait(lambda: fetch(f"http://{address}/health"), "the service")
            if len(rows):
                body = json.dumps({"data": rows.to_numpy().tolist(), "columns": list(rows.columns)}).encode()
                fetch(urllib.request.Request(f"http://{address}/iterate", body, {"Content-Type": "application/json"}))
            wait(lambda: b"drum_monitor_window_rows 500.0" in fetch(f"http://{address}/metrics"), "the rows")


def test_a_killed_worker_s_rows_are_counted(tmp_path: Path, model: CodeDir, random: np.random.Generator) -> None:
    address, nobody = (f"127.0.0.1:{free_port()}" for _ in range(2))
    options = ("--monitor", "--monitor-host", "127.0.0.1", "--monitor-port", nobody.rpartition(":")[2])

    def metric(name: str) -> float:
        lines = fetch(f"http://{address}/metrics").decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name))

    with running("server", tmp_path, DRUM, "server", "--code-dir", str(model.path), "--address", address, *options):
        wait(lambda: fetch(f"http://{address}/health/"), "the server")
        found = System(f"http://{address}", "", "", tmp_path)
        found.score(draw(random, 2 * A_REQUEST))
        wait(lambda: metric("drum_monitor_observed_rows_total") == 2 * A_REQUEST, "the rows")
        (pid,) = [one["pid"] for one in json.loads(fetch(f"http://{address}/stats/"))["drum_info"][1:]]
        os.kill(pid, 9)
        wait(lambda: metric("drum_worker_restarts_total") == 1 and fetch(f"http://{address}/health/"), "another worker")
        found.score(draw(random, A_REQUEST))
        wait(lambda: metric("drum_monitor_observed_rows_total") == 3 * A_REQUEST, "all rows")
        dropped, queued = metric("drum_monitor_dropped_rows_total"), metric("drum_monitor_queue_rows")
        assert dropped + queued == 3 * A_REQUEST
