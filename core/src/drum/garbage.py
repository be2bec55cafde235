"""Keep the garbage collector away from what stays anyway."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


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
