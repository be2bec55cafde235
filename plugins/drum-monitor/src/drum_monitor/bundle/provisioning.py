"""``grafana/provisioning/``: what Grafana reads when it starts, so that nobody has to click."""

from __future__ import annotations

from drum_monitor.bundle.boards import BOARDS
from drum_monitor.bundle.grafana import DATASOURCE_UID, board_json
from drum_monitor.bundle.prometheus import SCRAPE_SECONDS
from drum_monitor.bundle.texts import json_text, yaml_text

FOLDER = "/etc/grafana/provisioning/dashboards"


def provisioning_files() -> dict[str, str]:
    """Return the texts of the folder by their path in it."""
    provider = {
        "name": "drum",
        "orgId": 1,
        "folder": "",
        "type": "file",
        "disableDeletion": True,
        "allowUiUpdates": False,
        "options": {"path": FOLDER},
    }
    datasource = {
        "name": "Prometheus",
        "uid": DATASOURCE_UID,
        "type": "prometheus",
        "access": "proxy",
        "url": "http://prometheus:9090",
        "isDefault": True,
        "editable": False,
        "jsonData": {"timeInterval": f"{SCRAPE_SECONDS}s", "httpMethod": "POST"},
    }
    return {
        "datasources/prometheus.yaml": yaml_text({"apiVersion": 1, "datasources": [datasource]}),
        "dashboards/drum.yaml": yaml_text({"apiVersion": 1, "providers": [provider]}),
        **{f"dashboards/{board.uid}.json": json_text(board_json(board)) for board in BOARDS},
    }
