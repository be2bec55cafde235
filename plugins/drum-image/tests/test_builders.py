"""Which builder is used, how it is called, and what happens when there is none or it fails."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from drum.testing import run_cli
from drum_image.builders import BUILDERS, find_builder
from drum_image.pip_settings import pip_settings

Add = Callable[[str, str], None]
PATIENCE_S = 60
CLIENT_ONLY = "echo 'Cannot connect to the Docker daemon' >&2; exit 1"


def test_client_without_an_engine_does_not_count(programs: Add) -> None:
    programs("docker", CLIENT_ONLY)
    programs("buildah", "exit 0")
    builder, refused = find_builder(None)
    assert builder is not None
    assert builder.name == "buildah"
    assert refused == ["docker does not work: Cannot connect to the Docker daemon", "podman is not installed"]


def test_without_a_builder_the_context_stays(
    wheels: Path, programs: Add, custom_only: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs("docker", CLIENT_ONLY)
    monkeypatch.chdir(tmp_path)
    outcome = run_cli(["image", "--wheels", wheels, "--code-dir", custom_only, "--tag", "models/churn:3"])
    assert outcome.exit_code == 0
    assert "Nothing here can build an image: docker does not work: Cannot connect to the Docker daemon; " in outcome.err
    assert "podman is not installed; buildah is not installed." in outcome.err
    assert (tmp_path / "churn-image" / "Dockerfile").is_file()
    assert "Where there is a builder, run: docker build --tag models/churn:3 churn-image" in outcome.out


def test_builder_that_was_named_must_work(programs: Add, custom_only: Path, tmp_path: Path) -> None:
    programs("docker", CLIENT_ONLY)
    words = ["image", "--code-dir", custom_only, "--tag", "a", "--output", tmp_path / "context", "--builder"]
    for name, reason in (("docker", "Cannot connect to the Docker daemon"), ("podman", "podman is not installed")):
        outcome = run_cli([*words, name])
        assert outcome.exit_code == 3
        assert reason in outcome.err
        assert not (tmp_path / "context").exists()


def test_builder_gets_context_tag_and_secrets(wheels: Path, programs: Add, custom_only: Path, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    programs("podman", f'[ "$1" = info ] && exit; echo "$@" > {notes}; cp "${{6#id=pip_conf,src=}}" {notes}.conf')
    env = {"PIP_INDEX_URL": "https://user:secret@index.local/simple", "PIP_CERT": "", "SSL_CERT_FILE": ""}
    outcome = run_cli(
        [
            "image",
            "--wheels",
            wheels,
            "--code-dir",
            custom_only,
            "--tag",
            "a:1",
            "--output",
            tmp_path / "context",
            "--builder",
            "podman",
        ],
        env=env | {"REQUESTS_CA_BUNDLE": ""},
    )
    assert outcome.exit_code == 0, outcome.err
    words = notes.read_text().split()
    assert words[:4] == ["build", "--format", "docker", "--layers=false"]
    assert words[-3:] == ["--tag", "a:1", str(tmp_path / "context")]
    assert "index-url = https://user:secret@index.local/simple\n" in Path(f"{notes}.conf").read_text()
    kept = [path for path in (tmp_path / "context").rglob("*") if path.is_file() and b"secret@" in path.read_bytes()]
    assert kept == []
    assert (
        "Built 'a:1'. Run it: podman run --rm --read-only --tmpfs /tmp --publish 8080:8080 --env TARGET_TYPE=TYPE a:1"
        in outcome.out
    )
    assert "secret@" not in outcome.out + outcome.err


def test_failure_of_a_builder_shows_its_last_lines(wheels: Path, programs: Add, custom_only: Path) -> None:
    lines = "; ".join(f"echo line {number}" for number in range(60))
    programs("buildah", f'[ "$1" = info ] && exit; {lines}; echo "no space left" >&2; exit 125')
    outcome = run_cli(["image", "--wheels", wheels, "--code-dir", custom_only, "--tag", "a:1"])
    assert outcome.exit_code == 3
    assert "buildah could not build 'a:1' (exit status 125). The last that it said:" in outcome.err
    assert "line 59\nno space left" in outcome.err
    assert "line 10\n" not in outcome.err
    assert "Traceback" not in outcome.err


def test_interrupt_ends_the_builder(wheels: Path, programs: Add, custom_only: Path, tmp_path: Path) -> None:
    there, ended = tmp_path / "there", tmp_path / "ended"
    os.mkfifo(there)
    os.mkfifo(ended)
    script = (
        f"trap 'echo yes > {ended}; exit 1' TERM; echo $$ > {there}; while :; do read -r _ < {tmp_path}/never; done"
    )
    os.mkfifo(tmp_path / "never")
    programs("buildah", f'[ "$1" = info ] && exit; {script}')
    words = [
        sys.executable,
        "-m",
        "drum",
        "image",
        "--wheels",
        str(wheels),
        "--code-dir",
        str(custom_only),
        "--tag",
        "a",
    ]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        received(there, process)
        process.send_signal(signal.SIGTERM)
        assert received(ended, process) == "yes\n"
        assert process.wait(PATIENCE_S) == 143


def received(fifo: Path, process: subprocess.Popen[str]) -> str:
    """Return what comes through a pipe with a name, as long as the process lives from which it comes."""
    with os.fdopen(os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)) as end:
        for _ in range(PATIENCE_S):
            if select.select([end], [], [], 1)[0]:
                return end.read()
            if process.poll() is not None:
                break
        process.kill()
        pytest.fail(f"nothing came; drum ended with {process.wait()}: {process.communicate()[1]}")


def test_settings_of_pip_are_passed_on_without_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "pip.conf"
    config.write_text(
        "[global]\nindex-url = https://a/simple\nfind-links = /opt/wheels\nextra-index-url = file:///b https://c\n"
        "default-timeout = 7\n"
    )
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    monkeypatch.setenv("PIP_TRUSTED_HOST", "a")
    monkeypatch.setenv("PIP_CERT", str(config))
    text, bundle = pip_settings()
    assert text.splitlines()[0] == "[global]"
    assert {"index-url = https://a/simple", "extra-index-url = https://c", "trusted-host = a"} <= set(text.splitlines())
    assert "timeout = 7" in text
    assert "/opt/wheels" not in text
    assert bundle == config


def test_only_dockers_format_keeps_the_health_check() -> None:
    assert all("docker" in builder.build for builder in BUILDERS)
