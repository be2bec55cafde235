"""Alerts: each says what happened, and what to look at."""

from __future__ import annotations

from typing import Any

WINDOWS = 3
"""Windows in a row in which something must drift before anybody is woken."""
BETTER_HIGH = 'metric=~"accuracy|balanced_accuracy|f1|precision|recall|roc_auc"'
BETTER_LOW = 'metric=~"mae|rmse|mape|log_loss|brier"'

PERFORMANCE_DROP = f"""\
drum_performance{{{BETTER_HIGH}}} < 0.9 * quantile_over_time(0.5, drum_performance{{{BETTER_HIGH}}}[7d])
or
drum_performance{{{BETTER_LOW}}} > 1.25 * quantile_over_time(0.5, drum_performance{{{BETTER_LOW}}}[7d])
"""
MONITOR_SILENT = """\
sum(increase(drum_scored_rows_total[10m])) > 0
unless
sum(increase(drum_monitor_received_rows_total[10m])) > 0
"""
DROPPED_RATIO = """\
sum(rate(drum_monitor_dropped_rows_total{reason!="sampled"}[5m]))
/
(
  sum(rate(drum_monitor_observed_rows_total[5m]))
  - (sum(rate(drum_monitor_dropped_rows_total{reason="sampled"}[5m])) or vector(0))
  > 0
)
> 0.01
"""
"""Of the rows that were to be sent: what sampling leaves out is no loss."""


def alert_groups() -> list[dict[str, Any]]:
    """Return the groups of rules."""
    return [
        {"name": "service", "rules": _service_alerts()},
        {"name": "drift", "rules": _drift_alerts()},
        {"name": "quality", "rules": _quality_alerts()},
        {"name": "monitor", "rules": _monitor_alerts()},
    ]


def _alert(name: str, expression: str, wait: str, severity: str, summary: str, advice: str) -> dict[str, Any]:
    """Return an alert; ``wait`` is how long the expression must hold."""
    return {
        "alert": name,
        "expr": expression,
        "for": wait,
        "labels": {"severity": severity},
        "annotations": {"summary": summary, "description": advice},
    }


def _service_alerts() -> list[dict[str, Any]]:
    return [
        _alert(
            "DrumServiceDown", "up == 0", "1m", "critical",
            "{{ $labels.job }} does not answer.",
            "{{ $labels.instance }} has not answered Prometheus for a minute. Look at its container and its log.",
        ),
        _alert(
            "DrumModelNotReady", "drum_ready == 0", "2m", "critical",
            "No worker has a loaded model.",
            "GET /health/ of {{ $labels.instance }} says why.",
        ),
        _alert(
            "DrumErrorRatio", "drum:http_errors:ratio_rate5m > 0.05", "5m", "critical",
            "{{ $value | humanizePercentage }} of the requests fail.",
            "Answers with a status of 500 and above; the log of {{ $labels.instance }} has their request ids.",
        ),
    ]  # fmt: skip


def _drift_alerts() -> list[dict[str, Any]]:
    return [
        _alert(
            "DrumColumnDrift", f'drum:drift_windows:streak{{role="feature"}} >= {WINDOWS}', "0m", "warning",
            "Column {{ $labels.column }} drifts.",
            "It has differed from the reference for {{ $value }} windows in a row ({{ $labels.test }}).",
        ),
        _alert(
            "DrumManyColumnsDrift", "drum_drift_columns_ratio > 0.3", "5m", "critical",
            "{{ $value | humanizePercentage }} of the columns drift.",
            "So many at once are rather a change of the source or of a unit than of the world.",
        ),
        _alert(
            "DrumPredictionDrift", f'drum:drift_windows:streak{{role="prediction"}} >= {WINDOWS}', "0m", "critical",
            "The predictions in {{ $labels.column }} drift.",
            "They have differed from the reference for {{ $value }} windows in a row ({{ $labels.test }}).",
        ),
    ]  # fmt: skip


def _quality_alerts() -> list[dict[str, Any]]:
    missing = 'drum_data_quality_ratio{kind="missing"}'
    return [
        _alert(
            "DrumMissingValues", f"{missing} - min_over_time({missing}[1d]) > 0.1", "5m", "warning",
            "Values of column {{ $labels.column }} are missing.",
            "The share of missing values is {{ $value | humanizePercentage }} above the least of the last day.",
        ),
        _alert(
            "DrumPerformanceDrop", PERFORMANCE_DROP, "10m", "critical",
            "The model has become worse: {{ $labels.metric }} is {{ printf \"%.3g\" $value }}.",
            "It is compared with its median of the last seven days.",
        ),
    ]  # fmt: skip


def _monitor_alerts() -> list[dict[str, Any]]:
    return [
        _alert(
            "DrumMonitorSilent", MONITOR_SILENT, "5m", "warning",
            "Rows are scored, but none reaches the monitoring service.",
            "Nobody would notice drift now. Look at DRUM_MONITOR, EVIDENTLY_HOST and EVIDENTLY_PORT of the inference "
            "service, and at the log of both.",
        ),
        _alert(
            "DrumMonitorDropping", DROPPED_RATIO, "5m", "warning",
            "{{ $value | humanizePercentage }} of the rows are dropped before they are compared.",
            "drum_monitor_dropped_rows_total says why.",
        ),
        _alert(
            "DrumMonitorError", 'drum_monitor_state{state="error"} == 1', "5m", "warning",
            "The monitoring service cannot compare.",
            "Its log says why.",
        ),
        _alert(
            "DrumReferenceTooSmall", 'drum_monitor_state{state="insufficient"} == 1', "1m", "warning",
            "The reference has too few rows to compare with.",
            "Nobody would notice drift now. Write a larger reference with 'drum monitor reference', or lower "
            "min_reference_size in the configuration of the monitoring service.",
        ),
    ]  # fmt: skip
