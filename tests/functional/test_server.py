"""``drum server`` as it is installed: a real port, real workers, signals and deaths."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from environments import REPOSITORY, Environment
from servers import Server, answers, serving, wait_until
from sklearn.linear_model import LinearRegression


@pytest.fixture
def code_dir(tmp_path: Path) -> Path:
    """A model that doubles: whatever row is sent, the right answer is known."""
    (tmp_path / "model").mkdir()
    joblib.dump(LinearRegression().fit(np.array([[0.0], [1.0]]), [0.0, 2.0]), tmp_path / "model" / "model.joblib")
    return tmp_path / "model"


REGRESSION = ("--target-type", "regression")


def test_example_over_http(with_sklearn: Environment) -> None:
    folder = REPOSITORY / "examples" / "binary"
    with serving(with_sklearn, folder / "model") as server:
        body = (folder / "input.csv").read_bytes()
        status, answer = server.ask(
            urllib.request.Request(f"{server.url}/predict/", body, {"Content-Type": "text/csv"})
        )
    expected = [line.split(",") for line in (folder / "expected.csv").read_text().splitlines()[1:]]
    got = [[row["benign"], row["malignant"]] for row in answer["predictions"]]
    assert status == 200
    assert np.allclose(np.array(expected, float), got, rtol=1e-12)


def test_plugins_left_out_take_no_part_in_workers(with_sklearn: Environment, code_dir: Path) -> None:
    """Wherever on the command line they are named: before the command they are easily lost."""
    with serving(with_sklearn, code_dir, *REGRESSION, first=("--no-plugin", "parquet")) as server:
        request = urllib.request.Request(
            f"{server.url}/predict/", b"PAR1", {"Content-Type": "application/vnd.apache.parquet"}
        )
        assert server.ask(request)[0] == 415


def test_the_front_stays_small_and_clean(with_sklearn: Environment, code_dir: Path) -> None:
    with serving(with_sklearn, code_dir, *REGRESSION) as server:
        server.predict(1)
        maps = Path(f"/proc/{server.process.pid}/maps").read_text()
        resident = int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1]) * 4096
    assert not [name for name in ("numpy", "pandas", "sklearn") if f"/{name}/" in maps]
    assert resident < 80 * 2**20


@contextmanager
def one_core() -> Iterator[None]:
    """Let what is started meanwhile have one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@pytest.mark.parametrize(("workers", "cores"), [(1, nullcontext), (2, nullcontext), (1, one_core)])
def test_no_request_is_lost_while_workers_are_killed(
    with_sklearn: Environment, code_dir: Path, workers: int, cores: Callable[[], AbstractContextManager[None]]
) -> None:
    wrong: list[object] = []
    done = threading.Event()
    asked = [0] * 8

    def load(client: int) -> None:
        while not done.is_set():
            row = client + 8 * asked[client]
            status, answer = server.predict(row)
            asked[client] += 1
            if status != 200 or abs(answer["predictions"][0] - 2 * row) > 1e-9 * (1 + row):
                wrong.append((row, status, answer))

    with ExitStack() as stack:
        with cores():
            server = stack.enter_context(serving(with_sklearn, code_dir, *REGRESSION, "--workers", str(workers)))
        clients = [threading.Thread(target=load, args=(number,)) for number in range(len(asked))]
        for client in clients:
            client.start()
        for _ in range(5):
            before = sum(asked)
            os.kill(server.worker_pids()[0], signal.SIGKILL)
            wait_until(lambda before=before: sum(asked) > before + 100)
        done.set()
        for client in clients:
            client.join()
    assert wrong == []


IGNORED = pytest.mark.skipif(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN, reason="SIGHUP is ignored, as by nohup")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, pytest.param(signal.SIGHUP, marks=IGNORED)])
def test_a_signal_ends_it_with_success_once_all_is_answered(
    with_sklearn: Environment, tmp_path: Path, number: signal.Signals
) -> None:
    code = "import pathlib, time\ndef score(data, model):\n" \
           "    pathlib.Path(__file__).with_name('started').touch()\n    time.sleep(1)\n    return data\n"  # fmt: skip
    (tmp_path / "custom.py").write_text(code)
    answered: list[object] = []
    with serving(with_sklearn, tmp_path, *REGRESSION) as server:
        client = threading.Thread(target=lambda: answered.append(server.predict(7)))
        client.start()
        wait_until((tmp_path / "started").exists)
        for pid in (*server.worker_pids(), server.process.pid):  # a terminal tells all
            os.kill(pid, number)
        assert server.process.wait(timeout=30) == 0
        client.join()
    assert answered == [(200, {"predictions": [7.0]})]


