"""Keep XGBoost to its share of the cores."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from typing import Any

from drum.settings import Settings, threads_per_call
from drum_xgboost.boosters import booster_of, is_of_xgboost, traits_of

FEW_ROWS = 512
"""Fewer are scored by one thread in about a millisecond; to wake others takes ten times that on a busy machine."""


def bound_threads(model: Any, settings: Settings) -> None:
    """Give a loaded model its share of the cores, unless it was saved with fewer threads."""
    last = last_step(model)
    if is_of_xgboost(last):
        booster = booster_of(last)
        own, share = traits_of(booster).threads, threads_per_call(settings)
        booster.set_param({"nthread": min(own or share, share)})


def threads_worth(batch: Any) -> AbstractContextManager[object]:
    """Hold OpenMP to one thread while few rows are scored; other Python threads keep theirs."""
    rows = batch.shape[0] if hasattr(batch, "shape") else FEW_ROWS
    return _openmp().limit(limits=1) if rows < FEW_ROWS else nullcontext()


@lru_cache(maxsize=1)
def _openmp() -> Any:
    """Return the controller of the OpenMP libraries; call it once XGBoost is loaded."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="openmp")


def last_step(model: Any) -> Any:
    """Return the estimator at the end, inside searches and pipelines."""
    while True:
        steps = getattr(model, "steps", None)
        following = steps[-1][1] if steps else getattr(model, "best_estimator_", None)
        if following is None:
            return model
        model = following
