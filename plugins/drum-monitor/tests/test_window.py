"""Windows: what they hold, and that they merge."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from drum_monitor.drift.reference import Reference
from drum_monitor.drift.tally import Tally
from drum_monitor.drift.window import Window

Draw = Callable[..., pd.DataFrame]


def encoded(reference: Reference, table: pd.DataFrame) -> object:
    return reference.counter.encode(table.assign(predicted_class="no"))


def same(one: Tally, other: Tally) -> bool:
    return bool((one.cells == other.cells).all() and (one.faults == other.faults).all()) and one.rows == other.rows


@pytest.mark.parametrize("size", [1, 7, 30, 100, 1000])
def test_window_holds_the_newest_rows_and_at_most_a_slice_more(reference: Reference, rows: Draw, size: int) -> None:
    window = Window(reference.counter, size)
    everything = rows(2500)
    random = np.random.default_rng(0)
    first = 0
    while first < len(everything):
        last = min(len(everything), first + int(random.integers(1, 400)))
        window.add(encoded(reference, everything[first:last]))
        first = last
        held = window.current()
        assert min(first, size) <= held.rows < size + -(-size // 10) or held.rows == size
        newest = everything[first - held.rows : first]
        assert same(held, reference.counter.count(encoded(reference, newest)))
    assert sum(one.rows for one in window.slices) < size + 2 * -(-size // 10)


def test_tallies_of_parts_add_up_to_that_of_the_whole(reference: Reference, rows: Draw) -> None:
    everything = encoded(reference, rows(500))
    total = reference.counter.count(everything, 0, 123)
    total.add(reference.counter.count(everything, 123))
    whole = reference.counter.count(everything)
    assert same(total, whole)
    assert np.allclose(total.moments, whole.moments)


def test_previous_window_is_the_one_before(reference: Reference, rows: Draw) -> None:
    window = Window(reference.counter, 100, keeps_previous=True)
    everything = rows(500)
    window.add(encoded(reference, everything[:150]))
    assert window.previous() is None
    window.add(encoded(reference, everything[150:200]))
    previous = window.previous()
    assert previous is not None
    assert same(previous, reference.counter.count(encoded(reference, everything[:100])))
    window.add(encoded(reference, everything[200:]))
    previous = window.previous()
    assert previous is not None
    assert same(previous, reference.counter.count(encoded(reference, everything[300:400])))


def test_previous_window_is_not_kept_unless_wanted(reference: Reference, rows: Draw) -> None:
    window = Window(reference.counter, 100)
    window.add(encoded(reference, rows(500)))
    assert window.previous() is None
