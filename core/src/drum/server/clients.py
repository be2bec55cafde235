"""Clients may leave before they are answered."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request

T = TypeVar("T")

UNWATCHED_S = 0.05
"""How long nobody looks whether the client is still there: most answers are given by then, and looking costs time."""


async def wait_with_client(request: Request, promise: asyncio.Future[T]) -> T:
    """Wait for an answer as long as its client does.

    :raises ClientDisconnect: if it has left; then the promise is cancelled.
    """
    watching: list[asyncio.Task[None]] = []
    timer = asyncio.get_running_loop().call_later(
        UNWATCHED_S, lambda: watching.append(asyncio.ensure_future(_watch(request, promise)))
    )
    try:
        return await promise
    except asyncio.CancelledError:
        if watching and watching[0].done():
            raise ClientDisconnect from None
        raise
    finally:
        timer.cancel()
        for task in watching:
            task.cancel()


async def _watch(request: Request, promise: asyncio.Future[T]) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    promise.cancel()
