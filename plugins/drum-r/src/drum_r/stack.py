"""Tell R where the stack of its thread lies, so that a recursion too deep is an error before it ends the process.

R takes for granted that it runs on the main thread, and rpy2 turns its check off.
"""

from __future__ import annotations

import ctypes
import threading
from typing import Any


def check_stack(library: Any) -> None:
    """Have R check the stack of this thread; where the system does not tell where that lies, R goes on unchecked.

    :param library: rpy2's ``rlib``, once R has been started.
    """
    found = _stack_of_this_thread()
    if found is not None:
        lowest, size = found
        library.R_CStackStart = lowest + size
        library.R_CStackLimit = size


def _stack_of_this_thread() -> tuple[int, int] | None:
    """Return the lowest address of the stack, and its size in bytes."""
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "pthread_getattr_np"):  # glibc's and musl's; others are asked in other ways
        return None
    attributes = ctypes.create_string_buffer(256)  # a pthread_attr_t, which has 56 to 64 bytes
    lowest, size = ctypes.c_void_p(), ctypes.c_size_t()
    if libc.pthread_getattr_np(ctypes.c_ulong(threading.get_ident()), attributes):
        return None
    failed = libc.pthread_attr_getstack(attributes, ctypes.byref(lowest), ctypes.byref(size))
    libc.pthread_attr_destroy(attributes)
    return None if failed or lowest.value is None else (lowest.value, size.value)
