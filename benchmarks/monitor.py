"""What does the monitor cost? Throughput with it off, on, slow and dead; memory over many rows; the time of a verdict.

    python benchmarks/monitor.py --rounds 3 --servers 8

Servers of the same model, one worker process each, are asked in turns by wrk, a second each: some without the
monitor, some whose rows go to the real monitoring service, some whose service takes five seconds an answer, some
whose service is not there. There are several of each kind, because two servers started with the same words differ by
some per cent for as long as they live; "off again" shows how much. Servers are on core 0; wrk and the services, which
live elsewhere in earnest, on core 1. Each ratio is to the server without the monitor that was asked just before or
after; medians count. Beside the throughput stands the same ratio of requests per second of CPU time, which others on
the machine disturb less. Then counters must add up, in each server.
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
MODES = ("off", "on", "slow", "dead", "off again")
Servers = list[dict[str, str]]
LUA = 'wrk.method = "POST"\nwrk.headers["Content-Type"] = "text/csv"\nwrk.body = io.open("{body}", "rb"):read("*a")\n'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--servers", type=int, default=8, help="servers of each kind")
    parser.add_argument("--seconds", type=int, default=1, help="of load on each server, in each round")
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
        servers = start_servers(folder, stack, arguments.servers)
        for rows in arguments.rows:
            compare(servers, rows, arguments, folder)
        measure_memory(servers[0]["dead"], folder)
        for mode in ("on", "slow", "dead"):
            for one in servers:
                check_counters(mode, one[mode])


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


def start_servers(folder: Path, stack: contextlib.ExitStack, count: int) -> Servers:
    """Start everything; return the addresses of one server of each kind, so many times."""
    os.sched_setaffinity(0, {1})
    ports = {"on": free_port(), "slow": stack.enter_context(slow_service()), "dead": free_port()}
    drum = str(Path(sys.executable).with_name("drum"))
    serve = ["monitor", "serve", "--config", str(folder / "evidently.yaml"), "--address", f"127.0.0.1:{ports['on']}"]
    stack.enter_context(running([drum, *serve]))
    wait_for(f"http://127.0.0.1:{ports['on']}/health/")
    return [{mode: start_server(folder, ports.get(mode), drum, stack) for mode in MODES} for _ in range(count)]


def start_server(folder: Path, monitor_port: int | None, drum: str, stack: contextlib.ExitStack) -> str:
    address = f"127.0.0.1:{free_port()}"
    command = ["taskset", "-c", "0", drum, "server", "--code-dir", str(folder / "model"), "--address", address]
    if monitor_port is not None:
        command += ["--monitor", "--monitor-host", "127.0.0.1", "--monitor-port", str(monitor_port)]
    stack.enter_context(running(command))
    wait_for(f"http://{address}/health/")
    return f"http://{address}"


@contextlib.contextmanager
def running(command: Sequence[str]) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
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


def compare(servers: Servers, rows: int, arguments: argparse.Namespace, folder: Path) -> None:
    """Ask the servers in turns; print the medians of the ratios."""
    body = folder / f"{rows}.csv"
    body.write_text("".join((folder / "data.csv").read_text().splitlines(keepends=True)[: rows + 1]))
    script = folder / f"{rows}.lua"
    script.write_text(LUA.format(body=body))
    ratios: dict[str, list[Rates]] = {mode: [] for mode in MODES[1:]}
    plain = []
    for number in range(-1, arguments.rounds):
        for one in servers:
            order = MODES[number % len(MODES) :] + MODES[: number % len(MODES)]
            found = {mode: load(one[mode], script, arguments.seconds, arguments.connections) for mode in order}
            if number < 0:  # they warm up
                continue
            plain.append(found["off"][0])
            for mode, values in ratios.items():
                values.append((found[mode][0] / found["off"][0], found[mode][1] / found["off"][1]))
    print(f"{rows:>4} rows a request: off {statistics.median(plain):,.0f} requests/s; of that (at least {TARGET})")
    for mode, values in ratios.items():
        throughput, by_cpu = (statistics.median(column) for column in zip(*values, strict=True))
        print(f"{mode:>10}: {throughput:.3f} of the throughput, {by_cpu:.3f} by CPU time", flush=True)


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
    with urllib.request.urlopen(f"{server}/stats/", timeout=10) as answer:
        pids = [process["pid"] for process in json.load(answer)["drum_info"]]
    ticks = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13] for pid in pids]
    return sum(int(tick) for pair in ticks for tick in pair) / os.sysconf("SC_CLK_TCK")


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
    """Print the counters, and whether they add up; rows of requests that wrk gave up at its end are observed too."""
    kinds = ("observed_rows_total", "sent_rows_total", "dropped_rows_total", "queue_rows")
    counts = {kind: int(metric(server, f"drum_monitor_{kind}")) for kind in kinds}
    scored = int(metric(server, "drum_scored_rows_total"))
    observed, *others = counts.values()
    verdict = "adds up" if observed == sum(others) >= scored else "DOES NOT ADD UP"
    print(f"{mode:>5}: {scored:,} rows scored, {json.dumps(counts)}: {verdict}")


if __name__ == "__main__":
    main()
