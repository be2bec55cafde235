"""Join cells that expect too few rows: the approximations behind the thresholds need some in each."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from drum_monitor.drift.statistics import LEAST_EXPECTED, Counts

Groups = NDArray[np.intp]


def join_neighbours(reference: Counts, n: int) -> Groups:
    """Return where each group of ordered cells begins; each expects some of ``n`` rows.

    Only the reference decides, so that the current rows cannot choose their own test.
    """
    return _starts(tuple(reference.tolist()), n)


@lru_cache(maxsize=4096)
def _starts(reference: tuple[int, ...], n: int) -> Groups:
    needed = LEAST_EXPECTED * sum(reference) / max(n, 1)
    starts, held = [0], 0
    for place, count in enumerate(reference):
        if held >= needed:
            starts.append(place)
            held = 0
        held += count
    if held < needed and len(starts) > 1:
        starts.pop()
    return np.array(starts, dtype=np.intp)


def join_rare(reference: Counts, current: Counts) -> tuple[Counts, Counts]:
    """Put categories that expect too few rows into one cell; the last cell holds the rest already."""
    n, m = int(current.sum()), int(reference.sum())
    frequent = reference[:-1] * n >= LEAST_EXPECTED * m
    return _with_rest(reference, frequent), _with_rest(current, frequent)


def _with_rest(counts: Counts, frequent: NDArray[np.bool_]) -> Counts:
    kept = counts[:-1][frequent]
    return np.append(kept, counts.sum() - kept.sum())


def drop_empty(reference: Counts, current: Counts) -> tuple[Counts, Counts]:
    """Leave out cells that are empty in both."""
    used = (reference > 0) | (current > 0)
    return reference[used], current[used]
