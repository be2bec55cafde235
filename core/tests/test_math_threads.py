"""One thread for linear algebra, and the operator's own setting afterwards."""

from __future__ import annotations

import os

import pytest

from drum.math_threads import LIMITS, bound_math_threads, one_math_thread


def test_libraries_that_are_loaded_meanwhile_are_told_to_use_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    with one_math_thread():
        assert os.environ["OMP_NUM_THREADS"] == os.environ["OPENBLAS_NUM_THREADS"] == "1"
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "OPENBLAS_NUM_THREADS" not in os.environ


def test_the_users_own_number_of_threads_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in LIMITS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    bound_math_threads(2)
    assert [os.environ[name] for name in LIMITS] == ["7", "2", "2", "2", "2"]
