"""One column: its tests, each against its threshold, and the quality of its values."""

from __future__ import annotations

from drum_monitor.bundle.panels import GREEN, RED, YELLOW, Board, Panel, Query, Row, Variable, graph, stat

REPORT = """\
The distributions themselves, reference against current, are in the monitoring service's report: `/report` on port 5001.
"""

COLUMN = Board(
    uid="drum-column",
    title="drum: one column",
    description="A feature, against the reference.",
    variables=(
        Variable(name="column", title="Column", query='label_values(drum_drift_statistic{role="feature"}, column)'),
    ),
    rows=(
        Row(
            4,
            (
                stat(
                    "Drift", 'max(drum_drift_detected{column="$column"})', words={"0": "no", "1": "yes"},
                    steps=((None, GREEN), (1, RED)),
                ),
                stat("Windows in a row", 'max(drum:drift_windows:streak{column="$column"})'),
                stat(
                    "Statistic over threshold", 'max(drum:drift_ratio:verdict{column="$column"})', unit="none",
                    steps=((None, GREEN), (0.7, YELLOW), (1.0, RED)),
                ),
                Panel(
                    title="Distributions", kind="text", width=12, options={"mode": "markdown", "content": REPORT}
                ),
            ),
        ),
        Row(
            9,
            (
                graph(
                    "Statistic and threshold",
                    Query('max by (test) (drum_drift_statistic{column="$column"})', "{{test}}"),
                    Query('max by (test) (drum_drift_threshold{column="$column"})', "{{test}}: threshold"),
                    unit="none",
                ),
                graph(
                    "Values that are not as they should be",
                    Query('max by (kind) (drum_data_quality_ratio{column="$column"})', "{{kind}}"),
                    unit="percentunit", minimum=0, maximum=1,
                ),
            ),
        ),
    ),
)  # fmt: skip
