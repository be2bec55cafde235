"""One small function for each statistic, and one for the threshold that it stays below where nothing has changed.

All of them take counts over the same cells: ``reference`` of m rows, ``current`` of n rows. Rows are taken to be
independent of each other. ``level`` is the probability that a statistic passes its threshold by chance; the caller
divides the level of the window by the number of columns (Bonferroni).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

SMALLEST_EFFECT = 0.02
"""A population stability index that is too small to matter, however many rows prove it."""
SMALLEST_EXCESS = 0.04
"""The same of :func:`mann_whitney`: what a shift comes to whose stability index is that small."""
LEAST_EXPECTED = 5
"""Rows that a cell should expect for the chi-square approximation to hold (Cochran, 1954)."""


def noise(m: int, n: int) -> float:
    """Return the factor by which chance alone moves squared differences of two samples' shares."""
    return 1 / m + 1 / n


def chi_square_quantile(cells: int, level: float) -> float:
    """Return the value that chi-square with ``cells - 1`` degrees of freedom exceeds with probability ``level``."""
    return float(special.chdtri(max(cells - 1, 1), level))


# ---------------------------------------------------------------------- population stability index


def psi(reference: Counts, current: Counts) -> float:
    """Return the population stability index: the symmetric Kullback-Leibler divergence of the shares.

    Kullback and Leibler (1951), "On information and sufficiency". Half a row is added to each cell, so that an empty
    one does not make the index infinite (Jeffreys' prior).
    """
    p = (reference + 0.5) / (reference.sum() + 0.5 * len(reference))
    q = (current + 0.5) / (current.sum() + 0.5 * len(current))
    return float(np.sum((q - p) * np.log(q / p)))


def psi_threshold(cells: int, m: int, n: int, level: float) -> float:
    """Return the threshold of :func:`psi`, which behaves like chi-square times ``1/m + 1/n`` (Yurdakul, 2018).

    In small samples its tail is longer; a factor of ``1 + cells (1/m + 1/n)`` keeps the level there (by simulation,
    see the tests), and soon vanishes.
    """
    return max(SMALLEST_EFFECT, chi_square_quantile(cells, level) * noise(m, n) * (1 + cells * noise(m, n)))


# ------------------------------------------------------------------------ Jensen-Shannon divergence


def jensen_shannon(reference: Counts, current: Counts) -> float:
    """Return the Jensen-Shannon divergence in nats, from 0 to ln 2 (Lin, 1991)."""
    p, q = reference / reference.sum(), current / current.sum()
    middle = (p + q) / 2
    return float(np.sum(special.rel_entr(p, middle) + special.rel_entr(q, middle)) / 2)


def jensen_shannon_threshold(cells: int, m: int, n: int, level: float) -> float:
    """Return the threshold of :func:`jensen_shannon`, which near zero is an eighth of the stability index."""
    return min(psi_threshold(cells, m, n, level) / 8, 0.95 * float(np.log(2)))


# -------------------------------------------------------------------------------------- chi-square


def chi_square(reference: Counts, current: Counts) -> float:
    """Return Pearson's chi-square of homogeneity of two samples (Pearson, 1900)."""
    m, n = reference.sum(), current.sum()
    together = reference + current
    return float(np.sum((np.sqrt(m / n) * current - np.sqrt(n / m) * reference) ** 2 / np.maximum(together, 1)))


def chi_square_threshold(cells: int, level: float) -> float:
    """Return the threshold of :func:`chi_square`."""
    return chi_square_quantile(cells, level)


# ------------------------------------------------------------------------------ Kolmogorov-Smirnov


def kolmogorov_smirnov(reference: Counts, current: Counts) -> float:
    """Return the largest distance of the distribution functions at the cells' borders (Smirnov, 1939).

    Between borders it may be larger; so the test never raises more alarms than with the rows themselves.
    """
    return float(np.abs(_gaps(reference, current)).max(initial=0.0))


def chi_square_p_value(statistic: float, cells: int) -> float:
    """Return the probability that chance makes :func:`chi_square` as large."""
    return float(special.chdtrc(max(cells - 1, 1), statistic))


