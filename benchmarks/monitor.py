"""What does the monitor cost? Throughput with it off, on, slow and dead; memory over many rows; the time of a verdict.

    python benchmarks/monitor.py --rounds 6 --seconds 2

Three servers of the same model, one worker process each, are asked in turns by wrk: one whose rows go to the real
monitoring service, one whose service takes five seconds an answer, one whose service is not there. Two servers that
were started with the same words differ by up to 7 % for as long as they live, with a monitor or without; so each is
compared with itself, while a signal keeps its worker from telling anybody what it scored. Servers are on core 0; wrk
and the services, which live elsewhere in earnest, on core 1. Medians of the ratios count. Beside the throughput
stands the same ratio of requests per second of CPU time, which others on the machine disturb less. Then counters must
add up.
"""

from __future__ import annotations

import argparse
import contextlib
import http.server
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

TARGET = 0.97
VERDICT_TARGET_MS = 100
VERDICT_COLUMNS, VERDICT_ROWS = 200, 10_000
MEMORY_ROWS = 100_000
MEMORY_TARGET_MB = 96
SLOW_S = 5.0
FEATURES = 14
Rates = tuple[float, float]
MODES = ("on", "slow", "dead")
DRAIN_S = 2.5
"""How long what waits may be sent before a server is asked again."""
SILENCER = """
import signal, sys

def switch(*_):
    seat = sys.modules["drum.plugins"].Seat
    seat.is_observed, seat.other = getattr(seat, "other", property(lambda self: False)), seat.is_observed

signal.signal(signal.SIGUSR2, switch)
"""
"""What Python imports at the start of each server: a signal then turns observers off and on."""
LUA = 'wrk.method = "POST"\nwrk.headers["Content-Type"] = "text/csv"\nwrk.body = io.open("{body}", "rb"):read("*a")\n'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=int, default=2, help="of load, with the monitor and without, in each round")
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 100], help="rows of a request")
    parser.add_argument("--connections", type=int, default=16)
    arguments = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("This needs wrk: apt-get install wrk")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}", flush=True)
    measure_verdict()
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        make_model(folder)
        servers = start_servers(folder, stack)
        for rows in arguments.rows:
            compare(servers, rows, arguments, folder)
        measure_memory(servers["dead"], folder)
        for mode in MODES:
            check_counters(mode, servers[mode])


# ------------------------------------------------------------------------------------------ a verdict


def measure_verdict() -> None:
    """Measure how long one verdict takes, with and without counting its rows."""
    from drum_monitor.drift.judging import judge
    from drum_monitor.drift.reference import make_reference
    from drum_monitor.roles import Roles

    random = np.random.default_rng(0)
    names = [f"x{number}" for number in range(VERDICT_COLUMNS)]
    reference = make_reference(
        pd.DataFrame(random.normal(size=(VERDICT_ROWS, VERDICT_COLUMNS)), columns=names),
        Roles(features=tuple(names), prediction=()),
    )
    window = pd.DataFrame(random.normal(size=(VERDICT_ROWS, VERDICT_COLUMNS)), columns=names)
    counting, judging = [], []
    for _ in range(7):
        started = time.perf_counter()
        tally = reference.counter.count(reference.counter.encode(window))
        counted = time.perf_counter()
        judge(reference.counter, reference.tally, tally, range(VERDICT_COLUMNS), 0.01 / VERDICT_COLUMNS)
        judging.append(1000 * (time.perf_counter() - counted))
        counting.append(1000 * (counted - started))
    print(
        f"verdict over {VERDICT_COLUMNS} columns x {VERDICT_ROWS:,} rows: {statistics.median(judging):.0f} ms "
        f"(at most {VERDICT_TARGET_MS}), and {statistics.median(counting):.0f} ms to count the rows as they come"
    )


# ----------------------------------------------------------------------------------------- the servers


