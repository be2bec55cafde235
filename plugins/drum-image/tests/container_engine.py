"""A real engine for tests and benchmarks: Buildah builds, Podman and runc run, in a storage of their own.

The public image of Python cannot be had everywhere, so a Debian with Python, made by debootstrap, stands in for it. It
is made once, and kept in ``/var/tmp/drum-image-base``.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BASE = "localhost/python-on-debian:12"
BASE_FOLDER = Path("/var/tmp/drum-image-base")
MIRROR = "http://deb.debian.org/debian"
PROGRAMS = ("buildah", "podman", "runc", "debootstrap")
START_SECONDS = 120.0
LIMITS = ("--ulimit", "nofile=20000:20000", "--ulimit", "nproc=4096:4096")
"""Below Podman's own, which runc may not set where the capability for that is missing, as in many sandboxes."""


def reason_to_skip() -> str:
    """Return why images cannot be built and run here, or nothing."""
    if os.geteuid() != 0:
        return "building and running images without an engine needs root"
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        return f"{', '.join(missing)} not installed: apt-get install {' '.join(PROGRAMS)}"
    unshared = subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True, check=False)
    return "" if unshared.returncode == 0 else "namespaces cannot be made here, not even by root"


@dataclass(frozen=True)
class Container:
    """A running server."""

    engine: Engine
    name: str
    url: str

    def ask(self, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        """Return status and body of an answer."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url + path, body, named), timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def predict(self, rows: bytes) -> Any:
        """Return the predictions for a CSV."""
        status, body = self.ask("/predict/", rows, Content_Type="text/csv")
        assert status == 200, body
        return json.loads(body)["predictions"]

    def run(self, *words: str) -> str:
        """Run a program in the container."""
        return self.engine.podman("exec", self.name, *words)

    def try_to_run(self, *words: str) -> int:
        """Run a program in the container and return its exit status."""
        return self.engine.call("podman", "exec", self.name, *words).returncode

    def stop(self) -> int:
        """Send SIGTERM, and SIGKILL long after; return the exit status of the server."""
        self.engine.podman("stop", "--time", "60", self.name)
        return int(self.engine.podman("inspect", "--format", "{{.State.ExitCode}}", self.name))

    def is_decided(self) -> bool:
        """Tell whether the model is loaded, or cannot be."""
        try:
            return self.ask("/health/")[0] in (200, 513)
        except OSError:
            return False

    def has_ended(self) -> bool:
        """Tell whether the server is there no more."""
        return self.engine.podman("inspect", "--format", "{{.State.Running}}", self.name).strip() != "true"


@dataclass(frozen=True)
class Engine:
    """Buildah and Podman with a storage of their own."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """What they read instead of the system's configuration; ``drum image`` hands it on to them."""
        return os.environ | {
            "CONTAINERS_STORAGE_CONF": str(self.folder / "storage.conf"),
            "CONTAINERS_CONF": str(self.folder / "containers.conf"),
            "BUILDAH_ISOLATION": "chroot",
        }

    def call(self, *words: object) -> subprocess.CompletedProcess[str]:
        """Run a program with this storage."""
        return subprocess.run([str(word) for word in words], capture_output=True, text=True, env=self.environment)

    def podman(self, *words: object) -> str:
        """Run Podman, which must succeed, and return what it printed."""
        done = self.call("podman", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def drum_image(self, tag: str, *words: object) -> subprocess.CompletedProcess[str]:
        """Call ``drum image``."""
        drum = (sys.executable, "-m", "drum", "image", "--builder", "buildah", "--base", BASE)
        return self.call(*drum, "--tag", tag, *words)

    def build(self, tag: str, *words: object) -> None:
        """Build an image, which must succeed."""
        done = self.drum_image(tag, *words)
        assert done.returncode == 0, done.stderr

    def size(self, image: str) -> int:
        """Return the bytes of an image, unpacked."""
        return int(self.podman("image", "inspect", "--format", "{{.Size}}", image))

    @contextmanager
    def running(self, image: str, *options: str, prefix: str = "", port: int | None = None) -> Iterator[Container]:
        """Run an image read-only; the model is loaded, or known not to be, when this yields."""
        with self.started(image, *options, prefix=prefix, port=port) as container:
            wait_until(lambda: container.is_decided() or container.has_ended())
            yield container

    @contextmanager
    def started(self, image: str, *options: str, prefix: str = "", port: int | None = None) -> Iterator[Container]:
        """Run an image read-only, on the host's network, and do not wait for anything."""
        port = port or free_port()
        address = ("--env", f"ADDRESS=127.0.0.1:{port}", "--env", f"URL_PREFIX={prefix}")
        words = ("run", "--detach", *run_options(), *address, *options)
        name = self.podman(*words, image).strip()
        try:
            yield Container(self, name, f"http://127.0.0.1:{port}{prefix}")
        finally:
            self.podman("rm", "--force", "--time", "0", name)


@contextmanager
def container_engine() -> Iterator[Engine]:
    """Yield an engine that knows the base image; nothing of it is left in the end."""
    base = _base_archive()
    folder = Path(tempfile.mkdtemp(prefix="drum-image-", dir="/var/tmp"))
    engine = Engine(folder)
    try:
        driver = "overlay" if _can_overlay(folder) else "vfs"
        (folder / "storage.conf").write_text(
            f'[storage]\ndriver = "{driver}"\ngraphroot = "{folder}/storage"\nrunroot = "{folder}/run"\n'
        )
        (folder / "containers.conf").write_text(
            '[containers]\nnetns = "host"\n[engine]\ncgroup_manager = "cgroupfs"\nruntime = "runc"\n'
            'events_logger = "file"\n'
        )
        engine.podman("import", base, BASE)
        yield engine
    finally:
        engine.call("podman", "rm", "--all", "--force")
        engine.call("podman", "rmi", "--all", "--force")
        shutil.rmtree(folder, ignore_errors=True)


def _base_archive() -> Path:
    archive = BASE_FOLDER / "base.tar"
    if not archive.is_file():
        BASE_FOLDER.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=BASE_FOLDER) as folder:
            root, part = Path(folder) / "root", Path(folder) / "base.tar"
            include = "--include=ca-certificates,python3,python3-venv"
            _run("debootstrap", "--variant=minbase", include, "bookworm", root, MIRROR)
            without = ("--exclude=./var/lib/apt/lists/*", "--exclude=./var/cache/apt/*", "--exclude=./var/log/*")
            _run("tar", "-C", root, "-c", "-f", part, *without, ".")
            part.replace(archive)
    return archive


def _run(*words: object) -> None:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def _can_overlay(folder: Path) -> bool:
    """Tell whether layers can lie on each other here; without that, each is a copy of all below it."""
    parts = [folder / name for name in ("lower", "upper", "work", "merged")]
    for part in parts:
        part.mkdir()
    lower, upper, work, merged = parts
    words = ["mount", "-t", "overlay", "overlay", "-o", f"lowerdir={lower},upperdir={upper},workdir={work}", merged]
    if subprocess.run(words, capture_output=True).returncode:
        return False
    subprocess.run(["umount", merged], check=True)
    return True


def run_options() -> list[str]:
    """Return the options of all containers: read-only, and with the BLAS that was chosen here, if any was.

    The last bits of a prediction depend on that choice. Podman itself would have systemd check health.
    """
    blas = [word for name in sorted(os.environ) if name.startswith("OPENBLAS_") for word in ("--env", name)]
    return ["--no-healthcheck", "--read-only", "--tmpfs", "/tmp", *LIMITS, *blas]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
