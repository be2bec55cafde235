"""Drift at a glance: how many columns, which ones, since when."""

from __future__ import annotations

from drum_monitor.bundle.panels import GREEN, RED, YELLOW, Board, Panel, Query, Row, graph, stat

RATIO_STEPS = ((None, GREEN), (0.7, YELLOW), (1.0, RED))
"""Of a statistic over its threshold: above 1 it counts as drift."""
BY_COLUMN = 'max by (column) (drum:drift_ratio:verdict{role="feature"})'

STATE = Row(
    4,
    (
        stat("State", "drum_monitor_state == 1", legend="{{state}}", text_mode="name"),
        stat("Columns that drift", "sum(drum_drift_columns)", steps=((None, GREEN), (1, RED))),
        stat(
            "Share of columns", "max(drum_drift_columns_ratio)", unit="percentunit", steps=((None, GREEN), (0.3, RED))
        ),
        stat("Rows in the window", "sum(drum_monitor_window_rows)"),
        stat(
            "Rows of the reference", "max by (rows) (drum_monitor_reference_info)", legend="{{rows}}", text_mode="name"
        ),
        stat(
            "Alerts", 'count(ALERTS{alertstate="firing", alertname=~"Drum.*"}) or vector(0)',
            steps=((None, GREEN), (1, RED)),
        ),
    ),
)  # fmt: skip

COURSE = Panel(
    title="Drift by column",
    kind="status-history",
    width=24,
    unit="none",
    description="Statistic over threshold: red is drift.",
    queries=(Query("max by (column, role) (drum:drift_ratio:verdict)", "{{column}} ({{role}})"),),
    steps=RATIO_STEPS,
    options={"showValue": "never", "rowHeight": 0.9, "legend": {"showLegend": False}},
)

MOVERS = Panel(
    title="Top movers",
    kind="bargauge",
    unit="none",
    description="The ten columns that differ most from the reference, as statistic over threshold.",
    queries=(Query(f"topk(10, {BY_COLUMN})", "{{column}}", instant=True),),
    steps=RATIO_STEPS,
    minimum=0,
    options={
        "orientation": "horizontal",
        "displayMode": "basic",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    },
)

DRIFT = Board(
    uid="drum-drift",
    title="drum: drift",
    description="What is scored, against the reference.",
    rows=(
        STATE,
        Row(9, (COURSE,)),
        Row(
            9,
            (
                MOVERS,
                graph(
                    "Windows in a row with drift",
                    Query('max by (column) (drum:drift_windows:streak{role="feature"}) > 0 or vector(0)', "{{column}}"),
                    minimum=0, steps=((None, GREEN), (3, RED)), lines=True,
                    description="From three on, an alert fires.",
                ),
            ),
        ),
        Row(
            8,
            (
                graph(
                    "Share of columns that drift", Query("max(drum_drift_columns_ratio)", "share"),
                    unit="percentunit", minimum=0, maximum=1,
                ),
                graph(
                    "Missing, unseen, out of range",
                    Query("topk(10, max by (column, kind) (drum_data_quality_ratio))", "{{column}}: {{kind}}"),
                    unit="percentunit", minimum=0, maximum=1,
                    description="The ten largest shares of values that are not as they should be.",
                ),
            ),
        ),
    ),
)  # fmt: skip
