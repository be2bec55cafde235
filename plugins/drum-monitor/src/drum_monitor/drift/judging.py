"""Judge a window: every column's statistics, each with the threshold that it stays below where nothing has changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from drum_monitor.drift import statistics
from drum_monitor.drift.cells import drop_empty, join_neighbours, join_rare
from drum_monitor.drift.profile import Profile
from drum_monitor.drift.statistics import Counts, Floats
from drum_monitor.drift.tally import Counter, Tally, mean, sigma
from drum_monitor.roles import FEATURE

PSI, MANN_WHITNEY, KS, WASSERSTEIN, JENSEN_SHANNON, CHI_SQUARE, MEAN_SHIFT = TESTS = (
    "psi", "mann_whitney", "ks", "wasserstein", "jensen_shannon", "chi_square", "mean_shift",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One statistic of one column; ``drives`` tells whether the column's verdict hangs on it.

    A number drifts if one of two statistics says so, each at half the level; a category if one does.
    """

    column: str
    role: str
    test: str
    statistic: float
    threshold: float
    drives: bool = False
    p_value: float | None = None

    @property
    def detected(self) -> bool:
        """Tell whether the statistic is larger than chance makes it."""
        return self.statistic > self.threshold

    @property
    def ratio(self) -> float:
        """The statistic in thresholds."""
        return self.statistic / self.threshold


def judge(counter: Counter, reference: Tally, current: Tally, places: Sequence[int], level: float) -> list[Finding]:
    """Compare the columns at ``places`` in two tallies.

    :param level: the probability of a false alarm for one column: that of the window, divided by all its columns.
    :returns: nothing for a column that cannot be compared, such as one without a single row.
    """
    return [finding for place in places for finding in _judge_column(counter, reference, current, place, level)]


def _judge_column(counter: Counter, reference: Tally, current: Tally, place: int, level: float) -> Iterator[Finding]:
    profile = counter.profiles[place]
    before, now = counter.cells_of(reference, place), counter.cells_of(current, place)
    if not before.sum() or not now.sum():
        return
    if profile.is_continuous:
        drivers, further = _continuous(profile, before, now, reference.moments[place], level)
        if profile.role != FEATURE:
            further += _mean(reference.moments[place], current.moments[place], level)
    else:
        drivers, further = _categorical(before, now, level)
    for test, statistic, threshold, *p_value in (*drivers, *further):
        yield Finding(
            column=profile.name, role=profile.role, test=test, statistic=statistic, threshold=threshold,
            drives=any(test == driver[0] for driver in drivers), p_value=p_value[0] if p_value else None,
        )  # fmt: skip


Result = tuple[str, float, float] | tuple[str, float, float, float]


Results = list[Result]


def _continuous(
    profile: Profile, before: Counts, now: Counts, moments: Floats, level: float
) -> tuple[Results, Results]:
    """Return what drives the verdict, and the rest."""
    m, n = int(before.sum()), int(now.sum())
    starts = join_neighbours(before[:-1], n)
    p, q = drop_empty(*(np.append(np.add.reduceat(counts[:-1], starts), counts[-1]) for counts in (before, now)))
    cells = max(len(p), 2)
    drivers: Results = [(PSI, statistics.psi(p, q), statistics.psi_threshold(cells, m, n, level / 2))]
    divergence = statistics.jensen_shannon(p, q)
    further: Results = [(JENSEN_SHANNON, divergence, statistics.jensen_shannon_threshold(cells, m, n, level))]
    there, numbers = before[:-1], now[:-1]
    m, n = int(there.sum()), int(numbers.sum())
    if m and n:
        limit = statistics.mann_whitney_threshold(there, m, n, level / 2)
        drivers.append((MANN_WHITNEY, statistics.mann_whitney(there, numbers), limit))
        distance = statistics.kolmogorov_smirnov(there, numbers)
        limit = statistics.kolmogorov_smirnov_threshold(m, n, level)
        further.append((KS, distance, limit, statistics.kolmogorov_smirnov_p_value(distance, m, n)))
        further += _wasserstein(profile, there, numbers, sigma(moments), level)
    return drivers, further


def _wasserstein(profile: Profile, before: Counts, now: Counts, deviation: float, level: float) -> Results:
    """Return the earth mover's distance, where there is a scale to measure it by."""
    if not deviation or profile.borders is None:
        return []
    borders = np.concatenate([[profile.low], profile.borders, [profile.high]])
    moved = statistics.wasserstein(before, now, borders, deviation)
    m, n = int(before.sum()), int(now.sum())
    limit = statistics.wasserstein_threshold(before, borders, deviation, m, n, level)
    return [(WASSERSTEIN, moved, limit)] if limit > 0 else []


def _mean(before: Floats, now: Floats, level: float) -> Results:
    m, n, deviation = int(before[0]), int(now[0]), sigma(before)
    if not m or not n or not deviation:
        return []
    moved = statistics.mean_shift(mean(before), mean(now), deviation)
    return [(MEAN_SHIFT, moved, statistics.mean_shift_threshold(m, n, level))]


def _categorical(before: Counts, now: Counts, level: float) -> tuple[Results, Results]:
    """Return what drives the verdict, and the rest."""
    m, n = int(before.sum()), int(now.sum())
    p, q = join_rare(before[:-1], now[:-1]) if before[:-1].sum() and now[:-1].sum() else (before[:-1], now[:-1])
    p, q = drop_empty(np.append(p, before[-1]), np.append(q, now[-1]))
    cells = max(len(p), 2)
    pearson = statistics.chi_square(p, q)
    limit = statistics.chi_square_threshold(cells, level)
    divergence = statistics.jensen_shannon(p, q)
    return (
        [(JENSEN_SHANNON, divergence, statistics.jensen_shannon_threshold(cells, m, n, level))],
        [(CHI_SQUARE, pearson, limit, statistics.chi_square_p_value(pearson, cells))],
    )
