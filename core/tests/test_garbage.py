"""The garbage collector is kept away from what stays."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from drum.garbage import spared_by_garbage_collection


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.enable()


def test_garbage_collection_goes_on_afterwards_without_what_was_made() -> None:
    before = gc.get_freeze_count()
    with spared_by_garbage_collection():
        assert not gc.isenabled()
        made = [[] for _ in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(made)


def test_garbage_collection_that_was_off_stays_off() -> None:
    gc.disable()
    with spared_by_garbage_collection():
        pass
    assert not gc.isenabled()
