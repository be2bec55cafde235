"""What Docker is told. Docker itself is not here: the files are read, and their scripts are run in another test."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

PORTS = {"inference": 5000, "monitoring": 5001, "prometheus": 9090, "grafana": 3000}


@pytest.fixture
def services(bundle: Path) -> dict[str, Any]:
    """Return the services of the file."""
    loaded: dict[str, Any] = yaml.safe_load((bundle / "docker-compose.yaml").read_text())["services"]
    return loaded


def test_ports(services: dict[str, Any]) -> None:
    published = {name: [text.split(":")[-2:] for text in service["ports"]] for name, service in services.items()}
    assert published == {name: [[str(port)] * 2] for name, port in PORTS.items()}


def test_what_asks_for_no_password_listens_on_this_machine_only(services: dict[str, Any]) -> None:
    for name in ("monitoring", "prometheus"):
        assert services[name]["ports"] == [f"${{PRIVATE_ADDRESS:-127.0.0.1}}:{PORTS[name]}:{PORTS[name]}"]


def test_every_service_tells_whether_it_is_well(bundle: Path, services: dict[str, Any]) -> None:
    for name, service in services.items():
        if "build" in service:
            text = (bundle / service["build"] / "Dockerfile").read_text()
            assert "HEALTHCHECK" in text
            assert f"http://localhost:{PORTS[name]}/health/" in text
        else:
            assert str(PORTS[name]) in service["healthcheck"]["test"][-1]


def test_images_are_pinned(bundle: Path, services: dict[str, Any]) -> None:
    images = [service["image"] for service in services.values() if "image" in service]
    images += [
        line.split()[1]
        for name in ("inference", "monitoring")
        for line in (bundle / name / "Dockerfile").read_text().splitlines()
        if line.startswith("FROM ")
    ]
    assert len(images) == 4
    assert all(re.search(r":v?\d+\.\d+", image) for image in images)


def test_nobody_is_root_in_our_containers(bundle: Path) -> None:
    for name in ("inference", "monitoring"):
        lines = (bundle / name / "Dockerfile").read_text().splitlines()
        assert lines.index("USER 10001:10001") < next(n for n, line in enumerate(lines) if line.startswith("CMD "))


def test_files_that_are_mounted_are_there(bundle: Path, services: dict[str, Any]) -> None:
    mounted = [volume.split(":")[0] for service in services.values() for volume in service.get("volumes", ())]
    folders = [path for path in mounted if path.startswith("./")]
    assert folders
    assert all((bundle / path).is_dir() for path in folders)
    assert (bundle / "prometheus" / "prometheus.yaml").is_file()


def test_no_password_is_in_the_bundle(bundle: Path, services: dict[str, Any]) -> None:
    assert services["grafana"]["environment"]["GF_SECURITY_ADMIN_PASSWORD"].startswith("${GRAFANA_ADMIN_PASSWORD:?")
    assert not (bundle / ".env").exists()


def test_prometheus_scrapes_the_services_by_their_names(bundle: Path) -> None:
    config = yaml.safe_load((bundle / "prometheus" / "prometheus.yaml").read_text())
    targets = {job["job_name"]: job["static_configs"][0]["targets"] for job in config["scrape_configs"]}
    assert targets == {name: [f"{name}:{PORTS[name]}"] for name in ("inference", "monitoring")}


def compose(bundle: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name != "GRAFANA_ADMIN_PASSWORD"}
    words = ["docker-compose", "--file", bundle / "docker-compose.yaml", "config"]
    return subprocess.run(words, capture_output=True, text=True, check=False, env={**env, **environment})


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="docker-compose is not installed")
def test_compose_reads_the_file_and_insists_on_a_password(bundle: Path) -> None:
    without = compose(bundle)
    assert without.returncode != 0
    assert "GRAFANA_ADMIN_PASSWORD" in without.stderr
    done = compose(bundle, GRAFANA_ADMIN_PASSWORD="from the test")
    assert done.returncode == 0, done.stderr
    assert set(yaml.safe_load(done.stdout)["services"]) == set(PORTS)
