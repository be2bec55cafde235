"""What Prometheus reads of the service. What was not computed is not there; it is never zero."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from drum_monitor.drift.profile import Profile
from drum_monitor.serving.judgement import Judgement, State

if TYPE_CHECKING:
    from drum_monitor.serving.engine import Engine

MOST_COLUMNS = 200
"""Columns that are shown by name, those of the reference first; the others are in the ratio only."""
LABELS = ["column", "role", "test"]


class WatchCollector(Collector):
    """Shows what an engine has found."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._shown_names = _names_to_show(engine.watch.reference.profiles, engine.watch.reference.roles.target)

    def collect(self) -> Iterable[Metric]:
        """Yield the metrics."""
        shown, watch = self._engine.shown, self._engine.watch
        judgement = shown.judgement
        yield GaugeMetricFamily("drum_monitor_window_rows", "Rows in the window", value=judgement.window_rows)
        states = GaugeMetricFamily("drum_monitor_state", "What can be said of the window: one is 1", labels=["state"])
        for state in State:
            states.add_metric([state.value], float(state is judgement.state))
        yield states
        info = GaugeMetricFamily("drum_monitor_reference_info", "The reference", labels=["sha256", "rows"])
        info.add_metric([watch.reference.sha256, str(watch.reference.rows)], 1)
        yield info
        yield CounterMetricFamily(
            "drum_monitor_received_rows", "Rows received by this process", value=self._engine.received_rows
        )
        yield CounterMetricFamily(
            "drum_monitor_unmatched_labels", "Labels whose row is not known", value=watch.labels.unmatched
        )
        yield CounterMetricFamily("drum_monitor_windows", "Windows' worth of rows judged so far", value=shown.windows)
        if judgement.findings:
            yield from self._drift(judgement)
        yield from self._quality(judgement)
        yield from _performance(judgement)

    def _drift(self, judgement: Judgement) -> Iterable[Metric]:
        statistic = GaugeMetricFamily("drum_drift_statistic", "Distance from the reference", labels=LABELS)
        threshold = GaugeMetricFamily(
            "drum_drift_threshold", "What the distance stays below if nothing has changed", labels=LABELS
        )
        detected = GaugeMetricFamily(
            "drum_drift_detected", "Whether the column drifts, by the test that decides", labels=LABELS
        )
        for one in judgement.findings:
            if one.column not in self._shown_names:
                continue
            labels = [one.column, one.role, one.test]
            statistic.add_metric(labels, one.statistic)
            threshold.add_metric(labels, one.threshold)
            if one.p_value is not None:
                statistic.add_metric([one.column, one.role, f"{one.test}_p_value"], one.p_value)
            if one.drives:
                detected.add_metric(labels, float(one.detected))
        yield from (statistic, threshold, detected)
        drifted, judged = len(judgement.drifted), len(judgement.verdicts)
        yield GaugeMetricFamily("drum_drift_columns", "Columns that drift", value=drifted)
        yield GaugeMetricFamily("drum_drift_columns_ratio", "Share of the columns that drift", value=drifted / judged)
        yield GaugeMetricFamily(
            "drum_monitor_last_window_timestamp_seconds", "When a window was last judged", value=judgement.at
        )

    def _quality(self, judgement: Judgement) -> Iterable[Metric]:
        quality = GaugeMetricFamily(
            "drum_data_quality_ratio", "Share of the window's values with a fault", labels=["column", "kind"]
        )
        for (column, kind), ratio in judgement.quality.items():
            if column in self._shown_names:
                quality.add_metric([column, kind], ratio)
        if quality.samples:
            yield quality


def _performance(judgement: Judgement) -> Iterable[Metric]:
    if judgement.performance:
        performance = GaugeMetricFamily("drum_performance", "How good predictions were, by labels", labels=["metric"])
        for name, value in judgement.performance.items():
            performance.add_metric([name], value)
        yield performance
    if judgement.coverage is not None:
        yield GaugeMetricFamily(
            "drum_label_coverage_ratio", "Share of the rows with an id whose label has come", value=judgement.coverage
        )


def _names_to_show(profiles: Iterable[Profile], target: str | None) -> frozenset[str]:
    """Return the columns that are shown by name: scores and target, and as many features as there is room for."""
    names = sorted(profiles, key=lambda profile: profile.role == "feature")
    kept = [profile.name for profile in names][: MOST_COLUMNS - (target is not None)]
    return frozenset([*kept, *([target] if target is not None else [])])
