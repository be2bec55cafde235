"""``docker-compose.yaml``: the four services, their ports, and how one sees that they are well."""

from __future__ import annotations

from typing import Any

from drum_monitor.bundle.texts import yaml_text

PROMETHEUS_IMAGE = "prom/prometheus:v3.13.2"
GRAFANA_IMAGE = "grafana/grafana:13.2.3"
HOME_BOARD = "/etc/grafana/provisioning/dashboards/drum-drift.json"

HEAD = """\
Start with: docker compose up --build --detach --wait

The folder holds no password, so that no two copies of it share one. Give Grafana's in the environment, or in a file
.env beside this one:  printf 'GRAFANA_ADMIN_PASSWORD=%s\\n' "$(openssl rand -hex 24)" > .env
The monitoring service and Prometheus ask for no password: they listen on this machine only, unless PRIVATE_ADDRESS says
otherwise.
"""
PASSWORD = "${GRAFANA_ADMIN_PASSWORD:?choose one, in the environment or in .env; see the head of docker-compose.yaml}"
PRIVATE = "${PRIVATE_ADDRESS:-127.0.0.1}"


def compose_text() -> str:
    """Return the file."""
    services = {
        "inference": _inference(),
        "monitoring": _monitoring(),
        "prometheus": _prometheus(),
        "grafana": _grafana(),
    }
    volumes: dict[str, Any] = {name: {} for name in ("monitoring-state", "prometheus-data", "grafana-data")}
    return yaml_text({"services": services, "volumes": volumes}, HEAD)


def _service(**more: Any) -> dict[str, Any]:
    return {**more, "restart": "unless-stopped", "security_opt": ["no-new-privileges:true"]}


def _inference() -> dict[str, Any]:
    return _service(
        build="./inference",
        ports=["5000:5000"],
        environment={
            "DRUM_MONITOR": "1",
            "EVIDENTLY_HOST": "monitoring",
            "EVIDENTLY_PORT": "5001",
            "MAX_WORKERS": "${MAX_WORKERS:-1}",
        },
        cap_drop=["ALL"],
    )


def _monitoring() -> dict[str, Any]:
    return _service(
        build="./monitoring",
        ports=[f"{PRIVATE}:5001:5001"],
        volumes=["monitoring-state:/opt/monitoring/state"],
        cap_drop=["ALL"],
    )


def _prometheus() -> dict[str, Any]:
    return _service(
        image=PROMETHEUS_IMAGE,
        command=[
            "--config.file=/etc/prometheus/prometheus.yaml",
            "--storage.tsdb.path=/prometheus",
            "--storage.tsdb.retention.time=30d",
        ],
        ports=[f"{PRIVATE}:9090:9090"],
        volumes=["./prometheus:/etc/prometheus:ro", "prometheus-data:/prometheus"],
        healthcheck=_healthcheck("http://localhost:9090/-/ready"),
    )


def _grafana() -> dict[str, Any]:
    return _service(
        image=GRAFANA_IMAGE,
        ports=["3000:3000"],
        environment={
            "GF_SECURITY_ADMIN_USER": "${GRAFANA_ADMIN_USER:-admin}",
            "GF_SECURITY_ADMIN_PASSWORD": PASSWORD,
            "GF_AUTH_ANONYMOUS_ENABLED": "false",
            "GF_USERS_ALLOW_SIGN_UP": "false",
            "GF_ANALYTICS_REPORTING_ENABLED": "false",
            "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
            "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH": HOME_BOARD,
        },
        volumes=["./grafana/provisioning:/etc/grafana/provisioning:ro", "grafana-data:/var/lib/grafana"],
        healthcheck=_healthcheck("http://localhost:3000/api/health"),
        depends_on={"prometheus": {"condition": "service_healthy"}},
    )


def _healthcheck(url: str) -> dict[str, Any]:
    return {
        "test": ["CMD", "wget", "-q", "-O", "/dev/null", url],
        "interval": "10s",
        "timeout": "5s",
        "retries": 6,
        "start_period": "30s",
    }
