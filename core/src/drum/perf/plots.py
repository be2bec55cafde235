"""Plots of what was measured, as SVG to stand in a page; colours are the page's variables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape

from drum.perf.results import REST, STAGES, Result

WIDTH, LEFT, RIGHT = 900, 110, 30
ROW, TOP, BOTTOM = 46, 10, 34
MOST_DOTS = 500
"""Requests of a case that are drawn, spread over all of them."""
COLOURS = {**{stage: f"var(--{stage})" for stage in STAGES}, REST: "var(--rest)"}


def latency_plot(results: Sequence[Result]) -> str:
    """Draw every request as a dot by its time, on a logarithmic scale, and median and p99 as lines."""
    shown = [result for result in results if result.ordered]
    if not shown:
        return "<p>No request was answered.</p>"
    low = min(result.ordered[0] for result in shown)
    high = max(result.ordered[-1] for result in shown)
    scale = _LogScale(low, high)
    parts = [*_axis(scale, len(shown))]
    for number, result in enumerate(shown):
        parts += _requests(result, scale, TOP + number * ROW + ROW / 2)
    return _svg(parts, len(shown), "Time to an answer by case, in milliseconds")


class _LogScale:
    """Places seconds on a logarithmic axis that begins and ends with a power of ten."""

    def __init__(self, low: float, high: float) -> None:
        self.first = math.floor(math.log10(max(low, 1e-9)))
        self.last = max(math.ceil(math.log10(max(high, 1e-9))), self.first + 1)

    def place(self, seconds: float) -> float:
        """Return the horizontal place."""
        share = (math.log10(max(seconds, 1e-9)) - self.first) / (self.last - self.first)
        return LEFT + share * (WIDTH - LEFT - RIGHT)


def _axis(scale: _LogScale, rows: int) -> Iterator[str]:
    bottom = TOP + rows * ROW
    for power in range(scale.first, scale.last + 1):
        x = scale.place(10.0**power)
        yield f'<line class="grid" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}"/>'
        yield f'<text class="soft" x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{_power(power)}</text>'


def _power(power: int) -> str:
    return f"{10.0 ** (power + 3):g} ms" if power < 0 else f"{10.0**power:g} s"


def _requests(result: Result, scale: _LogScale, y: float) -> Iterator[str]:
    ordered = result.ordered
    yield _label(result, y)
    step = max(1, len(ordered) // MOST_DOTS)
    for number, seconds in enumerate(ordered[::step]):
        offset = (number * 7 % 13 - 6) * 1.2  # apart, so that equal times are seen to be many
        yield f'<circle cx="{scale.place(seconds):.1f}" cy="{y + offset:.1f}" r="2" fill="var(--mark)" opacity="0.45"/>'
    for name, share in (("median", 0.5), ("p99", 0.99)):
        seconds = result.latency(share) or 0.0
        x = scale.place(seconds)
        told = f"<title>{name}: {1000 * seconds:,.2f} ms</title>"
        dash = "" if name == "median" else ' stroke-dasharray="3 2"'
        yield f'<line x1="{x:.1f}" y1="{y - 15}" x2="{x:.1f}" y2="{y + 15}" stroke="var(--ink)"{dash}>{told}</line>'


def stage_plot(results: Sequence[Result]) -> str:
    """Draw the mean time of a request as a bar of its stages, each case on a scale of its own."""
    shown = [result for result in results if result.seconds]
    if not shown:
        return "<p>No request was answered.</p>"
    parts: list[str] = []
    for number, result in enumerate(shown):
        parts += _bar(result, TOP + number * ROW)
    y = TOP + len(shown) * ROW + 16
    for place, (stage, colour) in enumerate(COLOURS.items()):
        x = LEFT + place * 120
        parts.append(f'<rect x="{x}" y="{y - 10}" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{x + 18}" y="{y}">{escape(stage)}</text>')
    return _svg(parts, len(shown), "Mean time of a request by stage")


def _bar(result: Result, top: float) -> Iterator[str]:
    yield _label(result, top + ROW / 2)
    total = sum(result.shares.values()) or 1.0
    x = float(LEFT)
    for stage, seconds in result.shares.items():
        width = seconds / total * (WIDTH - LEFT - RIGHT)
        told = f"<title>{escape(stage)}: {1000 * seconds:,.2f} ms, {seconds / total:.0%}</title>"
        yield (
            f'<rect x="{x:.1f}" y="{top + 8}" width="{width:.1f}" height="{ROW - 18}" '
            f'fill="{COLOURS[stage]}">{told}</rect>'
        )
        x += width


def _label(result: Result, y: float) -> str:
    return f'<text x="{LEFT - 10}" y="{y + 4}" text-anchor="end">{escape(result.case)}</text>'


def _svg(parts: Sequence[str], rows: int, title: str) -> str:
    height = TOP + rows * ROW + BOTTOM
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )
