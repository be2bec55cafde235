"""The page stands on its own, and shows what it is told as text."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from drum.perf.plots import latency_plot, stage_plot
from drum.perf.report_page import report_page
from drum.perf.results import Result

STAGES = {"queue": 0.001, "read": 0.002, "score": 0.003, "write": 0.001}


def result(case: str = "1 row", seconds: tuple[float, ...] = (0.01, 0.02, 0.5), failures: int = 0) -> Result:
    return Result(
        case=case, rows=1, bytes=1234, concurrency=2, seconds=seconds, wall=1.0, stages=STAGES, memory=2**28,
        failures={(500, "500 <b>bad</b>"): failures} if failures else {},
    )  # fmt: skip


def svgs(page: str) -> list[ET.Element]:
    return [ET.fromstring(text) for text in re.findall(r"<svg.*?</svg>", page, re.DOTALL)]


def test_every_request_is_a_dot_and_every_stage_a_bar() -> None:
    latencies, stages = svgs(latency_plot([result(), result("10 MB")])), svgs(stage_plot([result(), result("10 MB")]))
    assert len(latencies[0].findall("circle")) == 6
    assert len(stages[0].findall("rect")) == 2 * 5 + 5
    assert [title.text for title in stages[0].findall("rect/title")][:3] == [
        "queue: 1.00 ms, 1%", "read: 2.00 ms, 1%", "score: 3.00 ms, 2%",
    ]  # fmt: skip


def test_dots_lie_within_the_plot_in_the_order_of_their_times() -> None:
    (plot,) = svgs(latency_plot([result(seconds=(0.5, 0.00001, 100.0))]))
    places = [float(dot.get("cx", "")) for dot in plot.findall("circle")]
    assert places == sorted(places)
    assert all(0 < place < 900 for place in places)


def test_many_requests_are_drawn_as_some() -> None:
    (plot,) = svgs(latency_plot([result(seconds=tuple(0.001 * number for number in range(1, 5000)))]))
    assert 400 < len(plot.findall("circle")) < 600


def test_bars_of_a_case_fill_the_same_width() -> None:
    (plot,) = svgs(stage_plot([result(), result("x", seconds=(0.0, 0.0))]))
    widths = [float(bar.get("width", "")) for bar in plot.findall("rect")[:10]]
    assert sum(widths[:5]) == sum(widths[5:10]) or abs(sum(widths[:5]) - sum(widths[5:10])) < 1


def test_the_page_needs_nothing_from_elsewhere() -> None:
    page = report_page("my model", {"machine": "x"}, [result(), result("10 MB", failures=1)])
    assert not re.search(r"https?:|src=|href=|@import|url\(|<script", page)
    assert len(svgs(page)) == 2
    assert "my model" in page


def test_what_it_is_told_is_text_never_markup() -> None:
    hostile = "<script>alert(1)</script>"
    page = report_page(hostile, {hostile: hostile}, [result(hostile, failures=3)])
    assert "<script" not in page
    assert "<b>bad" not in page
    assert "3 of 6 requests failed: 500 &lt;b&gt;bad&lt;/b&gt;" in page


def test_a_page_without_any_answer() -> None:
    page = report_page("x", {}, [result(seconds=(), failures=2)])
    assert page.count("No request was answered.") == 2