def make_model(folder: Path) -> None:
    """Train a model, write it with its reference, and the bodies of requests."""
    import joblib
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    random = np.random.default_rng(1)
    names = [f"x{number}" for number in range(FEATURES)]
    data = pd.DataFrame(random.normal(size=(10_000, FEATURES)), columns=names)
    truth = np.where(data["x0"] + random.normal(size=len(data)) > 0, "yes", "no")
    (folder / "model").mkdir()
    joblib.dump(make_pipeline(StandardScaler(), LogisticRegression()).fit(data, truth), folder / "model/model.joblib")
    (folder / "model/model-metadata.yaml").write_text(
        "name: benchmark\ntype: inference\ntargetType: binary\n"
        "inferenceModel:\n  targetName: truth\n  positiveClassLabel: 'yes'\n  negativeClassLabel: 'no'\n"
    )
    data.to_csv(folder / "data.csv", index=False)
    drum = [Path(sys.executable).with_name("drum"), "monitor", "reference", "--code-dir", folder / "model"]
    subprocess.run(
        [*drum, "--input", folder / "data.csv", "--output", folder / "references.parquet"], check=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    (folder / "evidently.yaml").write_text(
        "service:\n  reference_path: references.parquet\n  window_size: 5000\n  calculation_period_sec: 5\n"
    )


def start_servers(folder: Path, stack: contextlib.ExitStack) -> dict[str, str]:
    """Start everything; return the address of each server."""
    os.sched_setaffinity(0, {1})
    ports = {"on": free_port(), "slow": stack.enter_context(slow_service()), "dead": free_port()}
    drum = str(Path(sys.executable).with_name("drum"))
    serve = ["monitor", "serve", "--config", str(folder / "evidently.yaml"), "--address", f"127.0.0.1:{ports['on']}"]
    stack.enter_context(running([drum, *serve]))
    wait_for(f"http://127.0.0.1:{ports['on']}/health/")
    (folder / "site").mkdir()
    (folder / "site" / "sitecustomize.py").write_text(SILENCER)
    return {mode: start_server(folder, ports[mode], drum, stack) for mode in MODES}


def start_server(folder: Path, monitor_port: int, drum: str, stack: contextlib.ExitStack) -> str:
    address = f"127.0.0.1:{free_port()}"
    command = ["taskset", "-c", "0", drum, "server", "--code-dir", str(folder / "model"), "--address", address]
    command += ["--monitor", "--monitor-host", "127.0.0.1", "--monitor-port", str(monitor_port)]
    stack.enter_context(running(command, PYTHONPATH=str(folder / "site")))
    wait_for(f"http://{address}/health/")
    return f"http://{address}"


@contextlib.contextmanager
def running(command: Sequence[str], **environment: str) -> Iterator[None]:
    process = subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@contextlib.contextmanager
def slow_service() -> Iterator[int]:
    """Answer every message, but only after some seconds; return the port."""

    class Slow(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(SLOW_S)
            with contextlib.suppress(OSError):
                self.send_response(202)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.1)
    sys.exit(f"{url} does not answer")


# ---------------------------------------------------------------------------------------- throughput


def compare(servers: dict[str, str], rows: int, arguments: argparse.Namespace, folder: Path) -> None:
    """Ask each server in turns with its monitor and without; print the medians of the ratios."""
    body = folder / f"{rows}.csv"
    body.write_text("".join((folder / "data.csv").read_text().splitlines(keepends=True)[: rows + 1]))
    script = folder / f"{rows}.lua"
    script.write_text(LUA.format(body=body))
    print(f"{rows:>4} rows a request (at least {TARGET})")
    for mode in MODES:
        load(servers[mode], script, 1, arguments.connections)
    ratios: dict[str, list[Rates]] = {mode: [] for mode in MODES}
    plain = []
    for number in range(arguments.rounds):
        for mode, server in servers.items():
            found = {}
            for told in (True, False) if number % 2 else (False, True):
                time.sleep(DRAIN_S)
                if not told:
                    switch_observers(server)
                found[told] = load(server, script, arguments.seconds, arguments.connections)
                if not told:
                    switch_observers(server)
            plain.append(found[False][0])
            ratios[mode].append((found[True][0] / found[False][0], found[True][1] / found[False][1]))
    for mode, values in ratios.items():
        rate, by_cpu = (statistics.median(column) for column in zip(*values, strict=True))
        print(f"{mode:>8}: {rate:.3f} of the throughput without, {by_cpu:.3f} by CPU time")
    print(f"          without: {statistics.median(plain):,.0f} requests/s", flush=True)


def switch_observers(server: str) -> None:
    """Keep the server's workers from telling observers, or let them tell again."""
    for pid in pids(server)[1:]:  # the first is the front
        os.kill(pid, signal.SIGUSR2)


def load(server: str, script: Path, seconds: int, connections: int) -> Rates:
    """Return the requests answered per second, all of them well, and per second of the server's CPU time."""
    before = cpu_seconds(server)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), f"{server}/predict/"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        sys.exit(f"{server} failed under load:\n{text}")
    used = cpu_seconds(server) - before
    requests = int(re.findall(r"(\d+) requests in", text)[0])
    return float(re.findall(r"Requests/sec:\s+([\d.]+)", text)[0]), requests / used


def cpu_seconds(server: str) -> float:
    """Return the CPU time that the server's processes have used."""
    ticks = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13] for pid in pids(server)]
    return sum(int(tick) for pair in ticks for tick in pair) / os.sysconf("SC_CLK_TCK")


def pids(server: str) -> list[int]:
    """Return the processes of a server, its front first."""
    with urllib.request.urlopen(f"{server}/stats/", timeout=10) as answer:
        return [int(process["pid"]) for process in json.load(answer)["drum_info"]]


# ------------------------------------------------------------------------------- memory and counters


def measure_memory(server: str, folder: Path) -> None:
    """Have many rows scored that nobody takes; the workers must not grow with them."""
    body = "".join((folder / "data.csv").read_text().splitlines(keepends=True)[:1001]).encode()
    before = metric(server, "drum_workers_resident_bytes")
    most = before
    for _ in range(MEMORY_ROWS // 1000):
        request = urllib.request.Request(f"{server}/predict/", body, {"Content-Type": "text/csv"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()
        most = max(most, metric(server, "drum_workers_resident_bytes"))
    grown = (most - before) / 2**20
    print(f"memory: {grown:.0f} MB more for {MEMORY_ROWS:,} rows that nobody takes (at most {MEMORY_TARGET_MB})")


def metric(server: str, name: str) -> float:
    """Return the sum of a metric over its labels."""
    with urllib.request.urlopen(f"{server}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if re.match(rf"{name}[ {{]", line))


def check_counters(mode: str, server: str) -> None:
    """Print the counters, and whether they add up."""
    kinds = ("observed_rows_total", "sent_rows_total", "dropped_rows_total", "queue_rows")
    counts = {kind: int(metric(server, f"drum_monitor_{kind}")) for kind in kinds}
    observed, *others = counts.values()
    print(f"{mode:>5}: {json.dumps(counts)}: {'adds up' if observed == sum(others) > 0 else 'DOES NOT ADD UP'}")


if __name__ == "__main__":
    main()
