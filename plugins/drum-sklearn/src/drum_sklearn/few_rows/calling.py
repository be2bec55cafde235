"""Calls of a pipeline's method with few rows: by steps to its last estimator, which is called as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from drum_sklearn.few_rows.data import Columns, Step
from drum_sklearn.few_rows.steps import Steps
from drum_sklearn.few_rows.trust import Trust
from drum_sklearn.matrices import pipeline_of

MOST_ROWS = 512
"""Rows beyond which scikit-learn is as fast: it looks up categories a column at a time."""


class ShortWay:
    """A pipeline's short way to its last estimator."""

    def __init__(self, steps: Steps, prepare: Step) -> None:
        self.steps = steps
        self.prepare = prepare
        self.trust = Trust()


def short_way(pipeline: Any, rows: int) -> ShortWay | None:
    """Return the short way for so many rows, or ``None`` if there is none."""
    if rows > MOST_ROWS:
        return None
    if pipeline not in _WAYS:
        _WAYS[pipeline] = _new_way(pipeline)
    return _WAYS[pipeline]


_WAYS: WeakKeyDictionary[Any, ShortWay | None] = WeakKeyDictionary()


def _new_way(pipeline: Any) -> ShortWay | None:
    *before, last = [step for _, step in pipeline.steps]
    if hasattr(last, "feature_names_in_"):  # scikit-learn was configured to hand on frames
        return None
    steps = Steps()
    prepare = steps.chained(before)
    return None if prepare is None else ShortWay(steps, prepare)


def call(name: str, model: Any, features: Any, method: Callable[[Any], Any]) -> Any:
    """Return what a method of a model gives for the features.

    :param name: the method's name.
    :param method: the method itself, which answers wherever there is no short way.
    """
    pipeline = pipeline_of(model)
    shape: tuple[int, ...] = getattr(features, "shape", ())
    way = short_way(pipeline, shape[0]) if pipeline is not None and len(shape) == 2 else None
    if way is None:
        return method(features)
    prepare, answer = way.prepare, getattr(pipeline.steps[-1][1], name)
    return way.trust.answer(lambda: method(features), lambda: answer(prepare(Columns.of(features))))
