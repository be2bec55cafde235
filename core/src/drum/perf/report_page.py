"""The page of ``drum perf-test --html``: one file, with its plots as SVG in it, that needs nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from drum.perf.plots import latency_plot, stage_plot
from drum.perf.results import LATENCIES, Result

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --line: #d0d7de; --soft: #57606a;
  --mark: #0550ae; --queue: #bf8700; --read: #1a7f37; --score: #0969da; --write: #8250df; --rest: #8c959f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --line: #30363d; --soft: #8d96a0;
  --mark: #79c0ff; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 66rem;
  margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { text-align: right; padding: .25rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap;
  font-variant-numeric: tabular-nums; }
th:first-child, td:first-child { text-align: left; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; } dt { color: var(--soft); } dd { margin: 0; }
svg { width: 100%; height: auto; } svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
svg .soft { fill: var(--soft); } svg .grid { stroke: var(--line); }
.failed { color: #cf222e; }
"""


def report_page(title: str, about: Mapping[str, str], results: Sequence[Result]) -> str:
    """Return the page.

    :param title: its heading.
    :param about: what was measured, and where, in words.
    :param results: the cases, in the order in which they are shown.
    """
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in about.items())
    return (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{escape(title)}</title>\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<style>{STYLE}</style></head>\n<body>\n<h1>{escape(title)}</h1>\n<dl>{facts}</dl>\n"
        f"<h2>Time to an answer</h2>\n{latency_plot(results)}\n{_table(results)}\n"
        f"<h2>Where the time goes</h2>\n{stage_plot(results)}\n{_failures(results)}</body>\n</html>\n"
    )


def _table(results: Sequence[Result]) -> str:
    heads = ("case", "kB", "requests", "at once", *(f"{name} ms" for name in LATENCIES), "rows/s", "memory MB")
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in _cells(result))}</tr>\n" for result in results)
    return f"<table><thead><tr>{head}</tr></thead>\n<tbody>{rows}</tbody></table>"


def _cells(result: Result) -> list[str]:
    times = [result.latency(share) for share in LATENCIES.values()]
    return [
        result.case,
        f"{result.bytes / 1e3:,.1f}",
        f"{result.requests:,}",
        str(result.concurrency),
        *("" if seconds is None else f"{1000 * seconds:,.2f}" for seconds in times),
        "" if result.rows_per_second is None else f"{result.rows_per_second:,.0f}",
        "" if result.memory is None else f"{result.memory / 2**20:,.0f}",
    ]


def _failures(results: Sequence[Result]) -> str:
    lines = [
        f"<li>{escape(result.case)}: {count} of {result.requests} requests failed: {escape(message)}</li>"
        for result in results
        for (_, message), count in result.failures.items()
    ]
    return f'<h2 class="failed">Failures</h2>\n<ul>{"".join(lines)}</ul>\n' if lines else ""