def kolmogorov_smirnov_p_value(statistic: float, m: int, n: int) -> float:
    """Return the probability that chance makes :func:`kolmogorov_smirnov` as large, or less."""
    return float(special.kolmogorov(statistic / math.sqrt(noise(m, n))))


def kolmogorov_smirnov_threshold(m: int, n: int, level: float) -> float:
    """Return the threshold of :func:`kolmogorov_smirnov`, from Kolmogorov's limiting distribution."""
    return float(special.kolmogi(level) * math.sqrt(noise(m, n)))


# ------------------------------------------------------------------------------------ Mann-Whitney


def mann_whitney(reference: Counts, current: Counts) -> float:
    """Return how far the probability that a current number exceeds one of the reference is from a half.

    Mann and Whitney (1947), on the cells: numbers of one cell count as equal. Of all these statistics it sees shifts
    with the fewest rows, and outliers do not move it.
    """
    p, q = reference / reference.sum(), current / current.sum()
    below = np.cumsum(p) - p / 2
    return abs(float(q @ below) - 0.5)


def mann_whitney_threshold(reference: Counts, m: int, n: int, level: float) -> float:
    """Return the threshold of :func:`mann_whitney`: the normal approximation, two-sided, corrected for ties."""
    p = reference / reference.sum()
    deviation = math.sqrt(max(1 - float(np.sum(p**3)), 0.0) / 12 * noise(m, n))
    return max(SMALLEST_EXCESS, float(-special.ndtri(level / 2)) * deviation)


# ------------------------------------------------------------------------------------- Wasserstein


def wasserstein(reference: Counts, current: Counts, borders: Floats, sigma: float) -> float:
    """Return the earth mover's distance, in standard deviations of the reference (Vaserstein, 1969).

    The distribution functions are taken to be straight between the borders.

    :param borders: of the cells, one more than there are cells; the outer ones are the reference's range.
    """
    return float(np.abs(_gaps(reference, current)) @ _weights(borders)) / sigma


def wasserstein_threshold(reference: Counts, borders: Floats, sigma: float, m: int, n: int, level: float) -> float:
    """Return the threshold of :func:`wasserstein`.

    Where nothing has changed, the gap of the distribution functions is a Brownian bridge times ``sqrt(1/m + 1/n)``.
    Its weighted L1 norm stays within ``sqrt(2 ln(1/level))`` standard deviations of its mean (Borell, 1975; Tsirelson,
    Ibragimov and Sudakov, 1976), whatever its distribution: the level is kept, with room to spare.
    """
    below = np.cumsum(reference)[:-1] / reference.sum()
    weights = _weights(borders)
    mean = float(weights @ np.sqrt(2 / np.pi * below * (1 - below)))
    covariance = np.minimum.outer(below, below) - np.outer(below, below)
    deviation = float(np.sqrt(max(weights @ covariance @ weights, 0.0)))
    return (mean + deviation * float(np.sqrt(-2 * np.log(level)))) * math.sqrt(noise(m, n)) / sigma


def _gaps(reference: Counts, current: Counts) -> Floats:
    """Return the distance of the distribution functions at the inner borders."""
    gaps: Floats = np.cumsum(current)[:-1] / current.sum() - np.cumsum(reference)[:-1] / reference.sum()
    return gaps


def _weights(borders: Floats) -> Floats:
    """Return the weight of each inner border in the trapezoidal rule."""
    weights: Floats = (borders[2:] - borders[:-2]) / 2
    return weights


# -------------------------------------------------------------------------------------- mean shift


def mean_shift(reference_mean: float, current_mean: float, sigma: float) -> float:
    """Return how far the mean has moved, in standard deviations of the reference."""
    return abs(current_mean - reference_mean) / sigma


def mean_shift_threshold(m: int, n: int, level: float) -> float:
    """Return the threshold of :func:`mean_shift`, by the central limit theorem, two-sided."""
    return float(-special.ndtri(level / 2) * math.sqrt(noise(m, n)))
