"""Whether the memory of the process grows with each prediction."""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import sys
import time
from collections.abc import Callable
from functools import partial

from drum.validation.report import Finding, Planned, Status

GROUPS = 4
CALLS_OF_A_GROUP = 5
SECONDS_OF_A_GROUP = 0.5
"""No further call begins in a group that has taken as long."""
GROWTH_OF_A_GROUP = 2**19
"""Bytes by which the process may grow in a group: allocators are never quite still."""
MIB = 2**20


def memory_check(predict: Callable[[], object]) -> Planned:
    """Plan the check; call it when the model is warm.

    :param predict: predicts the same rows each time.
    """
    return Planned("memory", partial(_growth, predict))


def _growth(predict: Callable[[], object]) -> Finding:
    """Predict in groups; memory that grows in every one of them is never given back."""
    before = resident_bytes()
    if not before:
        return Finding(Status.SKIPPED, "This system does not tell how much memory a process holds.")
    first, steps, calls = before, [], 0
    for _ in range(GROUPS):
        calls += _predict_some(predict)
        now = resident_bytes()
        steps.append(now - before)
        before = now
    size = f"{before / MIB:,.0f} MB, {max(before, peak_bytes()) / MIB:,.0f} MB at the peak"
    if min(steps) <= GROWTH_OF_A_GROUP:
        return Finding(Status.PASSED, f"{size}; {calls} more predictions left nothing behind")
    return Finding(
        Status.FAILED,
        f"{size}; {calls} more predictions of the same rows took {(before - first) / MIB:,.1f} MB that are never given "
        "back. Look for what is kept from call to call: a list, a cache, a history.",
    )


def _predict_some(predict: Callable[[], object]) -> int:
    started = time.perf_counter()
    for call in range(1, CALLS_OF_A_GROUP + 1):
        predict()
        if time.perf_counter() - started > SECONDS_OF_A_GROUP:
            return call
    return CALLS_OF_A_GROUP


def resident_bytes() -> int:
    """Return the memory that this process holds once what is free has been given back; 0 if nobody tells."""
    from drum.server.metrics import resident_bytes as resident_bytes_of

    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    return resident_bytes_of(os.getpid())


def peak_bytes() -> int:
    """Return the most memory that this process has ever held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
