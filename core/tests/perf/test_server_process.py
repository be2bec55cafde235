"""A server that is started as users do, and of which nothing is left in the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from drum.errors import ConfigError, LoadError, UnavailableError
from drum.perf.cases import Case
from drum.perf.load import send
from drum.perf.measuring import measure, measure_all
from drum.perf.process_memory import forget_peaks, peak_bytes
from drum.perf.server_process import ServerProcess, running_server
from drum.testing import CodeDir
from drum.trial.http_client import HttpClient

SCORE = "def score(data, model): return data[['a']] * 2.0\n"
SLOW = """
import time

def score(data, model):
    if data["a"].max() > 1:
        time.sleep(60)
    return data[["a"]] * 2.0
"""
HOLDING = """
import numpy as np

def score(data, model):
    np.ones(int(data["a"].max()) * 2**17)
    return data[["a"]] * 1.0
"""


def words(tmp_path: Path, code: str = SCORE, *more: str) -> list[str]:
    code_dir = CodeDir(tmp_path / "model", {"custom.py": code})
    return [f"--code-dir={code_dir.path}", "--target-type=regression", *more]


def case(*values: int, requests: int = 1) -> Case:
    bodies = tuple(f"a\n{value}\n".encode() for value in values)
    return Case(name="1 row", bodies=bodies, content_type="text/csv", requests=requests, rows=1)


def pids_of(server: ServerProcess) -> list[int]:
    return [process["pid"] for process in json.loads(server.read("/stats/"))["drum_info"]]


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that has ended, and that nobody has buried yet, does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        os.sched_yield()


def test_it_answers_and_is_gone_with_its_workers(tmp_path: Path) -> None:
    with running_server(words(tmp_path, SCORE, "--workers=2")) as server:
        pids = pids_of(server)
        assert len(pids) == 3
        with server.address("/predict/").client() as client:
            answer = client.post("/predict/", b"a\n3\n", "text/csv")
        assert (answer.status, json.loads(answer.body)) == (200, {"predictions": [6.0]})
    assert server.process.returncode == 0
    assert not any(map(is_alive, pids))


def test_all_workers_have_loaded_the_model(tmp_path: Path) -> None:
    """The second worker takes longer to load: until then, only the first one would answer."""
    code = "import pathlib, time\ndef load_model(code_dir):\n" \
           "    try: (pathlib.Path(code_dir) / 'first').open('x')\n    except FileExistsError: time.sleep(1)\n" \
           "    return 'model'\n"  # fmt: skip
    with running_server(words(tmp_path, code + SCORE, "--workers=2")) as server:
        assert b"\ndrum_ready_workers 2.0\n" in server.read("/metrics")


def test_workers_in_the_middle_of_work_end_too(tmp_path: Path) -> None:
    started = tmp_path / "model" / "started"
    code = SLOW.replace("time.sleep", f"open({str(started)!r}, 'w').close(); time.sleep")
    pids: list[int] = []

    def interrupt(count: int) -> None:
        if started.exists():
            raise KeyboardInterrupt

    def measured() -> None:
        with running_server(words(tmp_path, code)) as server:
            pids.extend(pids_of(server))
            send(case(7), server.address("/predict/"), concurrency=1, on_answer=interrupt)

    with pytest.raises(KeyboardInterrupt):
        measured()
    wait_until(lambda: len(pids) == 2 and not any(map(is_alive, pids)))


def test_a_model_that_cannot_be_loaded(tmp_path: Path) -> None:
    code = f"def load_model(code_dir): raise OSError('no key')\n{SCORE}"
    with pytest.raises(LoadError, match="no key"), running_server(words(tmp_path, code)):
        pytest.fail("it is not ready")


def test_options_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--workers"), running_server(words(tmp_path, SCORE, "--workers=x")):
        pytest.fail("it is not ready")


def test_environment_variables_do_not_move_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("ADDRESS", "0.0.0.0:1"), ("URL_PREFIX", "/models/7"), ("GRACE", "500")):
        monkeypatch.setenv(name, value)
    with running_server(words(tmp_path)) as server:
        assert server.read("/ping/")


def test_a_server_that_dies_is_told(tmp_path: Path) -> None:
    with running_server(words(tmp_path)) as server:
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        with pytest.raises(UnavailableError, match="does not answer"):
            server.read("/stats/")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_when_the_command_is_told_to_end(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "data.csv").write_text("a\n7\n")
    started = tmp_path / "model" / "started"
    code = SLOW.replace("time.sleep", f"open({str(started)!r}, 'w').close(); time.sleep")
    command = [sys.executable, "-m", "drum", "perf-test", *words(tmp_path, code), f"--input={tmp_path}/data.csv"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    try:
        wait_until(lambda: started.exists() or process.poll() is not None)
        servers = [pid for pid in descendants(process.pid) if pid != process.pid]
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == (130 if number is signal.SIGINT else 143)
    assert err == (b"drum: interrupted\n" if number is signal.SIGINT else b"drum: terminated\n")
    assert len(servers) == 2
    wait_until(lambda: not any(map(is_alive, servers)))


def descendants(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in descendants(int(child)))]


# ------------------------------------------------------------------------------------- measuring


def test_what_is_measured(tmp_path: Path) -> None:
    told: list[int] = []
    with running_server(words(tmp_path)) as server:
        result = measure(server, case(1, 2, requests=20), concurrency=4, on_answer=told.append)
        stats = json.loads(server.read("/stats/"))
    assert (len(result.seconds), result.failures, result.concurrency, result.rows) == (20, {}, 4, 1)
    assert told[-1] == 20
    assert all(0 < seconds < result.wall for seconds in result.seconds)
    assert set(result.stages) == {"queue", "read", "score", "write"}
    assert 0 < result.stages["score"] < result.mean
    assert result.memory is not None
    assert result.memory >= 0.9 * stats["mem_info"]["total_mb"] * 2**20


def test_failures_are_counted_by_what_they_say(tmp_path: Path) -> None:
    code = f"from drum import ModelHTTPError\n{SCORE}".replace(
        "return", "\n    if data['a'][0] == 1: raise ModelHTTPError('not 1', status_code=418)\n    return"
    )
    with running_server(words(tmp_path, code)) as server:
        result = measure(server, case(1, 2, requests=6), concurrency=1, on_answer=lambda count: None)
    assert (len(result.seconds), dict(result.failures)) == (3, {(418, "418 not 1"): 3})


def test_each_case_has_its_own_stages_and_peak_of_memory(tmp_path: Path) -> None:
    with running_server(words(tmp_path, HOLDING)) as server:
        small, large, again = measure_all(server, [case(1), case(300), case(1)], concurrency=1, connections=2)
    assert small.memory is not None
    assert large.memory is not None
    assert again.memory is not None
    assert large.memory - small.memory > 200 * 2**20
    assert large.memory - again.memory > 200 * 2**20


def test_processes_that_have_ended_have_no_memory() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    forget_peaks([process.pid])
    assert peak_bytes([process.pid]) is None
    assert peak_bytes([os.getpid()]) or not Path("/proc/self/status").exists()


def test_requests_are_sent_at_once(tmp_path: Path) -> None:
    """Each waits until three are there: one after the other, they would wait for ever."""
    code = "import os, pathlib\ndef score(data, model):\n    here = pathlib.Path(__file__).parent\n" \
           "    (here / f'worker{os.getpid()}').touch()\n" \
           "    while len(list(here.glob('worker*'))) < 3: os.sched_yield()\n" \
           "    return data[['a']] * 2.0"  # fmt: skip
    with running_server(words(tmp_path, code, "--workers=3", "--request-timeout=30")) as server:
        timed = send(case(1, requests=3), server.address("/predict/"), concurrency=3, on_answer=lambda count: None)
    assert [outcome.status for outcome in timed.outcomes] == [200] * 3


def test_a_server_that_dies_in_the_middle_fails_its_requests(tmp_path: Path) -> None:
    started = tmp_path / "model" / "started"
    code = SLOW.replace("time.sleep", f"open({str(started)!r}, 'w').close(); time.sleep")
    with running_server(words(tmp_path, code)) as server:

        def kill(count: int) -> None:
            if started.exists():
                os.kill(server.process.pid, signal.SIGKILL)

        timed = send(case(7), server.address("/predict/"), concurrency=1, on_answer=kill)
    assert [(outcome.status, outcome.message[:9]) for outcome in timed.outcomes] == [(0, "no answer")]


def test_clients_of_an_address(tmp_path: Path) -> None:
    with running_server(words(tmp_path)) as server, HttpClient("127.0.0.1", server.port, timeout=10) as client:
        assert client.get("/ping/").is_ok
