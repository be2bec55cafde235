"""The JVM: how it starts, what it is told, and how a process with it ends."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from jars import compiled
from predictors import SOURCES

from drum.errors import ConfigError, PluginDependencyError
from drum.settings import Setting, Settings
from drum_java import jvm

PATIENCE = 120


@pytest.fixture(scope="session")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("predictors"), SOURCES)


@pytest.fixture
def run(classes: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that scores a file with a class, in a process of its own."""
    (tmp_path / "weight.txt").write_text("2")
    (tmp_path / "data.csv").write_text("x,city\n1,Rome\n2,Oslo\n")

    def run(name: str, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        files = ["--code-dir", str(tmp_path), "--input", str(tmp_path / "data.csv")]
        command = [sys.executable, "-m", "drum", "score", *files, "--target-type", "regression", *words]
        environment = environment_for(name, classes, env)
        return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=PATIENCE, check=False)

    return run


def environment_for(name: str, classes: Path, more: Mapping[str, str]) -> dict[str, str]:
    import os

    return {
        **os.environ, "DRUM_JAVA_CUSTOM_PREDICTOR_CLASS": name, "DRUM_JAVA_CUSTOM_CLASS_PATH": f"{classes}/", **more,
    }  # fmt: skip


def settings(**values: Any) -> Settings:
    return Settings({name: Setting(value, f"--{name.replace('_', '-')}") for name, value in values.items()})


# ------------------------------------------------------------------------------------- a process with a JVM


def test_process_ends_in_spite_of_threads_of_the_model(run: Callable[..., Any]) -> None:
    done = run("Threads")
    assert (done.returncode, done.stdout) == (0, "Predictions\n1.0\n2.0\n"), done.stderr
    assert "printed by Java" in done.stderr


@pytest.mark.parametrize("number", range(3))
def test_process_with_a_jvm_ends_well(run: Callable[..., Any], number: int) -> None:
    done = run("Weights")
    assert (done.returncode, done.stdout, done.stderr) == (0, "Predictions\n6.0\n8.0\n", "")


def test_size_of_the_heap_that_is_none_is_the_operators_fault(run: Callable[..., Any]) -> None:
    done = run("Weights", DRUM_JAVA_XMX="lots")
    assert done.returncode == 2
    assert "$DRUM_JAVA_XMX is 'lots', which is no size of a heap: say 512m or 4g." in done.stderr


@pytest.mark.parametrize("size", ["1", "1023k", "1m"])
def test_heap_with_which_no_jvm_starts_is_refused(size: str) -> None:
    with pytest.raises(ConfigError, match=f"--java-heap is '{size}', with which no JVM starts: give it 2m at least"):
        jvm._heap(settings(java_heap=size))


EXHAUSTED = r"Java ran out of its heap of \d\d MB\. Give it more with --java-heap \(DRUM_JAVA_XMX\), such as 1\d\dm\."


def test_exhausted_heap_is_an_error_like_others(run: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("x,city\n668,Rome\n")
    (tmp_path / "answers").mkdir()
    done = run("Weights", "--output", str(tmp_path / "answers" / "out.csv"), DRUM_JAVA_XMX="64m")
    assert done.returncode == 5, done.stderr
    assert re.search(f"^drum: ERROR: 'Weights' failed to make predictions\\. {EXHAUSTED}$", done.stderr, re.MULTILINE)
    assert list((tmp_path / "answers").iterdir()) == []


def test_exhausted_heap_ends_the_process_though_a_thread_of_the_model_dies_of_it(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    done = run("Hungry", DRUM_JAVA_XMX="64m")
    assert done.returncode == 5, done.stderr
    assert re.search(f"^drum: ERROR: .*{EXHAUSTED}$", done.stderr, re.MULTILINE)


# ------------------------------------------------------------------------------------- which Java


def test_java_that_is_absent_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    import jpype

    def absent() -> str:
        raise jpype.JVMNotFoundException("no JVM")

    monkeypatch.setattr(jpype, "getDefaultJVMPath", absent)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(
        PluginDependencyError, match=r"need Java 11 or later, and there is none\. Install one .*openjdk"
    ):
        jvm._library(jpype)


@pytest.mark.parametrize(("version", "told"), [("1.8.0_392", "Java 8"), ("9.0.4", "Java 9"), ("10", "Java 10")])
def test_java_that_is_too_old_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, told: str
) -> None:
    import jpype

    library = tmp_path / "lib" / "server" / "libjvm.so"
    library.parent.mkdir(parents=True)
    library.touch()
    (tmp_path / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n')
    monkeypatch.setattr(jpype, "getDefaultJVMPath", lambda: str(library))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(PluginDependencyError, match=f"need Java 11 or later, but '.*libjvm.so' is of {told}"):
        jvm._library(jpype)


@pytest.mark.parametrize("home", ["nowhere", "."], ids=["absent", "without-a-jvm"])
def test_java_home_without_java_is_not_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: str) -> None:
    import jpype

    monkeypatch.setenv("JAVA_HOME", str(tmp_path / home))
    with pytest.raises(ConfigError, match=r"^\$JAVA_HOME is '.*', where there is no JVM\. Set it to .* or unset it"):
        jvm._library(jpype)


def test_java_home_is_where_java_is_taken_from(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import jpype

    monkeypatch.delenv("JAVA_HOME", raising=False)
    found = Path(jvm._library(jpype)).resolve()
    home = next(folder for folder in found.parents if (folder / "release").is_file())
    (tmp_path / "link").symlink_to(home)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "link"))
    assert Path(jvm._library(jpype)).resolve() == found


