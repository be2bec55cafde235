"""The start scripts run in fresh environments, with what the requirements list and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from bundle_processes import answers, free_port, post, running, wait_until

from drum.testing import run_cli

REPOSITORY = Path(__file__).parents[4]
EXAMPLE = REPOSITORY / "examples" / "binary"
SOURCES = ("core", "plugins/drum-sklearn", "plugins/drum-monitor")


@pytest.fixture(scope="module")
def self_contained(code_dir: Path, reference: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bundle that brings along the wheels that no index has."""
    wheels, folder = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("bundle") / "cancer"
    words = ("wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", wheels)
    sources = [REPOSITORY / source for source in SOURCES]
    subprocess.run([sys.executable, "-m", "pip", *words, *sources], check=True, capture_output=True)
    options = ("--reference", reference, "--wheels", wheels, "--output", folder)
    outcome = run_cli(["monitor", "bundle", "--code-dir", code_dir, *options])
    assert outcome.exit_code == 0, outcome.err
    assert "--wheels" not in outcome.out  # nothing is missing
    return folder


def fresh(service: Path, folder: Path) -> Path:
    """Return a fresh environment with what a service needs, and nothing else."""
    venv.create(folder)
    # What compiles takes as long as all the rest; what pip is takes part in no service.
    options = (
        "--python",
        folder / "bin" / "python",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-compile",
    )
    words = (sys.executable, "-m", "pip", *options, "-r", service / "requirements.txt")
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@contextmanager
def started(service: Path, environment: Path) -> Iterator[str]:
    """Start a service by its script, with nothing but its environment, and tell where it is."""
    address = f"127.0.0.1:{free_port()}"
    variables = {"PATH": f"{environment / 'bin'}:/usr/bin:/bin", "ADDRESS": address}
    with running(service / "start_server.sh", env=variables, cwd=environment) as process:
        wait_until(lambda: answers(f"http://{address}/health/"), process)
        yield f"http://{address}"


def test_monitoring_shows_its_metrics(self_contained: Path, tmp_path: Path) -> None:
    service = self_contained / "monitoring"
    with started(service, fresh(service, tmp_path / "environment")) as url:
        assert answers(f"{url}/metrics")


def test_inference_predicts(self_contained: Path, tmp_path: Path) -> None:
    service = self_contained / "inference"
    with started(service, fresh(service, tmp_path / "environment")) as url:
        status, answer = post(f"{url}/predict/", (EXAMPLE / "input.csv").read_bytes())
    expected = [line.split(",") for line in (EXAMPLE / "expected.csv").read_text().splitlines()[1:]]
    got = [[row["benign"], row["malignant"]] for row in json.loads(answer)["predictions"]]
    assert status == 200
    assert got == [[pytest.approx(float(value), rel=1e-12) for value in row] for row in expected]
