"""Try the server's options one after the other, and tell which of them are fast enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from drum.perf.results import Result

MOST_THREADS = 4
"""Calls that a worker is let make at once: they share one interpreter, so that more seldom help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One choice of the options that matter for speed."""

    workers: int
    threads: int
    batch: bool

    @property
    def words(self) -> tuple[str, ...]:
        """The options, as ``drum server`` takes them."""
        batch = ("--batch",) if self.batch else ()
        return ("--workers", str(self.workers), "--threads", str(self.threads), *batch)


@dataclass(frozen=True, slots=True)
class Trial:
    """What a candidate has come to."""

    candidate: Candidate
    result: Result

    def meets(self, p99: float) -> bool:
        """Tell whether all requests were answered, 99 in 100 of them within so many seconds."""
        slowest = self.result.latency(0.99)
        return not self.result.failures and slowest is not None and slowest <= p99

    @property
    def cost(self) -> tuple[float, float]:
        """What to choose by among those that are fast enough: memory first, then time."""
        return float(self.result.memory or 0), self.result.latency(0.99) or float("inf")

    def as_json(self, p99: float) -> Mapping[str, Any]:
        """Return what JSON can hold of it."""
        return {"options": " ".join(self.candidate.words), "meets": self.meets(p99), **self.result.as_json()}


@dataclass(frozen=True, slots=True)
class Fixed:
    """The options that the user has chosen, which are not tried otherwise."""

    workers: int | None = None
    threads: int | None = None
    batch: bool | None = None


def candidates(cores: int, *, has_threads: bool, has_hooks: bool, fixed: Fixed) -> Iterator[Candidate]:
    """Yield the options to try, those that take least first.

    :param cores: how many there are; more workers only take memory.
    :param has_threads: whether the model may be called by several threads at once.
    :param has_hooks: whether the user's hooks keep requests from sharing calls, as long as ``--batch`` is not given.
    """
    doubled = sorted({2**power for power in range(cores.bit_length()) if 2**power <= cores} | {cores})
    workers: Sequence[int] = doubled if fixed.workers is None else (fixed.workers,)
    threads: Sequence[int] = (1, 2, MOST_THREADS) if has_threads else (1,)
    batches: Sequence[bool] = (False, True) if has_hooks else (False,)
    if fixed.threads is not None:
        threads = (fixed.threads,)
    if fixed.batch is not None:
        batches = (fixed.batch,)
    for number, calls, batch in product(workers, threads, batches):
        yield Candidate(workers=number, threads=calls, batch=batch)


def try_all(tried: Sequence[Candidate], measure: Callable[[Candidate], Result]) -> list[Trial]:
    """Measure each candidate."""
    return [Trial(candidate, measure(candidate)) for candidate in tried]


def fast_enough(trials: Sequence[Trial], p99: float) -> list[Trial]:
    """Return those that are fast enough, the one that takes least first."""
    return sorted((trial for trial in trials if trial.meets(p99)), key=lambda trial: trial.cost)


def fastest(trials: Sequence[Trial]) -> Trial | None:
    """Return the one with the shortest wait for 99 in 100 requests; ``None`` if all had failures."""
    whole = [trial for trial in trials if not trial.result.failures and trial.result.ordered]
    return min(whole, key=lambda trial: trial.result.latency(0.99) or 0.0, default=None)
