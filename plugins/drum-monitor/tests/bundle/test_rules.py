"""Prometheus' own tool reads the configuration, and runs the alerts over series made for them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from drum_monitor.bundle.alert_rules import alert_groups
from drum_monitor.bundle.folder import write_files
from drum_monitor.bundle.prometheus import prometheus_files

DOCUMENT = Path(__file__).parents[4] / "docs" / "monitoring.md"
CASES = Path(__file__).with_name("alerts.yaml")
ALERTS = {rule["alert"] for group in alert_groups() for rule in group["rules"]}

needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="Debian's prometheus is not installed")


def promtool(*words: object) -> str:
    done = subprocess.run(["promtool", *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_promtool
def test_configuration_and_rules(bundle: Path) -> None:
    assert "SUCCESS: 2 rule files found" in promtool("check", "config", bundle / "prometheus" / "prometheus.yaml")
    promtool("check", "rules", *(bundle / "prometheus" / "rules").iterdir())


@needs_promtool
def test_alerts_and_recording_rules(tmp_path: Path) -> None:
    write_files(tmp_path, prometheus_files("cancer"))
    shutil.copy(CASES, tmp_path / "rules" / "cases.yaml")
    promtool("test", "rules", tmp_path / "rules" / "cases.yaml")


def test_each_alert_fires_in_one_case_and_is_silent_in_another() -> None:
    cases = [case for test in yaml.safe_load(CASES.read_text())["tests"] for case in test.get("alert_rule_test", ())]
    assert {case["alertname"] for case in cases if case["exp_alerts"]} == ALERTS
    assert {case["alertname"] for case in cases if not case["exp_alerts"]} == ALERTS


OLDER_NAMES = {
    "evidently:data_drift:n_drifted_features",
    "evidently:data_drift:share_drifted_features",
    "evidently:data_drift:dataset_drift",
    "evidently:data_drift:p_value",
    "evidently:cat_target_drift:drift",
    "evidently:num_target_drift:drift",
    "evidently:data_quality:quality_stat",
    "evidently:regression_performance:quality",
    "evidently:classification_performance:quality",
    "evidently:prob_classification_performance:quality",
    "evidently:reference_dataset_hash",
}


def test_older_names_are_recreated_and_listed_where_people_look(bundle: Path) -> None:
    rules = yaml.safe_load((bundle / "prometheus" / "rules" / "recording.yaml").read_text())
    names = {rule["record"] for group in rules["groups"] for rule in group["rules"]}
    assert {name for name in names if name.startswith("evidently:")} == OLDER_NAMES
    for document in (bundle / "README.md", DOCUMENT):
        assert set(re.findall(r"`(evidently:\w+(?::\w+)?)", document.read_text())) == OLDER_NAMES, document
