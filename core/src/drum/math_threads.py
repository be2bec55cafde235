"""Keep linear algebra to its share of the cores: its libraries take them all, in every process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""What OpenMP and the libraries of linear algebra read when they are loaded."""


def bound_math_threads(most: int) -> None:
    """Let libraries that this process loads from now on start so many threads, unless the user has said how many."""
    for name in LIMITS:
        os.environ.setdefault(name, str(most))


@contextmanager
def one_math_thread() -> Iterator[None]:
    """Let the libraries that are loaded meanwhile start no threads: they read these variables only then.

    Threads would contend for the cores, and a library that has started some may hang in a forked process.
    """
    before = {name: os.environ.get(name) for name in LIMITS}
    os.environ.update(dict.fromkeys(LIMITS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
