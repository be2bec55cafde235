"""The page at ``/report``: what a person wants to see before opening a dashboard. It is made whole on the server."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from drum_monitor.drift.judging import Finding
from drum_monitor.drift.tally import Counter, Tally
from drum_monitor.roles import FEATURE, PREDICTION, TARGET
from drum_monitor.serving import drawing
from drum_monitor.serving.judgement import State
from drum_monitor.serving.style import STYLE

if TYPE_CHECKING:
    from drum_monitor.serving.engine import Engine, Shown

MOST_LINES = 8
MOST_PLOTS = 12
"""Columns whose histograms are on the first page: those that differ most. The others are a click away."""
MEANING = {
    State.WARMING: "There are not enough rows in the window yet.",
    State.OK: "Nothing differs more than chance explains.",
    State.DRIFT: "Some columns differ from the reference by more than chance explains.",
    State.INSUFFICIENT: "The reference has fewer rows than min_reference_size asks for.",
    State.ERROR: "The comparison failed. The log of the service says why.",
}


def page(engine: Engine, column: str | None = None) -> str:
    """Return the page.

    :param column: a column to show alone; all are summed up without.
    """
    shown = engine.shown
    body = _head(engine, shown) + (_one_column(engine, shown, column) if column else _overview(engine, shown))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>drum monitor</title>'
        '<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="30">'
        '<link rel="icon" href="data:,">'
        f"<style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    )


def _head(engine: Engine, shown: Shown) -> str:
    judgement, reference = shown.judgement, engine.watch.reference
    at = datetime.fromtimestamp(judgement.at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    drifted = f"{len(judgement.drifted)} of {len(judgement.verdicts)} columns drift. " if judgement.verdicts else ""
    return (
        f'<h1>drum monitor <span id="state" class="{judgement.state.value}">{judgement.state.value}</span></h1>'
        f'<p id="summary">{drifted}{MEANING[judgement.state]}</p>'
        f"<p>{judgement.window_rows:,} rows in the window, {reference.rows:,} in the reference "
        f"<code>{reference.sha256[:12]}</code>. Compared at {at}.</p>"
    )


def _overview(engine: Engine, shown: Shown) -> str:
    verdicts = sorted(shown.judgement.verdicts, key=lambda finding: -finding.ratio)
    by_role = {role: [one for one in verdicts if one.role == role] for role in (FEATURE, PREDICTION, TARGET)}
    parts = []
    for role, title in (
        (FEATURE, "Drift of the features"),
        (PREDICTION, "Drift of the predictions"),
        (TARGET, "Drift of the target"),
    ):
        if by_role[role]:
            parts.append(
                _section(role, title, _course(shown, by_role[role], title) + _plots(engine, shown, by_role[role]))
            )
    performance = _performance(shown)
    if performance:
        parts.append(_section("performance", "Performance, by the labels that have come", performance))
    if verdicts:
        parts.append(_section("columns", "All columns", _table(verdicts)))
    faults = [(key, share) for key, share in shown.judgement.quality.items() if share > 0]
    if faults:
        parts.append(_section("quality", "Values with faults", _faults(faults)))
    return "".join(parts)


def _section(name: str, title: str, content: str) -> str:
    return f'<section id="{name}"><h2>{escape(title)}</h2>{content}</section>'


def _course(shown: Shown, verdicts: Sequence[Finding], title: str) -> str:
    """Draw the columns that differ most, in thresholds, over time."""
    times = [entry["at"] for entry in shown.history]
    series = {
        one.column: [entry["ratios"].get(f"{one.role}:{one.column}") for entry in shown.history]
        for one in verdicts[:MOST_LINES]
    }
    return f"<h3>Statistic / threshold over time</h3>{drawing.lines(times, series, f'{title} over time', limit=1.0)}"


def _plots(engine: Engine, shown: Shown, verdicts: Sequence[Finding]) -> str:
    figures = "".join(_figure(engine, shown, one) for one in verdicts[:MOST_PLOTS])
    return (
        '<h3>Reference and window</h3><p class="legend"><span class="ref"></span>reference '
        '<span class="cur"></span>window</p>'
        f'<div class="figures">{figures}</div>'
    )


def _figure(engine: Engine, shown: Shown, finding: Finding) -> str:
    kind = _verdict(finding)
    caption = (
        f'<a href="?column={quote(finding.column)}">{escape(finding.column)}</a> <span class="{kind}">{finding.test} '
        f"{finding.statistic:.3g}, threshold {finding.threshold:.3g}</span>"
    )
    return f"<figure><figcaption>{caption}</figcaption>{_histogram(engine, shown, finding.column)}</figure>"


def _histogram(engine: Engine, shown: Shown, column: str) -> str:
    reference = engine.watch.reference
    pairs: list[tuple[Counter, Tally, Tally]] = [(reference.counter, reference.tally, shown.window)]
    if reference.target is not None and reference.target_tally is not None and shown.target_window is not None:
        pairs.append((reference.target, reference.target_tally, shown.target_window))
    for counter, before, now in pairs:
        for place, profile in enumerate(counter.profiles):
            if profile.name == column:
                reference_shares, current_shares = (_shares(counter.cells_of(tally, place)) for tally in (before, now))
                title = f"{column}: reference and window"
                return drawing.bars(profile.names_of_cells, reference_shares, current_shares, title)
    return ""


def _shares(counts: Iterable[int]) -> list[float]:
    numbers = [float(count) for count in counts]
    total = sum(numbers) or 1.0
    return [number / total for number in numbers]


def _performance(shown: Shown) -> str:
    names = list(shown.judgement.performance)
    times = [entry["at"] for entry in shown.history]
    plots = ""
    for name in names:
        course = {name: [entry["performance"].get(name) for entry in shown.history]}
        caption = f"<figcaption>{escape(name)} <b>{shown.judgement.performance[name]:.4g}</b></figcaption>"
        plots += f"<figure>{caption}{drawing.lines(times, course, f'{name} over time', legend=False)}</figure>"
    coverage = shown.judgement.coverage
    told = f"<p>{coverage:.1%} of the rows with an id have their label.</p>" if coverage is not None else ""
    return f'{told}<div class="figures">{plots}</div>' if plots else ""


def _table(verdicts: Sequence[Finding]) -> str:
    rows = "".join(
        f'<tr class="{_verdict(one)}"><td><a href="?column={quote(one.column)}">{escape(one.column)}</a></td>'
        f"<td>{one.role}</td><td>{one.test}</td><td>{one.statistic:.4g}</td><td>{one.threshold:.4g}</td>"
        f"<td>{_verdict(one)}</td></tr>"
        for one in verdicts
    )
    return (
        "<table><thead><tr><th>column</th><th>role</th><th>test</th><th>statistic</th><th>threshold</th>"
        f"<th>verdict</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _verdict(finding: Finding) -> str:
    return "drift" if finding.detected else "ok"


def _faults(faults: Sequence[tuple[tuple[str, str], float]]) -> str:
    rows = "".join(
        f"<tr><td>{escape(column)}</td><td>{kind.replace('_', ' ')}</td><td>{share:.1%}</td></tr>"
        for (column, kind), share in sorted(faults, key=lambda fault: -fault[1])
    )
    return f"<table><thead><tr><th>column</th><th>fault</th><th>share</th></tr></thead><tbody>{rows}</tbody></table>"


def _one_column(engine: Engine, shown: Shown, column: str) -> str:
    found = [one for one in shown.judgement.findings if one.column == column]
    if not found:
        return _section("column", column, '<p>There is no verdict on this column. <a href="?">All columns</a></p>')
    verdict = [one for one in shown.judgement.verdicts if one.column == column]
    rows = "".join(
        f"<tr><td>{one.test}{' (decides)' if one.drives else ''}</td><td>{one.statistic:.4g}</td>"
        f"<td>{one.threshold:.4g}</td></tr>"
        for one in found
    )
    tests = (
        f"<table><thead><tr><th>test</th><th>statistic</th><th>threshold</th></tr></thead><tbody>{rows}</tbody></table>"
    )
    return '<p><a href="?">All columns</a></p>' + _section(
        "column", column, tests + _course(shown, verdict, column) + _plots(engine, shown, verdict)
    )
