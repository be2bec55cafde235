"""What the server's ``/metrics`` shows of the senders in its workers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from drum_monitor.sending.counters import REASONS, read_all


class SenderCollector(Collector):
    """Adds up the counters of all processes that publish them in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        """Yield the metrics; observed is sent and dropped and queued, always."""
        counts = list(read_all(self._folder))
        yield CounterMetricFamily(
            "drum_monitor_observed_rows",
            "Rows scored while the monitor was on",
            value=sum(one.observed for one in counts),
        )
        yield CounterMetricFamily(
            "drum_monitor_sent_rows",
            "Rows that the monitoring service has taken",
            value=sum(one.sent for one in counts),
        )
        dropped = CounterMetricFamily("drum_monitor_dropped_rows", "Rows that were dropped", labels=["reason"])
        for reason in REASONS:
            dropped.add_metric([reason], sum(one.dropped[reason] for one in counts))
        yield dropped
        yield GaugeMetricFamily(
            "drum_monitor_queue_rows", "Rows that wait or are on their way", value=sum(one.pending for one in counts)
        )
        last = max((one.last_success for one in counts), default=0.0)
        if last:
            yield GaugeMetricFamily(
                "drum_monitor_last_success_timestamp_seconds", "When rows were last taken", value=last
            )
