"""The promise of the thresholds: false alarms near the level asked for at any window size, and real shifts seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from drum_monitor.drift.judging import judge
from drum_monitor.drift.reference import Reference, make_reference
from drum_monitor.drift.tally import Tally
from drum_monitor.roles import Roles
from drum_monitor.serving.configuration import Configuration

LEVEL, DEFAULT_LEVEL = 0.05, 0.01
COLUMNS = 24


def undrifted(random: np.random.Generator, rows: int) -> pd.DataFrame:
    """Draw columns of every kind: numbers, skewed and with gaps; whole numbers; categories, even and rare; switches."""
    categories = random.choice([*"abcdefgh"], size=(3, rows), p=[0.4, 0.2, 0.15, 0.1, 0.07, 0.05, 0.02, 0.01])
    columns = {f"normal{place}": random.normal(size=rows) for place in range(12)}
    skewed = random.exponential(size=(3, rows))
    columns |= {f"skewed{place}": np.where(random.random(rows) < 0.05, np.nan, skewed[place]) for place in range(3)}
    columns |= {f"category{place}": categories[place] for place in range(3)}
    columns |= {f"count{place}": random.poisson(3, size=rows) for place in range(3)}
    columns |= {f"switch{place}": random.random(rows) < 0.1 * (place + 1) for place in range(3)}
    return pd.DataFrame(columns)


def reference_of(table: pd.DataFrame) -> Reference:
    return make_reference(table, Roles(features=tuple(map(str, table.columns)), prediction=()))


def drifting(reference: Reference, window: Tally, level: float) -> list[str]:
    found = judge(reference.counter, reference.tally, window, range(COLUMNS), level / COLUMNS)
    return sorted({one.column for one in found if one.drives and one.detected})


SIZES = [(30, 20, 40), (100, 20, 40), (1000, 20, 10), (10_000, 12, 5)]
"""Rows of a window, references, and windows compared with each."""


@pytest.fixture(scope="module")
def alarms() -> dict[tuple[int, float], int]:
    """Return the windows without drift that raise an alarm, by their size and the level; the default one is 0.01."""
    found: dict[tuple[int, float], int] = {}
    for size, references, windows in SIZES:
        random = np.random.default_rng(size)
        for _ in range(references):
            reference = reference_of(undrifted(random, 2000))
            rows = reference.counter.encode(undrifted(random, size * windows))
            for first in range(0, size * windows, size):
                tally = reference.counter.count(rows, first, first + size)
                for level in (LEVEL, DEFAULT_LEVEL):
                    found[size, level] = found.get((size, level), 0) + bool(drifting(reference, tally, level))
    return found


@pytest.mark.parametrize(("size", "references", "windows"), SIZES)
def test_false_alarms_stay_under_twice_the_level(
    alarms: dict[tuple[int, float], int], size: int, references: int, windows: int
) -> None:
    assert alarms[size, LEVEL] < 2 * LEVEL * references * windows


def test_so_they_do_at_the_default_level(alarms: dict[tuple[int, float], int]) -> None:
    """All sizes together: one alone would have too few alarms to count."""
    windows = sum(references * windows for _, references, windows in SIZES)
    raised = sum(alarms[size, DEFAULT_LEVEL] for size, *_ in SIZES)
    assert DEFAULT_LEVEL * windows / 3 < raised < 2 * DEFAULT_LEVEL * windows


def test_the_default_level_is_the_one_that_is_tested() -> None:
    assert Configuration(path=Path(), reference_path=Path()).level == DEFAULT_LEVEL


def test_half_a_standard_deviation_is_seen_in_99_of_100_windows_of_300_and_in_its_column_only() -> None:
    random = np.random.default_rng(5)
    reference = reference_of(undrifted(random, 1000))
    seen, others = 0, 0
    for _ in range(100):
        window = undrifted(random, 300)
        window["normal0"] += 0.5
        found = drifting(reference, reference.counter.count(reference.counter.encode(window)), 0.01)
        seen += "normal0" in found
        others += found not in ([], ["normal0"])
    assert seen >= 99
    assert others <= 5


@pytest.mark.parametrize("column", ["category0", "switch0", "count0", "skewed0"])
def test_change_of_any_kind_of_column_is_seen(column: str) -> None:
    random = np.random.default_rng(11)
    reference = reference_of(undrifted(random, 1000))
    window = undrifted(random, 300)
    kept = random.random(300) < 0.5
    other = {"category0": "h", "switch0": True, "count0": 9, "skewed0": np.nan}[column]
    window[column] = window[column].where(kept, other)
    assert drifting(reference, reference.counter.count(reference.counter.encode(window)), 0.01) == [column]
