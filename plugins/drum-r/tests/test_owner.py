"""The thread that owns R: one job after another, errors where they belong, and signals break in."""

from __future__ import annotations

import signal
import threading
import weakref
from collections.abc import Iterator

import pytest

from drum_r.owner import Owner


class Thing:
    """Something that only the owner may let go of."""


@pytest.fixture
def owner() -> Iterator[Owner]:
    owner = Owner("test", 2**20, lambda: None)
    yield owner
    owner.stop()


def test_jobs_are_done_in_one_thread_of_its_own(owner: Owner) -> None:
    names = {owner.run(lambda: threading.current_thread().name) for _ in range(3)}
    assert names == {"test"}


def test_stack_has_the_size_that_was_asked_for_and_others_keep_theirs(owner: Owner) -> None:
    assert threading.stack_size() == 0
    deep = Owner("deep", 2**28, lambda: None)
    assert deep.run(lambda: 1) == 1
    deep.stop()


def test_error_is_raised_where_the_job_was_given(owner: Owner) -> None:
    def fail() -> None:
        raise LookupError("lost")

    with pytest.raises(LookupError, match="lost"):
        owner.run(fail)
    assert owner.run(lambda: "goes on") == "goes on"


def test_error_holds_nothing_of_the_owners(owner: Owner) -> None:
    released: list[str] = []

    def fail() -> None:
        mine = Thing()
        weakref.finalize(mine, lambda: released.append(threading.current_thread().name))
        raise LookupError

    with pytest.raises(LookupError):
        owner.run(fail)
    assert released == ["test"]


def test_result_is_let_go_of_before_the_next_job(owner: Owner) -> None:
    gone = owner.run(lambda: weakref.ref(Thing()))
    assert owner.run(lambda: gone() is None)


def test_caller_that_is_interrupted_interrupts_the_job() -> None:
    stop = threading.Event()
    started = threading.Event()
    owner = Owner("test", 2**20, stop.set)

    def work() -> None:
        started.set()
        stop.wait()

    def interrupt() -> None:
        started.wait()
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        owner.run(work)
    assert stop.is_set()
    assert owner.run(lambda: 1) == 1
    owner.stop()


def test_stop_waits_for_what_is_to_be_done() -> None:
    done: list[int] = []
    owner = Owner("test", 2**20, lambda: None)
    owner.post(lambda: done.append(1))
    owner.stop()
    assert done == [1]
