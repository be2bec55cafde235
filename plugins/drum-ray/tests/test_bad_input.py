"""What users get wrong: each gives one clear message, and most before Ray is started."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from partitioned import example, save

from drum.testing import CodeDir, Outcome, run_cli

Run = Callable[..., Outcome]
SUM = "import pandas as pd\ndef transform(data, model): return data"
READER = "import pandas as pd\ndef read_input_data(input_binary_data): return pd.DataFrame({'a': [1]})\n" + SUM


def refused(words: list[object], exit_code: int, *texts: str) -> None:
    """Run the command; expect one line of error, without a traceback, that holds all texts."""
    outcome = run_cli(["score", "--engine", "ray", *words])
    assert (outcome.exit_code, outcome.out) == (exit_code, ""), outcome.err
    assert outcome.err.startswith("drum: ERROR: ")
    assert len(outcome.err.splitlines()) == 1
    assert [text for text in texts if text not in outcome.err] == [], outcome.err


@pytest.fixture
def words(tmp_path: Path) -> list[object]:
    """A command line with which nothing is wrong."""
    path = save(pd.DataFrame({"height": [1.5], "weight": [50]}), tmp_path / "in" / "a.csv")
    return ["-cd", example("custom-only"), "--input", path, "--output", tmp_path / "out", "--batch-rows", 0]


def test_no_such_path(words: list[object], tmp_path: Path) -> None:
    for missing in ("nothing.csv", "nothing/*.csv", "in/*.parquet"):
        refused([*words, "--input", tmp_path / missing], 6, f"There is no file '{tmp_path / missing}'")
    (tmp_path / "empty").mkdir()
    refused([*words, "--input", tmp_path / "empty"], 6, "There is no file")


def test_no_such_file_system(words: list[object]) -> None:
    refused([*words, "--input", "nowhere://host/a.csv"], 6, "'nowhere://host/a.csv' cannot be reached", "nowhere")
    refused([*words, "--output", "nowhere://host/out"], 2, "'nowhere://host/out' cannot be reached")


def test_formats(words: list[object], tmp_path: Path) -> None:
    save(pd.DataFrame({"a": [1]}), tmp_path / "in" / "b.parquet")
    refused([*words, "--input", tmp_path / "in"], 6, "'a.csv' is text/csv, but 'b.parquet' is", "Choose by a pattern")
    (tmp_path / "in" / "c.arrow").touch()
    refused([*words, "--input", tmp_path / "in" / "c.arrow"], 6, "the engine 'ray' does not read")
    (tmp_path / "in" / "d.xyz").touch()
    refused([*words, "--input", tmp_path / "in" / "d.xyz"], 6, "not known by its extension")


def test_options(words: list[object]) -> None:
    refused(words[:4], 2, "say --output FOLDER")
    refused([*words, "--input", "-"], 2, "not standard input")
    refused([*words, "--jobs", 2], 2, "--jobs is for --engine local. Say --actors.")
    refused([*words, "--actors", "3:2"], 2, "--actors is '3:2'", "MIN:MAX")
    refused([*words, "--actors", "0"], 2, "from 1 up")
    refused([*words, "--num-gpus", "1.5"], 2, "whole above 1")
    refused([*words, "--max-failed-partitions", "-1"], 2, "must be 0 or more")
    refused([*words, "--output-format", "xml"], 2, "must be one of parquet, csv")


def test_hooks_across_rows_need_the_users_word(words: list[object]) -> None:
    refused(words[:6], 2, "could look across rows", "--batch-rows N")


def test_a_reader_of_its_own_needs_the_local_engine(words: list[object], tmp_path: Path) -> None:
    model = CodeDir(tmp_path / "model", {"custom.py": READER})
    refused([*words, "-cd", model, "--target-type", "transform"], 2, "reads the input itself", "--engine local")


def test_unstructured_needs_the_local_engine(words: list[object]) -> None:
    refused([*words, "-cd", example("unstructured")], 2, "'unstructured'", "--engine local")


@pytest.mark.parametrize("option", ["--actors", "--num-gpus", "--max-failed-partitions", "--ray-address"])
def test_options_of_ray_with_another_engine(words: list[object], option: str) -> None:
    outcome = run_cli(["score", *words, option, "1"])
    assert outcome.exit_code == 2
    assert f"{option} is for the engine 'ray'. Leave it out, or say --engine ray." in outcome.err


def test_variables_of_ray_do_not_disturb_other_engines(words: list[object], tmp_path: Path) -> None:
    outcome = run_cli(["score", *words[:4], "--output", tmp_path / "out.csv"], env={"RAY_ADDRESS": "host:6379"})
    assert outcome.exit_code == 0, outcome.err


# ------------------------------------------------------------------------------------- clusters


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def web_port() -> Iterator[int]:
    """A port where somebody else answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(100)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(5)


def test_a_cluster_that_is_not_there(words: list[object]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    refused([*words, "--ray-address", f"127.0.0.1:{port}"], 7, "There is no Ray cluster at", "refused", "ray start")
    refused([*words, "--ray-address", "nonsense"], 2, "is no address of a Ray cluster", "HOST:PORT")
    refused([*words, "--ray-address", "auto"], 7, "The Ray cluster at 'auto' cannot be used")


def test_who_does_not_answer_as_ray_does(words: list[object], silent_port: int, web_port: int) -> None:
    refused([*words, "--ray-address", f"127.0.0.1:{silent_port}"], 7, "There is no Ray cluster at", "timed out")
    refused([*words, "--ray-address", f"ray://127.0.0.1:{web_port}"], 7, "is no Ray cluster. Look up the port")
