"""Memory during a run."""

from __future__ import annotations

import ctypes

import pytest

from drum.batch.memory import keep_freed_memory


def test_other_allocators_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    keep_freed_memory()
