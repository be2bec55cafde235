"""SIGTERM and SIGINT leave neither processes nor half-written files behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from drum.batch.termination import cleaned_up_on_sigterm

PROGRAM = """
import os, signal, sys
from pathlib import Path
from drum.batch import scoring
from drum.types import Concurrency, Predictions

scoring.BLOCK_BYTES = 1000

class Waiting:
    concurrency, row_wise, reads_own_payload = Concurrency.FORK, True, False

    def load(self):
        pass

    def predict(self, batch, *, first_row=0):
        os.write(1, b"%d\\n" % os.getpid())
        signal.pause()

scoring.score_file(Waiting(), Path(sys.argv[1]), Path(sys.argv[2]), batch_rows=100, jobs=int(sys.argv[3]))
"""


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_told_to_stop(tmp_path: Path, numbers_csv: Path, jobs: int, number: signal.Signals) -> None:
    target = tmp_path / "results" / "out.csv"
    target.parent.mkdir()
    command = [sys.executable, "-c", PROGRAM, numbers_csv, target, str(jobs)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
        assert run.stdout is not None
        processes = [int(run.stdout.readline()) for _ in range(jobs)]
        run.send_signal(number)
        assert run.wait(timeout=30) == -number
    assert list(target.parent.iterdir()) == []
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_somebody_elses_handler_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    caught: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: caught.append(number))
    try:
        with cleaned_up_on_sigterm():
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert caught == [signal.SIGTERM]


def test_the_signal_has_its_old_meaning_afterwards() -> None:
    with cleaned_up_on_sigterm():
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_other_threads_are_left_alone() -> None:
    seen: list[object] = []

    def look() -> None:
        with cleaned_up_on_sigterm():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [signal.SIG_DFL]
