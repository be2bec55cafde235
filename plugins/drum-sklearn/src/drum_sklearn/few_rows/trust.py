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
"""Difference, of the largest value, that is no error but another order of a sum."""


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
        try:
            found = short()
        except Exception:  # noqa: BLE001  # this call decides nothing
            return answer
        self._judge(answer, found)
        return answer

    def _judge(self, right: Any, found: Any) -> None:
        if _are_alike(right, found):
            self._trials_left -= 1
        else:
            self._is_lost = True
            log.info(
                "This scikit-learn computes something else than drum-sklearn would for few rows: it is always asked."
            )


def _are_alike(right: Any, found: Any) -> bool:
    """Tell whether two answers are equal; what cannot be compared is not."""
    import numpy as np

    if right is None or found is None:
        return right is found
    if isinstance(right, list):  # of several targets
        return len(right) == len(found) and all(map(_are_alike, right, found))
    if hasattr(right, "toarray") and hasattr(found, "toarray"):
        right, found = right.toarray(), found.toarray()
    are_arrays = isinstance(right, np.ndarray) and isinstance(found, np.ndarray)
    if not are_arrays or right.dtype.kind not in "biuf" or right.shape != found.shape:
        return False
    largest = np.abs(right[np.isfinite(right)]).max(initial=0.0)
    return np.allclose(right, found, TOLERANCE, TOLERANCE * largest, equal_nan=True)
