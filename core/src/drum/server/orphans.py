"""What the first process of a container owes the others: orphans become its children, and nobody else buries them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Collection

PAUSE_S = 2.0


async def reap_orphans(ours: Callable[[], Collection[int]]) -> None:
    """Collect the exit status of orphans for ever, if this is process 1; else there are none.

    :param ours: the processes whose exit status somebody else is waiting for.
    """
    while os.getpid() == 1:
        _reap(ours())
        await asyncio.sleep(PAUSE_S)


def _reap(ours: Collection[int]) -> None:
    """Collect until a child of ours stands first in line; whoever waits for it comes before the next round."""
    try:
        while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
            if ended.si_pid in ours:
                return
            os.waitpid(ended.si_pid, 0)
    except ChildProcessError:
        return  # there are no children at all
