"""A model that keeps something from call to call is found out; one that does not is left alone."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from drum.validation.memory import CALLS_OF_A_GROUP, GROUPS, memory_check, peak_bytes, resident_bytes
from drum.validation.report import Status

pytestmark = pytest.mark.skipif(not resident_bytes(), reason="this system does not tell")


def test_what_is_kept_grows() -> None:
    kept: list[object] = []
    finding = memory_check(lambda: kept.append(np.ones(2**17))).run()
    assert finding.status is Status.FAILED
    assert f"{GROUPS * CALLS_OF_A_GROUP} more predictions" in finding.details


def test_what_is_let_go_does_not() -> None:
    finding = memory_check(lambda: np.ones(2**17).sum()).run()
    assert (finding.status, "left nothing behind" in finding.details) == (Status.PASSED, True)


def test_what_is_kept_once_is_no_leak() -> None:
    cache: dict[str, object] = {}
    finding = memory_check(lambda: cache.setdefault("table", np.ones(2**21))).run()
    assert finding.status is Status.PASSED


def test_rings_of_garbage_are_no_leak() -> None:
    def ring() -> None:
        garbage: list[object] = [np.ones(2**17)]
        garbage.append(garbage)

    gc.disable()
    try:
        assert memory_check(ring).run().status is Status.PASSED
    finally:
        gc.enable()


def test_peak_is_no_less_than_what_is_held() -> None:
    assert peak_bytes() > 0.9 * resident_bytes()
