"""``prometheus/``: what is scraped, what is worked out from it, and what raises an alarm."""

from __future__ import annotations

from drum_monitor.bundle.alert_rules import alert_groups
from drum_monitor.bundle.recording_rules import recording_groups
from drum_monitor.bundle.texts import yaml_text

SCRAPE_SECONDS = 15
TARGETS = {"inference": "inference:5000", "monitoring": "monitoring:5001"}
"""Jobs and where they listen; a job is called as its service is."""

RECORDING_HEAD = """\
What dashboards and alerts share, and names under which older dashboards look for drift.
"""
ALERT_HEAD = """\
Alerts. Prometheus shows them at /alerts and Grafana on its boards; to have them sent, add an Alertmanager to
prometheus.yaml.
"""


def prometheus_files(dataset: str) -> dict[str, str]:
    """Return the texts of the folder by their path in it.

    :param dataset: what older dashboards know the data by.
    """
    jobs = [{"job_name": job, "static_configs": [{"targets": [target]}]} for job, target in TARGETS.items()]
    config = {
        "global": {"scrape_interval": f"{SCRAPE_SECONDS}s", "evaluation_interval": f"{SCRAPE_SECONDS}s"},
        "rule_files": ["rules/recording.yaml", "rules/alerts.yaml"],
        "scrape_configs": jobs,
    }
    head = "Without Docker, put localhost in the place of the two hosts."
    return {
        "prometheus.yaml": yaml_text(config, head),
        "rules/recording.yaml": yaml_text({"groups": recording_groups(dataset)}, RECORDING_HEAD),
        "rules/alerts.yaml": yaml_text({"groups": alert_groups()}, ALERT_HEAD),
    }
