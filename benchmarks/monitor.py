"""What does the monitor cost? Throughput with it off, on, slow and dead; memory over many rows; the time of a verdict.

    python benchmarks/monitor.py --seconds 60

Three servers of the same model, one worker process each, are asked in turns by wrk: one whose rows go to the real
monitoring service, one whose service takes five seconds an answer, one whose service is not there. Two servers that
were started with the same words differ by up to 7 % for as long as they live, and this machine's speed changes by more
from second to second; so each server is compared with itself: ten times a second a signal stops its worker from
telling anybody what it scored, or lets it tell again, and what wrk has received in each kind of slice is added up.
What the sender has worked falls into both kinds, so its share of the time is taken off. Servers are on core 0; wrk and
the services, which live elsewhere in earnest, on core 1. Then counters must add up.
"""

from __future__ import annotations

import argparse
import contextlib
import http.server
import json
import os
import random
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
from typing import Any

import numpy as np
import pandas as pd

TARGET = 0.97
VERDICT_TARGET_MS = 100
VERDICT_COLUMNS, VERDICT_ROWS = 200, 10_000
MEMORY_ROWS = 100_000
MEMORY_TARGET_MB = 96
SLOW_S = 5.0
FEATURES = 14
MODES = ("on", "slow", "dead")
SLICE_S = (0.05, 0.15)
"""How long a server is asked until its observers are switched, at random between these, so that nothing keeps step."""
WARM_UP_S = 3
SILENCER = """
import os, pathlib, signal, sys, threading

def switch(*_):
    seat = sys.modules["drum.plugins"].Seat
    seat.is_observed, seat.other = getattr(seat, "other", property(lambda self: False)), seat.is_observed
    for thread in threading.enumerate():
        if thread.name == "drum-monitor-sender":
            (pathlib.Path(__file__).parent / f"{os.getpid()}.sender").write_text(str(thread.native_id))

signal.signal(signal.SIGUSR2, switch)
"""
"""What Python imports at the start of each server: a signal then turns observers off and on, and says who sends."""
Rates = np.ndarray[Any, Any]
LUA = 'wrk.method = "POST"\nwrk.headers["Content-Type"] = "text/csv"\nwrk.body = io.open("{body}", "rb"):read("*a")\n'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="of load for each server and size of requests")
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
    """Ask each server with its monitor and without, slice by slice; print the ratios."""
    body = folder / f"{rows}.csv"
    body.write_text("".join((folder / "data.csv").read_text().splitlines(keepends=True)[: rows + 1]))
    script = folder / f"{rows}.lua"
    script.write_text(LUA.format(body=body))
    print(f"{rows:>4} rows a request (at least {TARGET})")
    for mode, server in servers.items():
        with load(server, script, arguments.seconds + WARM_UP_S, arguments.connections) as wrk:
            time.sleep(WARM_UP_S - 0.5)
            _front, worker = pids(server)
            told, silent, sending = measure_slices(worker, wrk.pid, arguments.seconds - 1, folder / "site")
        ratio = told.mean() / silent.mean() * (1 - sending)
        error = ratio * float(np.hypot(*(np.std(part) / np.mean(part) / np.sqrt(len(part)) for part in (told, silent))))
        print(
            f"{mode:>8}: {ratio:.3f} of the throughput without (standard error {error:.3f}); "
            f"the sender worked {100 * sending:.2f} % of the time",
            flush=True,
        )


def measure_slices(worker: int, wrk: int, seconds: float, site: Path) -> tuple[Rates, Rates, float]:
    """Switch a worker's observers again and again.

    :returns: bytes that wrk got a second in each slice with observers and in each without; the sender's share of time.
    """
    rates: dict[bool, list[float]] = {True: [], False: []}
    os.kill(worker, signal.SIGUSR2)
    told = False
    time.sleep(0.1)
    sender = int((site / f"{worker}.sender").read_text())
    started, worked = time.perf_counter(), cpu_seconds(worker, sender)
    while (now := time.perf_counter()) < started + seconds:
        received = bytes_received(wrk)
        time.sleep(random.uniform(*SLICE_S))
        rates[told].append((bytes_received(wrk) - received) / (time.perf_counter() - now))
        os.kill(worker, signal.SIGUSR2)
        told = not told
    share = (cpu_seconds(worker, sender) - worked) / (time.perf_counter() - started)
    if not told:
        os.kill(worker, signal.SIGUSR2)
    return np.array(rates[True]), np.array(rates[False]), share


@contextlib.contextmanager
def load(server: str, script: Path, seconds: int, connections: int) -> Iterator[subprocess.Popen[str]]:
    """Ask a server as long as this lasts; every answer must be good."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), f"{server}/predict/"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as wrk:
        yield wrk
        text, _ = wrk.communicate()
    if "Non-2xx" in text or "Socket errors" in text:
        sys.exit(f"{server} failed under load:\n{text}")


def bytes_received(pid: int) -> int:
    """Return the bytes that a process has read so far."""
    return int(Path(f"/proc/{pid}/io").read_text().split()[1])


def cpu_seconds(pid: int, thread: int) -> float:
    """Return the CPU time that a thread has used."""
    return int(Path(f"/proc/{pid}/task/{thread}/schedstat").read_text().split()[0]) / 1e9


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
