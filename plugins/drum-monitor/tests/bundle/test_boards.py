"""The dashboards are whole: Grafana need not be asked, and nobody need click, for them to load."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from drum_monitor.bundle.boards import BOARDS
from drum_monitor.bundle.grafana import DATASOURCE_UID, board_json
from drum_monitor.bundle.panels import COLUMNS_OF_GRID, Board

UIDS = {"drum-drift", "drum-service", "drum-column", "drum-predictions", "drum-monitor"}
PANEL_KINDS = {"timeseries", "stat", "status-history", "bargauge", "text"}
"""Panels that come with Grafana."""


@pytest.fixture(params=BOARDS, ids=lambda board: board.uid)
def board(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return each board as Grafana gets it."""
    chosen: Board = request.param
    loaded: dict[str, Any] = json.loads(json.dumps(board_json(chosen)))
    return loaded


def strings(value: Any) -> list[str]:
    """Return all texts in a JSON value."""
    if isinstance(value, dict):
        return [text for part in value.values() for text in strings(part)]
    if isinstance(value, list):
        return [text for part in value for text in strings(part)]
    return [value] if isinstance(value, str) else []


def test_uids_are_fixed() -> None:
    assert {board.uid for board in BOARDS} == UIDS


def test_files_are_the_boards(bundle: Path) -> None:
    folder = bundle / "grafana" / "provisioning" / "dashboards"
    assert {path.stem for path in folder.glob("*.json")} == UIDS
    assert all(json.loads(path.read_text())["uid"] == path.stem for path in folder.glob("*.json"))


def test_the_datasource_is_the_one_that_is_provisioned(bundle: Path) -> None:
    file = bundle / "grafana" / "provisioning" / "datasources" / "prometheus.yaml"
    assert [source["uid"] for source in yaml.safe_load(file.read_text())["datasources"]] == [DATASOURCE_UID]


def test_the_provider_reads_the_folder_that_the_container_has(bundle: Path) -> None:
    provider = yaml.safe_load((bundle / "grafana" / "provisioning" / "dashboards" / "drum.yaml").read_text())
    compose = yaml.safe_load((bundle / "docker-compose.yaml").read_text())["services"]["grafana"]
    path = provider["providers"][0]["options"]["path"]
    home = compose["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert path == "/etc/grafana/provisioning/dashboards"
    assert "./grafana/provisioning:/etc/grafana/provisioning:ro" in compose["volumes"]
    assert (bundle / "grafana" / "provisioning" / "dashboards" / Path(home).name).is_file()


def test_ids_and_letters_are_unique(board: dict[str, Any]) -> None:
    ids = [panel["id"] for panel in board["panels"]]
    titles = [panel["title"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)
    assert len(set(titles)) == len(titles)
    for panel in board["panels"]:
        letters = [target["refId"] for target in panel["targets"]]
        assert len(set(letters)) == len(letters)


def test_everything_names_the_datasource_by_its_uid(board: dict[str, Any]) -> None:
    wanted = {"type": "prometheus", "uid": DATASOURCE_UID}
    holders = [
        *board["panels"],
        *(target for panel in board["panels"] for target in panel["targets"]),
        *board["templating"]["list"],
        *board["annotations"]["list"],
    ]
    assert all(holder["datasource"] == wanted for holder in holders)
    assert "__inputs" not in board


def test_every_variable_is_declared(board: dict[str, Any]) -> None:
    declared = {variable["name"] for variable in board["templating"]["list"]}
    used = {name for text in strings(board) for name in re.findall(r"\$\{?(\w+)", text)}
    assert used == declared


def test_panels_show_something(board: dict[str, Any]) -> None:
    for panel in board["panels"]:
        assert panel["type"] in PANEL_KINDS
        assert bool(panel["targets"]) != (panel["type"] == "text"), panel["title"]
        assert all(target["expr"] for target in panel["targets"])
        steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        assert steps[0]["value"] is None
        assert [step["value"] for step in steps[1:]] == sorted(step["value"] for step in steps[1:])


def test_panels_fill_the_grid_without_overlap(board: dict[str, Any]) -> None:
    places = [panel["gridPos"] for panel in board["panels"]]
    for place in places:
        assert place["w"] > 0
        assert place["h"] > 0
        assert 0 <= place["x"] <= COLUMNS_OF_GRID - place["w"]
    for one, other in itertools.combinations(places, 2):
        apart = (
            one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        )  # fmt: skip
        assert apart
    area = sum(place["w"] * place["h"] for place in places)
    assert area == COLUMNS_OF_GRID * max(place["y"] + place["h"] for place in places)
