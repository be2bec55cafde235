"""The monitor's own health: do rows reach it, are any lost, when did it last compare."""

from __future__ import annotations

from drum_monitor.bundle.panels import GREEN, RED, YELLOW, Board, Query, Row, graph, stat

MONITOR = Board(
    uid="drum-monitor",
    title="drum: the monitor itself",
    description="From the scorer to the monitoring service.",
    rows=(
        Row(
            4,
            (
                stat(
                    "Monitoring service", 'min(up{job="monitoring"})', words={"0": "down", "1": "up"},
                    steps=((None, RED), (1, GREEN)), width=6,
                ),
                stat("State", "drum_monitor_state == 1", legend="{{state}}", text_mode="name", width=6),
                stat(
                    "Since the last verdict", "time() - max(drum_monitor_last_window_timestamp_seconds)", unit="s",
                    width=6,
                ),
                stat(
                    "Since the last delivery", "time() - max(drum_monitor_last_success_timestamp_seconds)", unit="s",
                    steps=((None, GREEN), (60, YELLOW), (600, RED)), width=6,
                ),
            ),
        ),
        Row(
            8,
            (
                graph(
                    "Rows on their way",
                    Query("sum(rate(drum_monitor_observed_rows_total[5m]))", "observed"),
                    Query("sum(rate(drum_monitor_sent_rows_total[5m]))", "sent"),
                    Query("sum(rate(drum_monitor_received_rows_total[5m]))", "received"),
                    unit="rowsps", minimum=0,
                ),
                graph(
                    "Rows dropped", Query("sum by (reason) (rate(drum_monitor_dropped_rows_total[5m]))", "{{reason}}"),
                    unit="rowsps", minimum=0,
                ),
            ),
        ),
        Row(
            8,
            (
                graph("Rows that wait", Query("sum(drum_monitor_queue_rows)", "waiting"), minimum=0, width=8),
                graph(
                    "Windows compared", Query("sum(increase(drum_monitor_windows_total[1h]))", "in an hour"),
                    minimum=0, width=8,
                ),
                graph(
                    "Labels without a row",
                    Query("sum(increase(drum_monitor_unmatched_labels_total[1h]))", "in an hour"),
                    minimum=0, width=8,
                    description="Their ids are of no row that waits for a label: see --monitor-row-id.",
                ),
            ),
        ),
    ),
)  # fmt: skip
