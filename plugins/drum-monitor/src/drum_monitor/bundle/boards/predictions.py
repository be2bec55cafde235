"""Predictions against the reference's, and performance once labels come."""

from __future__ import annotations

from drum_monitor.bundle.panels import GREEN, RED, Board, Query, Row, graph, stat


def _against_threshold(title: str, role: str, description: str = "") -> Row:
    statistic = f'max by (column, test) (drum_drift_statistic{{role="{role}"}})'
    threshold = f'max by (column, test) (drum_drift_threshold{{role="{role}"}})'
    return Row(
        8,
        (
            graph(
                title,
                Query(statistic, "{{column}}: {{test}}"),
                Query(threshold, "{{column}}: {{test}}, threshold"),
                unit="none",
                width=16,
                description=description,
            ),
            stat(
                f"{title}: now",
                f'max(drum_drift_detected{{role="{role}"}})',
                width=8,
                words={"0": "as in the reference", "1": "drifts"},
                steps=((None, GREEN), (1, RED)),
            ),
        ),
    )


PREDICTIONS = Board(
    uid="drum-predictions",
    title="drum: predictions and performance",
    description="What the model says, and how right it was.",
    rows=(
        _against_threshold("Drift of predictions", "prediction"),
        _against_threshold("Drift of the target", "target", "Once labels have come to /feedback."),
        Row(
            8,
            (
                graph("Performance", Query("drum_performance", "{{metric}}"), unit="none", width=16),
                graph(
                    "Rows whose label has come", Query("max(drum_label_coverage_ratio)", "share"),
                    unit="percentunit", minimum=0, maximum=1, width=8,
                ),
            ),
        ),
    ),
)  # fmt: skip
