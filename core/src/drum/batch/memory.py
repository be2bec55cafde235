"""Keep memory from going back and forth between this process and the system."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # names from malloc.h
MIB = 2**20


def keep_freed_memory() -> None:
    """Let the GNU allocator keep what is freed for the next block, which needs as much again.

    It would give large pieces back at once, and to get each page anew costs a fifth of the time of a run.
    Other allocators are left alone.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, 32 * MIB)
        mallopt(M_TRIM_THRESHOLD, 64 * MIB)


@contextmanager
def spared_by_garbage_collection() -> Iterator[None]:
    """Let the collector neither run meanwhile, nor ever look at what is there afterwards.

    Importing a framework makes half a million objects that all stay to the end. To look through them again and
    again, and once more when the program ends, takes longer than to score a small file; and in forked processes
    it would copy every page of them.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
