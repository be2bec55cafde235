"""The service: is it there, how much does it answer, how fast, and with how many errors."""

from __future__ import annotations

from drum_monitor.bundle.panels import GREEN, RED, YELLOW, Board, Query, Row, graph, stat
from drum_monitor.bundle.recording_rules import SCORING

LATENCY = f"sum by (le) (rate(drum_http_request_seconds_bucket{{{SCORING}}}[5m]))"
STAGE = "sum by (stage) (rate(drum_stage_seconds_sum[5m])) / sum by (stage) (rate(drum_stage_seconds_count[5m]))"
SHARED = "sum(rate(drum_shared_requests_sum[5m])) / sum(rate(drum_shared_requests_count[5m]))"

STATE = Row(
    4,
    (
        stat(
            "Model", "min(drum_ready)", words={"0": "not ready", "1": "ready"}, steps=((None, RED), (1, GREEN))
        ),
        stat("Workers", "sum(drum_workers)"),
        stat("Workers replaced", "sum(drum_worker_restarts_total)", description="Those that died, since the start."),
        stat(
            "Errors", "max(drum:http_errors:ratio_rate5m)", unit="percentunit",
            steps=((None, GREEN), (0.01, YELLOW), (0.05, RED)),
        ),
        stat("Requests", f"sum(rate(drum_http_requests_total{{{SCORING}}}[5m]))", unit="reqps"),
        stat("Rows", "sum(rate(drum_scored_rows_total[5m]))", unit="rowsps"),
    ),
)  # fmt: skip

SERVICE = Board(
    uid="drum-service",
    title="drum: service",
    description="The inference service: rate, errors, time by stage, sharing, memory.",
    rows=(
        STATE,
        Row(
            8,
            (
                graph(
                    "Requests by status",
                    Query(f"sum by (status) (rate(drum_http_requests_total{{{SCORING}}}[5m]))", "{{status}}"),
                    unit="reqps", minimum=0,
                ),
                graph(
                    "Time to an answer",
                    *(Query(f"histogram_quantile({q}, {LATENCY})", f"{q:.0%}") for q in (0.5, 0.95, 0.99)),
                    unit="s", minimum=0,
                ),
            ),
        ),
        Row(
            8,
            (
                graph("Mean time by stage", Query(STAGE, "{{stage}}"), unit="s", minimum=0, width=8),
                graph("Requests that share a call", Query(SHARED, "mean"), minimum=0, width=8),
                graph("Requests that wait", Query("sum(drum_queue_requests)", "waiting"), minimum=0, width=8),
            ),
        ),
        Row(
            8,
            (
                graph("Rows scored", Query("sum(rate(drum_scored_rows_total[5m]))", "rows"), unit="rowsps", minimum=0),
                graph(
                    "Memory",
                    Query("sum(drum_front_resident_bytes)", "front"),
                    Query("sum(drum_workers_resident_bytes)", "workers"),
                    unit="bytes", minimum=0,
                ),
            ),
        ),
    ),
)  # fmt: skip
