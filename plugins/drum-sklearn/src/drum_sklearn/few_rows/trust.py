"""Whether a model's short way is taken: when it has given what scikit-learn gives, a few times."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

log = logging.getLogger("drum.sklearn")

TRIALS = 3
"""Calls in which both ways must give the same."""
TOLERANCE = 1e-9
"""Relative difference that is no error, but another order of a sum."""


class Trust:
    """What is thought of a model's short way; nothing to begin with."""

    def __init__(self) -> None:
        self._trials_left = TRIALS
        self._is_lost = False

    def answer(self, proper: Callable[[], Any], short: Callable[[], Any]) -> Any:
        """Return what the short way gives, where that is trusted, else what scikit-learn's own gives.

        The short way may raise: whatever is wrong with the data, the proper way is to say.
        """
        if self._is_lost:
            return proper()
        if self._trials_left <= 0:
            with suppress(Exception):
                return short()
            return proper()
        answer = proper()
        with suppress(Exception):
            self._judge(answer, short())
        return answer

    def _judge(self, right: Any, found: Any) -> None:
        import numpy as np

        if np.allclose(right, found, rtol=TOLERANCE, atol=0, equal_nan=True):
            self._trials_left -= 1
        else:
            self._is_lost = True
            log.info(
                "This scikit-learn computes something else than drum-sklearn would for few rows: it is always asked."
            )