def test_what_is_not_answered_within_the_grace_period_is_refused(with_sklearn: Environment, tmp_path: Path) -> None:
    code = "import pathlib, time\ndef score(data, model):\n" \
           "    pathlib.Path(__file__).with_name('started').touch()\n    time.sleep(60)\n"  # fmt: skip
    (tmp_path / "custom.py").write_text(code)
    answered: list[tuple[int, Any]] = []
    with serving(with_sklearn, tmp_path, *REGRESSION, "--grace", "1") as server:
        client = threading.Thread(target=lambda: answered.append(server.predict(7)))
        client.start()
        wait_until((tmp_path / "started").exists)
        server.process.terminate()
        assert server.process.wait(timeout=30) == 0
        client.join()
    ((status, answer),) = answered
    assert (status, "The server ends" in answer["message"]) == (503, True)


def test_livez_answers_while_the_worker_is_busy(with_sklearn: Environment, tmp_path: Path) -> None:
    code = "import pathlib, time\ndef score(data, model):\n" \
           "    pathlib.Path(__file__).with_name('started').touch()\n    time.sleep(60)\n"  # fmt: skip
    (tmp_path / "custom.py").write_text(code)
    with serving(with_sklearn, tmp_path, *REGRESSION) as server:
        threading.Thread(target=lambda: answers(server) and _ignore_death(server), daemon=True).start()
        wait_until((tmp_path / "started").exists)
        assert server.get("/livez")[0] == 200


def _ignore_death(server: Server) -> None:
    try:
        server.predict(1)
    except OSError:
        return  # the server is killed at the end of the test


def test_a_model_that_cannot_be_loaded(with_sklearn: Environment, code_dir: Path) -> None:
    (code_dir / "model.joblib").write_bytes(b"")
    with serving(with_sklearn, code_dir, *REGRESSION) as server:
        status, answer = server.get("/health/")
        assert (status, "is empty" in answer["message"]) == (513, True)
        assert server.predict(1)[0] == 513
        assert server.get("/livez")[0] == 200


def test_exit_on_load_error(with_sklearn: Environment, code_dir: Path) -> None:
    (code_dir / "model.joblib").write_bytes(b"")
    words = ("drum", "server", "--code-dir", code_dir, "--address", "127.0.0.1:0", *REGRESSION, "--exit-on-load-error")
    done = with_sklearn.run(*words, check=False)
    assert (done.returncode, "is empty" in done.stderr, "Traceback" in done.stderr) == (4, True, False)


def test_an_address_that_is_taken(with_sklearn: Environment, code_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        words = ("drum", "server", "--code-dir", code_dir, "--address", address, *REGRESSION)
        done = with_sklearn.run(*words, check=False)
    assert (done.returncode, address in done.stderr, "Traceback" in done.stderr) == (2, True, False)


@pytest.mark.parametrize("workers", ["0", "1"])
def test_workers_in_or_out_of_process(with_sklearn: Environment, code_dir: Path, workers: str) -> None:
    with serving(with_sklearn, code_dir, *REGRESSION, "--workers", workers) as server:
        status, answer = server.predict(1, 2)
        assert (status, np.round(answer["predictions"], 9).tolist()) == (200, [2.0, 4.0])
        assert len(server.worker_pids()) == int(workers)


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("unshare") is None, reason="needs root and unshare")
def test_process_1_buries_orphans(with_sklearn: Environment, tmp_path: Path) -> None:
    """In a container the server is process 1; here it is that of a namespace of its own."""
    orphan = (
        "import subprocess\ndef score(data, model):\n    subprocess.run('sleep 0.1 &', shell=True)\n    return data\n"
    )
    (tmp_path / "custom.py").write_text(orphan)
    with serving(with_sklearn, tmp_path, *REGRESSION, before=("unshare", "--fork", "--pid", "--kill-child")) as server:
        (first,) = _children(server.process.pid)
        assert server.predict(1)[0] == 200
        wait_until(lambda: len(_children(first)) == 2)  # the worker, and the orphan
        wait_until(lambda: len(_children(first)) == 1)
        assert server.predict(1)[0] == 200


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
