"""Recording rules: what several boards and alerts share, and the names of older dashboards."""

from __future__ import annotations

from typing import Any

SCORING = 'route=~".*/(predict|predictions|invocations|transform|predictUnstructured|predictionsUnstructured)/?"'
"""The routes that score; the others are asked for health and metrics, and would thin out the errors."""

RATIO = """\
drum_drift_statistic / drum_drift_threshold
and
drum_drift_detected
"""
"""Only the test on which a column's verdict hangs says whether drift was detected."""

CLEAN_WINDOWS = """\
(drum_drift_detected == 0) + on (instance, job) group_left () drum_monitor_windows_total
or
(drum:drift_clean_windows:last <= on (instance, job) group_left () drum_monitor_windows_total) and drum_drift_detected
or
drum_drift_detected * 0 + on (instance, job) group_left () (drum_monitor_windows_total - 1)
"""
"""How many windows there had been when a column was last seen without drift: remembered while it drifts, and begun
anew, one window ago, if the count of windows has started over."""

STREAK = """\
drum_drift_detected
* (drum_monitor_windows_total - on (instance, job) group_right () drum:drift_clean_windows:last)
"""


def recording_groups(dataset: str) -> list[dict[str, Any]]:
    """Return the groups of rules.

    :param dataset: the label ``dataset_name`` of the older names.
    """
    return [
        {
            "name": "drum",
            "rules": [
                _rule("drum:drift_ratio:verdict", RATIO),
                _rule("drum:drift_clean_windows:last", CLEAN_WINDOWS),
                _rule("drum:drift_windows:streak", STREAK),
                _rule("drum:http_errors:ratio_rate5m", _error_ratio()),
            ],
        },
        {"name": "evidently", "rules": [_labelled(rule, dataset_name=dataset) for rule in _older_names()]},
    ]


def _rule(name: str, expression: str) -> dict[str, Any]:
    return {"record": name, "expr": expression}


def _labelled(rule: dict[str, Any], **labels: str) -> dict[str, Any]:
    return {**rule, "labels": {**labels, **rule.get("labels", {})}}


def _error_ratio() -> str:
    errors = f'sum by (instance, job) (rate(drum_http_requests_total{{status=~"5..", {SCORING}}}[5m]))'
    every = f"sum by (instance, job) (rate(drum_http_requests_total{{{SCORING}}}[5m]))"
    return f"(\n  {errors}\n  or\n  {every} * 0\n)\n/\n({every} > 0)\n"


REGRESSION = {"mean_error": "mean_error", "mae": "mean_abs_error", "mape": "mean_abs_perc_error"}
CLASSIFICATION = ("accuracy", "precision", "recall", "f1")
PROBABILITIES = ("log_loss", "roc_auc")
"""What Evidently's monitors called the measures of performance that are computed here too."""


def _older_names() -> list[dict[str, Any]]:
    """Return rules for the names and labels that Evidently's monitors exported, as far as there are numbers for them.

    They told shares as percentages, and the window from the reference by ``dataset``.
    """
    sha = _relabelled("drum_monitor_reference_info", "hash", "sha256")
    classes = f'drum_performance{{metric=~"{"|".join(CLASSIFICATION)}"}}'
    scores = f'drum_performance{{metric=~"{"|".join(CLASSIFICATION + PROBABILITIES)}"}}'
    return [
        _rule("evidently:data_drift:n_drifted_features", "drum_drift_columns"),
        _rule("evidently:data_drift:share_drifted_features", "drum_drift_columns_ratio"),
        _rule("evidently:data_drift:dataset_drift", "drum_drift_columns_ratio >= bool 0.5"),
        _rule(
            "evidently:data_drift:p_value",
            _feature_p_values("ks", "num") + "or\n" + _feature_p_values("chi_square", "cat"),
        ),
        _rule("evidently:cat_target_drift:drift", _target_p_values("chi_square")),
        _rule("evidently:num_target_drift:drift", _target_p_values("ks")),
        _of_window("evidently:data_quality:quality_stat", _quality()),
        _of_window("evidently:regression_performance:quality", _regression()),
        _of_window("evidently:classification_performance:quality", classes),
        _of_window(
            "evidently:prob_classification_performance:quality",
            f'{scores}\nand on (instance, job)\ndrum_performance{{metric="log_loss"}}\n',
        ),
        _rule("evidently:reference_dataset_hash", f"max by (instance, job, hash) (\n  {sha}\n)\n"),
    ]


def _of_window(name: str, expression: str) -> dict[str, Any]:
    return {**_rule(name, expression), "labels": {"dataset": "current"}}


def _regression() -> str:
    """Return the measures of error by their older names; the relative one was a percentage."""
    parts = []
    for ours, theirs in REGRESSION.items():
        factor = "100 * " if ours == "mape" else ""
        parts.append(f'label_replace({factor}drum_performance{{metric="{ours}"}}, "metric", "{theirs}", "", "")\n')
    return "or\n".join(parts)


def _quality() -> str:
    """Return missing and infinite values as percentages; only numbers are looked at for infinite ones."""
    infinite = 'drum_data_quality_ratio{kind="infinite"}'
    parts = []
    for kind in ("missing", "infinite"):
        for typed, of_numbers in (("num", "and"), ("cat", "unless")):
            found = f'drum_data_quality_ratio{{kind="{kind}"}} {of_numbers} on (instance, job, column) {infinite}'
            named = _relabelled(f"100 * ({found})", "feature", "column")
            stated = f'label_replace({named}, "feature_type", "{typed}", "", "")'
            metric = f'label_replace({stated}, "metric", "{kind}_percentage", "", "")'
            if (kind, typed) != ("infinite", "cat"):
                parts.append(f"max by (instance, job, feature, feature_type, metric) (\n  {metric}\n)\n")
    return "or\n".join(parts)


def _feature_p_values(test: str, kind: str) -> str:
    named = _relabelled(f'drum_drift_statistic{{role="feature", test="{test}_p_value"}}', "feature", "column")
    typed = f'label_replace({named}, "feature_type", "{kind}", "", "")'
    return f"max by (instance, job, feature, feature_type) (\n  {typed}\n)\n"


def _target_p_values(test: str) -> str:
    """Return the p-values of target and predictions; of several score columns, the least."""
    values = f'drum_drift_statistic{{role=~"prediction|target", test="{test}_p_value"}}'
    return f"min by (instance, job, kind) (\n  {_relabelled(values, 'kind', 'role')}\n)\n"


def _relabelled(expression: str, to: str, source: str) -> str:
    return f'label_replace({expression}, "{to}", "$1", "{source}", "(.*)")'
