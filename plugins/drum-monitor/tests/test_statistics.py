"""Each statistic against another's implementation of it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.spatial import distance

from drum_monitor.drift import statistics
from drum_monitor.drift.cells import drop_empty, join_neighbours, join_rare

BEFORE, NOW = np.array([100, 300, 400, 200]), np.array([30, 60, 80, 80])


def test_psi_is_the_sum_over_cells() -> None:
    p, q = (BEFORE + 0.5) / 1002, (NOW + 0.5) / 252
    assert statistics.psi(BEFORE, NOW) == pytest.approx(sum((q - p) * np.log(q / p)))
    assert statistics.psi(BEFORE, BEFORE) == 0


def test_psi_of_an_empty_cell_is_finite() -> None:
    assert 1 < statistics.psi(np.array([500, 500, 0]), np.array([0, 50, 50])) < 20


def test_jensen_shannon_is_scipys() -> None:
    assert statistics.jensen_shannon(BEFORE, NOW) == pytest.approx(distance.jensenshannon(BEFORE, NOW) ** 2)
    assert statistics.jensen_shannon(np.array([5, 0]), np.array([0, 5])) == pytest.approx(np.log(2))


def test_chi_square_is_scipys() -> None:
    theirs = stats.chi2_contingency(np.stack([BEFORE, NOW]), correction=False)
    ours = statistics.chi_square(BEFORE, NOW)
    assert ours == pytest.approx(theirs.statistic)
    assert statistics.chi_square_p_value(ours, 4) == pytest.approx(theirs.pvalue)
    assert statistics.chi_square_threshold(4, 0.01) == pytest.approx(stats.chi2.isf(0.01, 3))


def test_kolmogorov_smirnov_is_scipys_at_the_borders() -> None:
    before, now = (np.repeat(np.arange(4), counts) for counts in (BEFORE, NOW))
    theirs = stats.ks_2samp(before, now, method="asymp")
    ours = statistics.kolmogorov_smirnov(BEFORE, NOW)
    assert ours == pytest.approx(theirs.statistic)
    assert statistics.kolmogorov_smirnov_p_value(ours, 1000, 250) == pytest.approx(theirs.pvalue, rel=0.15)


def test_wasserstein_of_shifted_numbers_is_scipys() -> None:
    random = np.random.default_rng(1)
    before, now = random.uniform(size=50_000), random.uniform(size=50_000) ** 1.3
    borders = np.linspace(0, 1, 101)
    counted = [np.histogram(values, borders)[0] for values in (before, now)]
    expected = stats.wasserstein_distance(before, now) / 0.5
    assert statistics.wasserstein(*counted, borders, 0.5) == pytest.approx(expected, rel=0.02)


def test_mann_whitney_is_scipys() -> None:
    before, now = (np.repeat(np.arange(4), counts) for counts in (BEFORE, NOW))
    theirs = stats.mannwhitneyu(now, before)
    ours = statistics.mann_whitney(BEFORE, NOW)
    assert ours == pytest.approx(abs(theirs.statistic / (1000 * 250) - 0.5))
    limit = statistics.mann_whitney_threshold(BEFORE, 1000, 250, 0.001)
    assert limit == pytest.approx(stats.norm.isf(0.0005) / stats.norm.isf(theirs.pvalue / 2) * ours, rel=0.05)


def test_mean_shift_is_in_standard_deviations() -> None:
    assert statistics.mean_shift(10.0, 13.0, 2.0) == 1.5


@pytest.mark.parametrize("n", [30, 300, 10_000])
def test_thresholds_shrink_as_rows_grow(n: int) -> None:
    def thresholds(rows: int) -> list[float]:
        borders = np.linspace(0, 1, 5)
        return [
            statistics.psi_threshold(10, 1000, rows, 0.001),
            statistics.jensen_shannon_threshold(10, 1000, rows, 0.001),
            statistics.kolmogorov_smirnov_threshold(1000, rows, 0.001),
            statistics.wasserstein_threshold(BEFORE, borders, 0.3, 1000, rows, 0.001),
            statistics.mean_shift_threshold(1000, rows, 0.001),
        ]

    assert all(more < fewer for more, fewer in zip(thresholds(2 * n), thresholds(n), strict=True))


def test_an_effect_too_small_to_matter_is_none_however_many_rows_prove_it() -> None:
    assert statistics.psi_threshold(10, 10**9, 10**9, 0.01) == statistics.SMALLEST_EFFECT


def test_neighbours_are_joined_until_each_expects_five_rows() -> None:
    even = np.full(10, 100)
    assert join_neighbours(even, 1000).tolist() == list(range(10))
    assert join_neighbours(even, 30).tolist() == [0, 2, 4, 6, 8]
    assert join_neighbours(even, 3).tolist() == [0]


def test_rare_categories_share_a_cell() -> None:
    before, now = join_rare(np.array([500, 480, 15, 5]), np.array([50, 40, 9, 1]))
    assert before.tolist() == [500, 480, 20]
    assert now.tolist() == [50, 40, 10]


def test_cells_that_are_empty_in_both_say_nothing() -> None:
    assert [counts.tolist() for counts in drop_empty(np.array([1, 0, 2]), np.array([0, 0, 3]))] == [[1, 2], [0, 3]]
