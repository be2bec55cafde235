"""The JSON that Grafana loads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drum_monitor.bundle.panels import RED, Board, Panel, Query, Row, Variable

DATASOURCE_UID = "drum-prometheus"
SCHEMA_VERSION = 39
"""Of Grafana's JSON model; later versions migrate it when they load it."""


def datasource() -> dict[str, str]:
    """Return the reference to the one datasource, by its fixed uid."""
    return {"type": "prometheus", "uid": DATASOURCE_UID}


def board_json(board: Board) -> dict[str, Any]:
    """Return the dashboard as Grafana's own JSON model."""
    return {
        "uid": board.uid,
        "title": board.title,
        "description": board.description,
        "tags": ["drum"],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "annotations": {"list": [_alerts()]},
        "links": [_other_boards()],
        "templating": {"list": [_variable_json(variable) for variable in board.variables]},
        "panels": _placed(board.rows),
    }


def _alerts() -> dict[str, Any]:
    """Return the annotation that marks when an alert fires."""
    return {
        "name": "Alerts",
        "datasource": datasource(),
        "enable": True,
        "iconColor": RED,
        "expr": 'ALERTS{alertstate="firing", alertname=~"Drum.*"}',
        "titleFormat": "{{alertname}}",
        "textFormat": "{{column}} {{job}}",
        "step": "60s",
    }


def _other_boards() -> dict[str, Any]:
    return {"type": "dashboards", "title": "drum", "tags": ["drum"], "asDropdown": True, "keepTime": True}


def _variable_json(variable: Variable) -> dict[str, Any]:
    return {
        "type": "query",
        "name": variable.name,
        "label": variable.title,
        "datasource": datasource(),
        "definition": variable.query,
        "query": {"query": variable.query, "refId": "values", "qryType": 1},
        "refresh": 2,  # whenever the range of time changes, and so when the board is opened
        "sort": 1,
        "multi": False,
        "includeAll": False,
        "hide": 0,
    }


def _placed(rows: tuple[Row, ...]) -> list[dict[str, Any]]:
    """Lay the rows below each other, and their panels side by side."""
    placed: list[dict[str, Any]] = []
    top = 0
    for row in rows:
        left = 0
        for panel in row.panels:
            grid = {"x": left, "y": top, "w": panel.width, "h": row.height}
            placed.append(_panel_json(panel, len(placed) + 1, grid))
            left += panel.width
        top += row.height
    return placed


def _panel_json(panel: Panel, number: int, grid: dict[str, int]) -> dict[str, Any]:
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": datasource(),
        "gridPos": grid,
        "targets": [_target(query, place) for place, query in enumerate(panel.queries)],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": dict(panel.options),
    }


def _target(query: Query, place: int) -> dict[str, Any]:
    return {
        "refId": chr(ord("A") + place),
        "datasource": datasource(),
        "editorMode": "code",
        "expr": query.expression,
        "legendFormat": query.legend or "__auto",
        "instant": query.instant,
        "range": not query.instant,
        "format": "time_series",
    }


def _defaults(panel: Panel) -> dict[str, Any]:
    defaults: dict[str, Any] = {
        "unit": panel.unit,
        "color": {"mode": "palette-classic" if panel.kind == "timeseries" else "thresholds"},
        "thresholds": {"mode": "absolute", "steps": [{"value": value, "color": color} for value, color in panel.steps]},
        "mappings": _mappings(panel.words),
    }
    if panel.lines:
        defaults["custom"] = {"thresholdsStyle": {"mode": "dashed"}}
    if panel.minimum is not None:
        defaults["min"] = panel.minimum
    if panel.maximum is not None:
        defaults["max"] = panel.maximum
    return defaults


def _mappings(words: Mapping[str, str]) -> list[dict[str, Any]]:
    if not words:
        return []
    options = {value: {"text": text, "index": place} for place, (value, text) in enumerate(words.items())}
    return [{"type": "value", "options": options}]
