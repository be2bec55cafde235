"""The command line as it is installed: built wheels, a real process, real models."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import joblib
import pandas as pd
import pytest
from environments import REPOSITORY, Environment
from sklearn.linear_model import LinearRegression

EXAMPLES = REPOSITORY / "examples"


@pytest.mark.parametrize("name", ["regression", "binary", "multiclass", "custom-hooks", "custom-only"])
def test_example(with_sklearn: Environment, name: str) -> None:
    folder = EXAMPLES / name
    done = with_sklearn.run("drum", "score", "--code-dir", folder / "model", "--input", folder / "input.csv")
    expected = pd.read_csv(folder / "expected.csv")
    pd.testing.assert_frame_equal(pd.read_csv(io.StringIO(done.stdout)), expected, rtol=1e-12)
    assert done.stderr == ""


def test_unstructured_example(with_sklearn: Environment) -> None:
    folder = EXAMPLES / "unstructured"
    done = with_sklearn.run(
        "drum", "score", "--code-dir", folder / "model", "--input", folder / "input.txt", "--query", "top=2"
    )
    assert done.stdout == (folder / "expected.json").read_text()


def test_plugins_table(with_sklearn: Environment) -> None:
    rows = {row["name"]: row for row in json.loads(with_sklearn.run("drum", "plugins", "--json").stdout)}
    assert rows["sklearn"]["artifacts"] == [".pkl", ".pickle", ".joblib", ".skops"]


# ------------------------------------------------------------------------------------- artifacts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A code directory with a working model, and data beside it."""
    (tmp_path / "model").mkdir()
    (tmp_path / "data.csv").write_text("x\n1\n2\n3\n")
    joblib.dump(LinearRegression().fit([[0], [1]], [0, 2]), tmp_path / "model" / "model.pkl")
    return tmp_path


def score(environment: Environment, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    (folder / "out.csv").write_text("the old one")
    words = ("--code-dir", folder / "model", "--input", folder / "data.csv", "--output", folder / "out.csv")
    done = environment.run("drum", "score", *words, "--target-type", "regression", check=False, env=env)
    assert "Traceback" not in done.stderr
    if done.returncode:
        assert (folder / "out.csv").read_text() == "the old one"
    return done


def test_the_model_works(with_sklearn: Environment, folder: Path) -> None:
    assert score(with_sklearn, folder).returncode == 0
    assert pd.read_csv(folder / "out.csv")["Predictions"].round(9).tolist() == [2, 4, 6]


def test_two_artifacts(with_sklearn: Environment, folder: Path) -> None:
    shutil.copy(folder / "model" / "model.pkl", folder / "model" / "other.joblib")
    done = score(with_sklearn, folder)
    sentence = "Multiple serialized model files found. Remove extra artifacts or overwrite custom.load_model()"
    assert (done.returncode, sentence in done.stderr) == (2, True)
    assert "model.pkl, other.joblib" in done.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty (0 bytes)"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "git lfs pull"),
        (b"\x80\x04\x95", "is truncated"),
        (b"this is no pickle", "cannot be unpickled"),
        (b"\x80\x04}\x94.", "which is no model"),
    ],
)
def test_artifact_that_is_none(with_sklearn: Environment, folder: Path, content: bytes, message: str) -> None:
    (folder / "model" / "model.pkl").write_bytes(content)
    done = score(with_sklearn, folder)
    assert (done.returncode, message in done.stderr) == (4, True), done.stderr


def test_truncated_artifact(with_sklearn: Environment, folder: Path) -> None:
    path = folder / "model" / "model.pkl"
    path.write_bytes(path.read_bytes()[:-40])
    done = score(with_sklearn, folder)
    assert (done.returncode, "is truncated" in done.stderr) == (4, True), done.stderr


def test_artifact_whose_plugin_is_left_out(with_sklearn: Environment, folder: Path) -> None:
    done = score(with_sklearn, folder, DRUM_NO_PLUGINS="sklearn")
    assert (done.returncode, "or the plugin left out with --no-plugin" in done.stderr) == (2, True)


# ------------------------------------------------------------------------------------- signals

SLOW = """
import pandas as pd
import pathlib
import time

def score(data, model):
    pathlib.Path(__file__).with_name("started").touch()
    time.sleep(60)
"""


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_signal_leaves_nothing_behind(
    with_sklearn: Environment, folder: Path, number: signal.Signals, exit_code: int
) -> None:
    (folder / "model" / "custom.py").write_text(SLOW)
    words = ("--code-dir", folder / "model", "--input", folder / "data.csv", "--output", folder / "out.csv")
    process = subprocess.Popen(
        with_sklearn.command("drum", "score", *words, "--target-type", "regression"), stderr=subprocess.PIPE, text=True
    )
    wait_until((folder / "model" / "started").exists, process)
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, "Traceback" in err) == (exit_code, False)
    assert sorted(path.name for path in folder.iterdir()) == ["data.csv", "model"]


def test_signal_ends_all_processes_of_a_large_run(with_sklearn: Environment, folder: Path) -> None:
    (folder / "data.csv").write_text("x\n" + "0.1234567890123456\n" * 2_000_000)
    words = ("--code-dir", folder / "model", "--input", folder / "data.csv", "--output", folder / "out.csv")
    process = subprocess.Popen(
        with_sklearn.command("drum", "score", *words, "--target-type", "regression", "--jobs", "2"),
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    wait_until(lambda: children.read_text(), process)
    process.terminate()
    _, err = process.communicate(timeout=30)
    assert (process.returncode, "Traceback" in err) == (143, False)
    assert sorted(path.name for path in folder.iterdir()) == ["data.csv", "model"]
    with pytest.raises(ProcessLookupError):  # nobody is left of its session
        os.killpg(process.pid, 0)


def wait_until(condition: Callable[[], object], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert process.poll() is None
        assert time.monotonic() < deadline
        os.sched_yield()


# ------------------------------------------------------------------------------------- terminals


def test_progress_on_a_terminal_only(with_sklearn: Environment, folder: Path) -> None:
    words = ("--code-dir", folder / "model", "--input", folder / "data.csv", "--output", folder / "out.csv")
    command = with_sklearn.command("drum", "score", *words, "--target-type", "regression")
    controller, terminal = os.openpty()
    process = subprocess.Popen(command, stderr=terminal, env={**os.environ, "TERM": "xterm", "COLUMNS": "100"})
    os.close(terminal)
    shown = b""
    while True:
        try:
            shown += os.read(controller, 65536)
        except OSError:  # the terminal is closed when the process has ended
            break
    assert process.wait() == 0
    assert b"rows/s" in shown
