"""What dashboards are made of, as typed values.

Written by hand: the official SDK calls itself experimental, and is bound to one version of Grafana.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

COLUMNS_OF_GRID = 24
GREEN, YELLOW, RED = "green", "yellow", "red"

Steps = tuple[tuple[float | None, str], ...]
"""Colours from a value on; the first value is ``None``."""


@dataclass(frozen=True, slots=True)
class Query:
    """A PromQL expression, what its series are called, and whether only their last value is wanted."""

    expression: str
    legend: str = ""
    instant: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A panel, ``width`` of 24 columns wide. ``kind`` is Grafana's name for its type.

    ``lines`` draws thresholds into a graph; ``words`` shows texts for values; ``options`` are those of its kind.
    """

    title: str
    queries: tuple[Query, ...] = ()
    kind: str = "timeseries"
    width: int = 12
    unit: str = "short"
    description: str = ""
    steps: Steps = ((None, GREEN),)
    lines: bool = False
    words: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Panels beside each other, all of one height."""

    height: int
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A choice above the board: the values of a label."""

    name: str
    title: str
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A dashboard; ``uid`` is its address for good."""

    uid: str
    title: str
    description: str
    rows: tuple[Row, ...]
    variables: tuple[Variable, ...] = ()

    @property
    def panels(self) -> tuple[Panel, ...]:
        """All panels, in order."""
        return tuple(panel for row in self.rows for panel in row.panels)


def stat(title: str, expression: str, *, width: int = 4, legend: str = "", **more: Any) -> Panel:
    """Return a panel with the last value of a query in large."""
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "colorMode": "background" if "steps" in more else "value",
        "graphMode": "none",
        "textMode": more.pop("text_mode", "value"),
    }
    return Panel(title=title, kind="stat", width=width, queries=(Query(expression, legend),), options=options, **more)


def graph(title: str, *queries: Query, width: int = 12, **more: Any) -> Panel:
    """Return a panel with the course of queries over time, and their values in a table below."""
    options = {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return Panel(title=title, width=width, queries=queries, options=options, **more)
