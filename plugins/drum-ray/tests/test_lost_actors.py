"""Actors that are lost: Ray starts them again, and no row is lost or answered twice."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.testing import assert_frame_equal
from partitioned import cut, metadata, names, save, written

from drum.testing import CodeDir, Outcome

Run = Callable[..., Outcome]
ROWS, PARTS = 200_000, 4
WAITS_TO_BE_KILLED = """
import os, signal
from pathlib import Path

HERE = Path(__file__).parent.parent

def score(data, model):
    if data["n"].iloc[0] == 120_000 and (HERE / "pids").exists():
        (HERE / "pids").write_text(str(os.getpid()))
        signal.pause()
    return data[["n"]] * 0.5 + 1
"""
KILLS_ITSELF = """
import os, signal

def score(data, model):
    if data["n"].iloc[0] == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return data[["n"]] * 2
"""


def kill_who_writes(pipe: Path) -> None:
    """Kill the process that waits for it; there is no pipe afterwards."""
    pid = int(pipe.read_text())
    pipe.unlink()
    assert b"ray::" in Path(f"/proc/{pid}/cmdline").read_bytes()
    os.kill(pid, signal.SIGKILL)


def test_a_killed_actor_costs_no_row(on_ray: Run, locally: Callable[..., pd.DataFrame], tmp_path: Path) -> None:
    model = CodeDir(tmp_path / "model", {"custom.py": WAITS_TO_BE_KILLED, **metadata("regression")})
    whole = pd.DataFrame({"n": np.arange(ROWS)})
    for number, part in enumerate(cut(whole, [ROWS // PARTS] * PARTS)):
        save(part, tmp_path / "in" / f"{number}.parquet")
    expected = locally(model, save(whole, tmp_path / "whole.parquet"), "--batch-rows", 10_000)
    os.mkfifo(tmp_path / "pids")
    killer = threading.Thread(target=kill_who_writes, args=[tmp_path / "pids"], daemon=True)
    killer.start()
    outcome = on_ray(model, tmp_path / "in", "--batch-rows", 10_000, "--actors", 2)
    assert (outcome.exit_code, (tmp_path / "pids").exists()) == (0, False), outcome.err
    assert_frame_equal(written(tmp_path / "out"), expected)
    assert len(written(tmp_path / "out")) == ROWS
    assert names(tmp_path / "out") == ["_SUCCESS", "_drum.json", *(f"part-0000{n}-{n}.parquet" for n in range(PARTS))]


def test_a_partition_that_kills_every_actor_is_given_up(on_ray: Run, tmp_path: Path) -> None:
    model = CodeDir(tmp_path / "model", {"custom.py": KILLS_ITSELF, **metadata("regression")})
    for number in range(4):
        save(pd.DataFrame({"n": [number]}), tmp_path / "in" / f"{number}.csv")
    outcome = on_ray(model, tmp_path / "in", "--batch-rows", 0, "--max-failed-partitions", 1)
    assert outcome.exit_code == 0, outcome.err
    assert "'2.csv' has no predictions: The process that scores it was lost 4 times" in outcome.err
    assert written(tmp_path / "out")["Predictions"].tolist() == [0, 2, 6]
