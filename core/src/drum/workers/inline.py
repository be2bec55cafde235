"""No workers at all: the scorer lives in the front's own process, for ``breakpoint()`` and for tests."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Mapping
from typing import Any

from drum.errors import DrumError
from drum.scorer import Scorer
from drum.types import Payload
from drum.workers.answering import answer_all, describe
from drum.workers.frames import Answer, Request


class InlinePool:
    """What :class:`~drum.workers.pool.Pool` is to the front, without processes: one request at a time."""

    queue_length = 0
    restarts = 0
    retry_after = 1
    pids: tuple[int, ...] = ()
    ready_pids: tuple[int, ...] = ()

    def __init__(self, open_scorer: Callable[[], Scorer]) -> None:
        self.model: Mapping[str, Any] | None = None
        self.failure: tuple[str, str] | None = None
        self.on_failure: Callable[[], object] = lambda: None
        self._open_scorer = open_scorer
        self._scorer: Scorer | None = None
        self._numbers = itertools.count()

    @property
    def is_ready(self) -> bool:
        """Tell whether the model is loaded."""
        return self._scorer is not None

    def launch(self) -> None:
        """Start nothing: the model is loaded by :meth:`start`."""

    def abandon(self) -> None:
        """End nothing: there are no processes."""

    async def start(self) -> None:
        """Load the model; keep the error if that fails."""
        try:
            began = time.perf_counter()
            scorer = self._open_scorer()
            scorer.load()
        except DrumError as error:
            self.failure = type(error).__name__, error.message
            self.on_failure()
        else:
            self._scorer = scorer
            self.model = {"load_seconds": time.perf_counter() - began, **describe(scorer)}

    def refuse_if_full(self, size: int) -> None:
        """Refuse nothing: nobody waits."""

    def submit(self, payload: Payload, accept: str = "", name: str = "") -> asyncio.Future[Answer]:
        """Answer a request."""
        assert self._scorer is not None, "the front asks only when the model is loaded"
        promise = asyncio.get_running_loop().create_future()
        request = Request(next(self._numbers), payload, accept, name)
        promise.set_result(answer_all(self._scorer, [request])[0])
        return promise

    async def close(self) -> None:
        """Let go of the model."""
        if self._scorer is not None:
            self._scorer.close()
