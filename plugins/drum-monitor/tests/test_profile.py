"""Columns of any kind, and what comes in them later."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from drum_monitor.drift.judging import judge
from drum_monitor.drift.profile import QUALITY, Profile, profile_column
from drum_monitor.drift.reference import make_reference
from drum_monitor.roles import Roles


def faults(profile: Profile, *values: object) -> dict[str, int]:
    """Return how many values have which fault."""
    counts = profile.encode(pd.Series(list(values), dtype=object)).faults.sum(axis=0)
    return {kind: int(count) for kind, count in zip(QUALITY, counts, strict=True) if count}


def test_numbers_have_a_cell_for_each_tenth_and_one_for_missing_ones() -> None:
    profile = profile_column("x", "feature", pd.Series(np.arange(1000.0)))
    assert profile.is_continuous
    assert profile.cells == 11
    counts = np.bincount(profile.encode(pd.Series(np.arange(1000.0))).codes, minlength=11)
    assert counts.tolist() == [100] * 10 + [0]
    assert profile.encode(pd.Series([-1.0, 1e9, np.nan])).codes.tolist() == [0, 9, 10]


def test_cells_have_short_names() -> None:
    profile = profile_column("x", "feature", pd.Series(np.arange(0.0, 20_000.0, 20.0)))
    assert profile.names_of_cells[:2] == ["≤ 1.98k", "to 3.98k"]
    assert profile.names_of_cells[-2:] == ["> 18k", "missing"]


def test_faults_of_numbers() -> None:
    profile = profile_column("x", "feature", pd.Series(np.arange(1000.0)))
    found = faults(profile, 5, 1500, -3.5, None, float("inf"), "seven", "8", [1], True)
    assert found == {"missing": 1, "out_of_range": 2, "infinite": 1, "type_error": 2}


def test_a_number_with_few_values_is_a_category() -> None:
    profile = profile_column("x", "feature", pd.Series([0, 1, 2] * 50))
    assert not profile.is_continuous
    assert profile.categories == (0.0, 1.0, 2.0)
    assert profile.encode(pd.Series([2, 0, 7, None, 1.5])).codes.tolist() == [2, 0, 3, 4, 3]
    assert faults(profile, 2, 7, None, "x", "1") == {"missing": 1, "unseen": 1, "out_of_range": 1, "type_error": 1}


def test_frequent_categories_have_a_cell_each_and_the_others_share_one() -> None:
    values = [f"v{number}" for number in range(30) for _ in range(30 - number)]
    profile = profile_column("x", "feature", pd.Series(values))
    assert profile.categories == tuple(f"v{number}" for number in range(20))
    assert profile.encode(pd.Series(["v0", "v19", "v25", "new", None])).codes.tolist() == [0, 19, 20, 20, 21]
    assert faults(profile, "v25", "new", None) == {"missing": 1, "unseen": 1}


def test_of_free_text_nothing_is_unseen() -> None:
    profile = profile_column("x", "feature", pd.Series([f"text {number}" for number in range(1500)]))
    assert faults(profile, "another text") == {}
    assert not profile.tracks(QUALITY.index("unseen"))


def test_truth_values_are_the_same_however_they_come() -> None:
    profile = profile_column("x", "feature", pd.Series([True, False] * 20))
    assert profile.encode(pd.Series([True, "True", False], dtype=object)).codes.tolist() == [1, 1, 0]


SPOILT = {
    "constant": [1.5] * 300,
    "empty": [None] * 300,
    "nan": [float("nan")] * 300,
    "mixed": [1, "one", 2.5, None, True, [1]] * 50,
    "infinite": [float("inf"), -float("inf"), 0.0] * 100,
}


@pytest.mark.parametrize("now", SPOILT)
@pytest.mark.parametrize("before", SPOILT)
def test_a_spoilt_column_spoils_itself_only(before: str, now: str) -> None:
    good = np.random.default_rng(0).normal(size=300)
    reference = make_reference(
        pd.DataFrame({"bad": pd.Series(SPOILT[before], dtype=object), "good": good}),
        Roles(features=("bad", "good"), prediction=()),
    )
    window = pd.DataFrame({"bad": pd.Series(SPOILT[now], dtype=object), "good": good})
    tally = reference.counter.count(reference.counter.encode(window))
    found = judge(reference.counter, reference.tally, tally, [0, 1], 0.005)
    assert all(np.isfinite([one.statistic, one.threshold]).all() for one in found)
    drifting = {one.column for one in found if one.drives and one.detected}
    same = before == now or {before, now} == {"empty", "nan"}
    assert {one.column for one in found} == {"bad", "good"}
    assert drifting == (set() if same else {"bad"})