def test_java_part_that_was_not_built_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(jvm, "HELPER", tmp_path / "drum.jar")
    with pytest.raises(PluginDependencyError, match=r"without a JDK, so that its Java part is missing\. Install a JDK"):
        jvm.start(settings())


@pytest.mark.parametrize("heap", ["", "0", "-1g", "1.5g", "1gb", "1g -XX:Evil", "\uff11g"])
def test_only_sizes_are_sizes(heap: str) -> None:
    with pytest.raises(ConfigError, match="--java-heap is"):
        jvm._heap(settings(java_heap=heap))
    assert jvm._heap(settings(java_heap="512m")) == "512m"


def test_class_path_is_javas(tmp_path: Path) -> None:
    for name in ("b.jar", "a.jar", "c.txt"):
        (tmp_path / name).touch()
    assert jvm.class_path("*:classes/:/opt/x.jar", tmp_path) == [
        f"{tmp_path}/a.jar", f"{tmp_path}/b.jar", f"{tmp_path}/classes", "/opt/x.jar",
    ]  # fmt: skip


# ------------------------------------------------------------------------------------- the server


@contextmanager
def serving(code_dir: Path, environment: dict[str, str], *words: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Start a server and wait until it is ready."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "drum", "server", "--code-dir", str(code_dir), "--address", f"127.0.0.1:{port}"]
    with subprocess.Popen(
        [*command, "--target-type", "regression", *words], env=environment, stderr=subprocess.DEVNULL
    ) as process:
        try:
            wait_until(lambda: ask(f"http://127.0.0.1:{port}/readyz")[0] == 200 or process.poll() is not None)
            yield process, f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline


def ask(url: str, body: bytes | None = None) -> tuple[int, Any]:
    request = urllib.request.Request(url, body, {"Content-Type": "text/csv"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
    except OSError:
        return 0, None


def test_worker_whose_heap_is_exhausted_is_replaced(classes: Path, tmp_path: Path) -> None:
    (tmp_path / "weight.txt").write_text("2")
    environment = environment_for("Weights", classes, {"DRUM_JAVA_XMX": "64m"})
    with serving(tmp_path, environment) as (_, url):
        assert ask(f"{url}/predict/", b"x,city\n1,Rome\n") == (200, {"predictions": [6.0]})
        status, answer = ask(f"{url}/predict/", b"x,city\n668,Rome\n")
        assert (status, "tried again" in answer["message"]) == (500, True)
        wait_until(lambda: ask(f"{url}/predict/", b"x,city\n1,Rome\n") == (200, {"predictions": [6.0]}))


def test_server_with_a_jvm_ends_when_it_is_told_to(classes: Path, tmp_path: Path) -> None:
    (tmp_path / "weight.txt").write_text("2")
    with serving(tmp_path, environment_for("Weights", classes, {}), "--threads", "2") as (process, url):
        assert ask(f"{url}/predict/", b"x,city\n1,Rome\n")[0] == 200
        _, info = ask(f"{url}/info/")
        assert "Weights" in json.dumps(info)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
