"""Which options are tried, and which of them are told to be fast enough."""

from __future__ import annotations

import pytest

from drum.perf.results import Result
from drum.perf.tuning import Candidate, Fixed, Trial, candidates, fast_enough, fastest, try_all


def tried(cores: int, *, threads: bool = False, hooks: bool = False, **fixed: object) -> list[tuple[int, int, bool]]:
    chosen = candidates(cores, has_threads=threads, has_hooks=hooks, fixed=Fixed(**fixed))  # type: ignore[arg-type]
    return [(one.workers, one.threads, one.batch) for one in chosen]


@pytest.mark.parametrize(
    ("cores", "workers"), [(1, [1]), (2, [1, 2]), (3, [1, 2, 3]), (6, [1, 2, 4, 6]), (16, [1, 2, 4, 8, 16])]
)
def test_workers_up_to_the_cores(cores: int, workers: list[int]) -> None:
    assert tried(cores) == [(number, 1, False) for number in workers]


def test_threads_where_the_model_allows_them_and_batching_where_hooks_prevent_it() -> None:
    assert [calls for _, calls, _ in tried(1, threads=True)] == [1, 2, 4]
    assert [batch for _, _, batch in tried(1, hooks=True)] == [False, True]


def test_what_the_user_chose_is_not_tried_otherwise() -> None:
    assert tried(4, threads=True, hooks=True, workers=3, batch=True) == [(3, 1, True), (3, 2, True), (3, 4, True)]


def test_words_are_options_of_the_server() -> None:
    assert Candidate(workers=2, threads=1, batch=False).words == ("--workers", "2", "--threads", "1")
    assert Candidate(workers=2, threads=4, batch=True).words == ("--workers", "2", "--threads", "4", "--batch")


def trial(workers: int, p99: float, memory: int, failures: int = 0) -> Trial:
    result = Result(
        case="1 row", rows=1, bytes=1, concurrency=1, seconds=(p99 / 2, p99) if p99 else (),
        failures={(500, "500 bad"): failures} if failures else {}, wall=1.0, memory=memory,
    )  # fmt: skip
    return Trial(Candidate(workers=workers, threads=1, batch=False), result)


def test_the_least_memory_comes_first() -> None:
    trials = [trial(4, 0.001, 400), trial(1, 0.009, 100), trial(2, 0.02, 200), trial(3, 0.005, 100)]
    assert [one.candidate.workers for one in fast_enough(trials, 0.01)] == [3, 1, 4]
    assert fast_enough(trials, 0.0001) == []


def test_the_limit_itself_is_fast_enough() -> None:
    assert trial(1, 0.01, 1).meets(0.01)
    assert not trial(1, 0.0101, 1).meets(0.01)


def test_failures_are_never_fast_enough() -> None:
    failing, silent, slow = trial(1, 0.001, 1, failures=1), trial(2, 0.0, 1), trial(3, 5.0, 1)
    assert fast_enough([failing, silent, slow], 1.0) == []
    best = fastest([failing, silent, slow])
    assert best is not None
    assert best.candidate.workers == 3
    assert fastest([failing, silent]) is None


def test_each_candidate_is_measured_once_in_order() -> None:
    chosen = list(candidates(4, has_threads=False, has_hooks=False, fixed=Fixed()))
    asked: list[Candidate] = []

    def measure(candidate: Candidate) -> Result:
        asked.append(candidate)
        return trial(candidate.workers, 0.1, 1).result

    trials = try_all(chosen, measure)
    assert asked == chosen
    assert [one.candidate for one in trials] == chosen
    assert trials[0].as_json(0.1)["options"] == "--workers 1 --threads 1"
    assert trials[0].as_json(0.1)["meets"] is True
