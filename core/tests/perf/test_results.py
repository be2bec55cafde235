"""What the measured times come to, and what is raised for those that failed."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drum import errors
from drum.perf.results import REST, Result, percentile, raise_if_failed


def result(seconds: tuple[float, ...] = (0.2, 0.1, 0.4, 0.3), **more: object) -> Result:
    fields: dict[str, object] = {
        "case": "1 row", "rows": 1, "bytes": 10, "concurrency": 1, "seconds": seconds, "failures": {}, "wall": 2.0,
    }  # fmt: skip
    return Result(**{**fields, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("share", "value"), [(0.0, 1.0), (0.5, 5.0), (0.95, 10.0), (0.91, 10.0), (0.9, 9.0), (0.99, 10.0), (1.0, 10.0)]
)
def test_percentiles_are_values_that_were_measured(share: float, value: float) -> None:
    assert percentile([float(number) for number in range(1, 11)], share) == value


@given(st.lists(st.floats(0, 1e6), min_size=1), st.sampled_from([0.5, 0.95, 0.99]))
def test_a_percentile_is_not_exceeded_by_its_share_of_the_values(values: list[float], share: float) -> None:
    ordered = sorted(values)
    found = percentile(ordered, share)
    assert sum(value <= found for value in ordered) >= share * len(ordered) - 1e-9
    assert sum(value < found for value in ordered) < share * len(ordered) + 1e-9


def test_the_median_of_an_odd_number_is_the_usual_one() -> None:
    values = [3.0, 1.0, 2.0]
    assert percentile(sorted(values), 0.5) == statistics.median(values)


def test_rates() -> None:
    measured = result(rows=5, failures={(500, "500 bad"): 2})
    assert (measured.requests, measured.per_second, measured.rows_per_second) == (6, 2.0, 10.0)
    assert result(rows=None).rows_per_second is None


def test_what_is_no_stage_is_the_rest() -> None:
    shares = result(stages={"queue": 0.01, "read": 0.02, "score": 0.1, "write": 0.02}).shares
    assert shares[REST] == pytest.approx(0.1)
    assert sum(shares.values()) == pytest.approx(0.25)
    assert result(stages={"score": 5.0}).shares[REST] == 0.0
    assert result(seconds=()).shares == {}


def test_json_of_a_case_without_answers() -> None:
    told = result(seconds=(), failures={(0, "no answer: gone"): 3}).as_json()
    assert told["ms"] == dict.fromkeys(("min", "median", "p95", "p99", "max"))
    assert (told["requests"], told["failed"]) == (3, {"0 no answer: gone": 3})


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (0, errors.WorkerDiedError),
        (422, errors.MalformedInputError),
        (429, errors.MalformedInputError),
        (500, errors.ScoreError),
        (503, errors.OverloadedError),
        (504, errors.ScoreTimeoutError),
    ],
)
def test_failures_are_raised_by_whose_fault_they_are(status: int, kind: type[errors.DrumError]) -> None:
    failed = result(failures={(status, f"{status} why"): 2})
    with pytest.raises(kind, match="2 of 6 requests of '1 row' failed") as raised:
        raise_if_failed([result(), failed], "the log")
    assert type(raised.value) is kind
    assert raised.value.detail == "the log"


def test_success_raises_nothing() -> None:
    raise_if_failed([result()], "")
