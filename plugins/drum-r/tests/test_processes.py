"""R in real processes: signals while it computes, and a server whose workers its code ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from drum.testing import CodeDir

DRUM = str(Path(sys.executable).with_name("drum"))
LOAD_SECONDS = float(os.environ.get("DRUM_R_LOAD_SECONDS", "8"))
"""The issue of this plugin asks for 60; that many are run when they are asked for."""
CLIENTS = 4

BUSY = """
score <- function(data, model) {
  file.create(Sys.getenv("STARTED"))
  repeat sum(runif(1e4))
}
"""


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_signal_ends_drum_score_while_r_computes(tmp_path: Path, number: signal.Signals, status: int) -> None:
    folder = CodeDir(tmp_path / "code", {"custom.R": BUSY})
    rows, output = tmp_path / "rows.csv", tmp_path / "out" / "predictions.csv"
    output.parent.mkdir()
    rows.write_text("x\n1\n")
    environment = {**os.environ, "STARTED": str(tmp_path / "started"), "TMPDIR": str(tmp_path / "temporary")}
    (tmp_path / "temporary").mkdir()
    words = [DRUM, "score", "--code-dir", str(folder.path), "--input", str(rows), "--output", str(output)]
    process = subprocess.Popen([*words, "--target-type", "regression"], env=environment, stderr=subprocess.PIPE)
    wait_until((tmp_path / "started").exists)
    process.send_signal(number)
    _, error = process.communicate(timeout=30)
    assert process.returncode == status, error
    assert list(output.parent.iterdir()) == [], "an output is written completely or not at all"
    assert list((tmp_path / "temporary").iterdir()) == [], "R removes its temporary files"


def test_model_is_scored_and_r_ended_in_a_process_of_its_own(tmp_path: Path) -> None:
    folder = CodeDir(tmp_path / "code", {"custom.R": 'score <- function(data, model) { print("noise"); data * 2 }'})
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    words = [DRUM, "score", "--code-dir", str(folder.path), "--input", "-", "--target-type", "regression"]
    done = subprocess.run(words, input=b"x\n1\n2\n", capture_output=True, env=environment, check=False)
    assert (done.returncode, done.stdout) == (0, b"Predictions\n2.0\n4.0\n"), done.stderr
    assert b"noise" in done.stderr
    assert not list(tmp_path.glob("Rtmp*"))


# ------------------------------------------------------------------------------------- the server


@contextmanager
def serving(code_dir: Path, *options: str) -> Iterator[str]:
    """Run a server and return its address once the model is loaded."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
    words = [DRUM, "server", "--code-dir", str(code_dir), "--address", address, "--target-type", "regression", *options]
    process = subprocess.Popen(words)
    try:
        wait_until(lambda: asked(f"http://{address}/health/")[0] == 200)
        yield f"http://{address}"
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0


def asked(url: str, body: bytes | None = None) -> tuple[int, object]:
    request = urllib.request.Request(url, body, {"Content-Type": "text/csv"})
    try:
        with urllib.request.urlopen(request, timeout=70) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)
    except OSError:
        return 0, None


def load(url: str, seconds: float) -> tuple[Counter[int], Counter[int]]:
    """Ask for some time, every tenth request with the order to end R; count the statuses of good and bad requests."""
    good: Counter[int] = Counter()
    bad: Counter[int] = Counter()
    end = time.monotonic() + seconds

    def client(number: int) -> None:
        asked_for = 0
        while time.monotonic() < end or asked_for < 10:
            asked_for += 1
            x = number * 1_000_000 + asked_for
            if asked_for % 10 == 0:
                bad[asked(f"{url}/predict/", b"x,order\n1,leave\n")[0]] += 1
            else:
                status, answer = asked(f"{url}/predict/", f"x,order\n{x},go\n".encode())
                good[status if status != 200 or answer == {"predictions": [2.0 * x]} else -1] += 1

    clients = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    return good, bad


@pytest.mark.parametrize("leave", ['q("no")', '.Internal(quit("no", 0L, FALSE))'])
def test_code_that_ends_r_loses_nobody_elses_request(tmp_path: Path, leave: str) -> None:
    """``q()`` is an error of the request; what ends the process in earnest costs a worker, and no other request."""
    code = f"""
        score <- function(data, model) {{
          if (data$order[1] == "leave") {leave}
          data.frame(Predictions = data$x * 2)
        }}
    """
    folder = CodeDir(tmp_path / "code", {"custom.R": code})
    with serving(folder.path, "--workers", "2") as url:
        good, bad = load(url, LOAD_SECONDS)
    assert set(good) == {200}
    assert set(bad) == {500}


def test_server_ends_while_r_computes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STARTED", str(tmp_path / "started"))
    folder = CodeDir(tmp_path / "code", {"custom.R": BUSY})
    with serving(folder.path, "--grace", "1") as url, socket.create_connection(address_of(url)) as client:
        client.sendall(
            b"POST /predict/ HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: 4\r\n\r\nx\n1\n"
        )
        wait_until((tmp_path / "started").exists)


def address_of(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("http://").partition(":")
    return host, int(port)
