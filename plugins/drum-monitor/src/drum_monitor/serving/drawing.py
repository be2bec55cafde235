"""Plots as inline SVG: no script, nothing fetched; text stays text, so that it can be read aloud and found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 48, 12, 10, 24
SERIES_COLOURS = 8
"""Colours that the style sheet has: the classes ``s0`` and on."""
MOST_BARS = 24


def bars(names: Sequence[str], reference: Sequence[float], current: Sequence[float], title: str) -> str:
    """Draw shares of the reference beside those of the window, a pair for each cell."""
    names, reference, current = names[-MOST_BARS:], reference[-MOST_BARS:], current[-MOST_BARS:]
    most = max([*reference, *current, 1e-9])
    step = (WIDTH - LEFT - RIGHT) / max(len(names), 1)
    parts = [_axis([0, most / 2, most], 0, most, "{:.0%}")]
    for place, (name, before, now) in enumerate(zip(names, reference, current, strict=True)):
        x = LEFT + place * step
        for offset, value, kind, what in ((0.1, before, "ref", "reference"), (0.5, now, "cur", "window")):
            height = (HEIGHT - TOP - BOTTOM) * value / most
            parts.append(
                f'<rect class="{kind}" x="{x + offset * step:.1f}" y="{HEIGHT - BOTTOM - height:.1f}" '
                f'width="{0.38 * step:.1f}" height="{height:.1f}"><title>{escape(name)}: {value:.1%} of the {what}'
                "</title></rect>"
            )
        parts.append(_label(x + step / 2, _short(name, step), "middle"))
    return _svg(parts, title)


def lines(
    times: Sequence[float],
    series: Mapping[str, Sequence[float | None]],
    title: str,
    *,
    limit: float | None = None,
    legend: bool = True,
) -> str:
    """Draw values over time, a line for each name; ``limit`` is drawn across."""
    values = [value for course in series.values() for value in course if value is not None]
    if not values:
        return f"<p>{escape(title)}: nothing yet.</p>"
    low, high = min([*values, 0.0]), max([*values, *([limit * 1.2] if limit is not None else []), 1e-9])
    first, span = times[0], max(times[-1] - times[0], 1e-9)
    parts = [_axis([low, (low + high) / 2, high], low, high, "{:.3g}")]
    if limit is not None:
        y = _y(limit, low, high)
        parts.append(f'<line class="limit" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
    for number, (name, course) in enumerate(series.items()):
        dots = [
            (LEFT + (WIDTH - LEFT - RIGHT) * (at - first) / span, _y(value, low, high))
            for at, value in zip(times, course, strict=True)
            if value is not None
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in dots)
        colour = f"s{number % SERIES_COLOURS}"
        parts.append(f'<polyline class="{colour}" points="{path}"><title>{escape(name)}</title></polyline>')
        parts += [f'<circle class="{colour}" cx="{x:.1f}" cy="{y:.1f}" r="2"/>' for x, y in dots[-1:]]
    parts += [_label(LEFT, _clock(first), "start"), _label(WIDTH - RIGHT, _clock(times[-1]), "end")]
    return _svg(parts, title) + (_legend(list(series)) if legend else "")


def _legend(names: Sequence[str]) -> str:
    items = "".join(
        f'<li><span class="s{number % SERIES_COLOURS}"></span>{escape(name)}</li>' for number, name in enumerate(names)
    )
    return f'<ul class="legend">{items}</ul>'


def _svg(parts: Sequence[str], title: str) -> str:
    name = escape(title, quote=True)
    head = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{name}"><title>{name}</title>'
    return f"{head}{''.join(parts)}</svg>"


def _axis(marks: Sequence[float], low: float, high: float, form: str) -> str:
    return "".join(
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{_y(mark, low, high):.1f}" '
        f'y2="{_y(mark, low, high):.1f}"/><text x="{LEFT - 4}" y="{_y(mark, low, high) + 4:.1f}" '
        f'text-anchor="end">{form.format(mark)}</text>'
        for mark in marks
    )


def _y(value: float, low: float, high: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / max(high - low, 1e-12)


def _label(x: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}">{escape(text)}</text>'


def _short(name: str, room: float) -> str:
    most = max(int(room / 6), 2)
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S")
