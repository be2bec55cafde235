"""Score frames that differ in the types of their columns together: a step of a pipeline often makes them alike.

Rows that were read on their own have types of their own: the same code is a number in one request and text in the
next. So each frame walks the first steps alone, and before each step those are joined that agree in types. A
``ColumnTransformer`` is such a walk for each of its branches, for which only the branch's own columns must agree. Rows
never meet in a form that they would not have alone.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drum_sklearn.few_rows.calling import short_way
from drum_sklearn.few_rows.columns import beside_each_other, branches_of
from drum_sklearn.few_rows.data import Columns, NotCoveredError, Step, frame_of, number_types
from drum_sklearn.few_rows.steps import own_step
from drum_sklearn.matrices import holds_estimators, is_of_sklearn, is_told, pipeline_of, validates

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

Way = Callable[[Any], Step]
"""How a transformer is called."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows that have walked together so far, and their places among all rows."""

    places: NDArray[Any]
    data: Any


def can_bring_together(model: Any) -> bool:
    """Tell whether a model is a pipeline with a first step that may make frames of different types alike."""
    pipeline = pipeline_of(model)
    return pipeline is not None and len(pipeline.steps) > 1


def call_together(name: str, model: Any, frames: Sequence[pd.DataFrame]) -> Any:
    """Call a method of a model that :func:`can_bring_together`; return its answers for all rows, in order.

    :param frames: as the model was trained on them, but for types.
    :returns: ``None`` if the answers of this method cannot be put together.
    """
    pipeline = pipeline_of(model)
    short = short_way(pipeline, sum(map(len, frames)))
    if short is None:
        return _walk(name, pipeline, frames, own_step)
    shortest = short.steps.shortest
    return short.trust.answer(
        lambda: _walk(name, pipeline, frames, own_step), lambda: _walk(name, pipeline, frames, shortest)
    )


def _walk(name: str, pipeline: Any, frames: Sequence[pd.DataFrame], way: Way) -> Any:
    import numpy as np

    *steps, last = [step for _, step in pipeline.steps]
    parts = _parts_of(frames)
    for step in steps:
        parts = _through(step, parts, way)
    parts = _joined(parts, last)
    answers = [getattr(last, name)(frame_of(part.data)) for part in parts]
    if not all(isinstance(answer, np.ndarray) for answer in answers):
        return None
    return _in_order([_Part(part.places, answer) for part, answer in zip(parts, answers, strict=True)])


def _parts_of(frames: Sequence[pd.DataFrame]) -> list[_Part]:
    import numpy as np

    ends = np.cumsum([len(frame) for frame in frames])
    return [_Part(np.arange(end - len(frame), end), Columns.of(frame)) for frame, end in zip(frames, ends, strict=True)]


# ------------------------------------------------------------------------------------------------------- the walk


def _through(step: Any, parts: list[_Part], way: Way) -> list[_Part]:
    """Take parts through a fitted transformer, as few at a time as must be."""
    if isinstance(step, str) or step is None:  # 'passthrough'
        return parts
    kind = type(step).__name__ if is_of_sklearn(step) and not is_told(step) else ""
    if kind == "Pipeline":
        for _, inner in step.steps:
            parts = _through(inner, parts, way)
        return parts
    if kind == "ColumnTransformer":
        with suppress(NotCoveredError):
            return [_through_columns(step, parts, way)]
    apply = way(step)
    return [_checked(part, apply(part.data)) for part in _joined(parts, step)]


def _checked(part: _Part, data: Any) -> _Part:
    """Return rows that a step has changed.

    :raises NotCoveredError: if there are more or fewer of them.
    """
    if data.shape[0] != len(part.places):
        raise NotCoveredError
    return _Part(part.places, Columns.of(data))


def _through_columns(step: Any, parts: list[_Part], way: Way) -> _Part:
    """Take each branch's columns through the branch, and put the branches together as scikit-learn does.

    :raises NotCoveredError: if columns have no names, or a branch leaves its rows of several types.
    """
    import numpy as np

    branches = branches_of(step)
    if not branches or not all(isinstance(part.data, Columns) for part in parts):
        raise NotCoveredError
    answers = []
    for transformer, names in branches:
        walked = _joined(_through(transformer, [_Part(part.places, part.data[names]) for part in parts], way), None)
        if len(walked) > 1:
            raise NotCoveredError
        answers.append(_in_order(walked))
    return _Part(np.arange(answers[0].shape[0]), beside_each_other(step, answers))


# ---------------------------------------------------------------------------------------------------- joining rows


def _joined(parts: list[_Part], step: Any) -> list[_Part]:
    """Join the parts that agree in what a step can see of their types; ``None`` is a step that sees all there is."""
    if len(parts) == 1:
        return parts
    makes_matrix = step is not None and validates(step)
    sees_values = step is not None and not _is_plain(step)  # a user's code may look at the type of each
    groups: dict[Hashable, list[_Part]] = {}
    for part in parts:
        if makes_matrix and isinstance(part.data, Columns) and set(part.data.dtypes) <= number_types():
            part = _Part(part.places, part.data.frame().to_numpy())
        groups.setdefault(_kind(part.data, sees_values), []).append(part)
    return [group[0] if len(group) == 1 else _join(group) for group in groups.values()]


def _kind(data: Any, sees_values: bool) -> Hashable:
    """Return what two parts must have in common before a step; what nobody knows has nothing in common."""
    if isinstance(data, Columns):
        return tuple(data.places), tuple(map(_name_of_type, data.dtypes))
    if hasattr(data, "name"):
        return data.name, data.dtype
    if hasattr(data, "tocsr"):
        return (data.dtype, data.shape[1]) if data.format == "csr" else object()
    kind = data.dtype.kind
    if kind in "OU" and not sees_values:
        return kind, data.shape[1:]
    return object() if kind == "O" else (data.dtype, data.shape[1:])


def _name_of_type(dtype: Any) -> Hashable:
    """Return a type, pandas' text by its name, for its hash takes longer than all else."""
    import pandas as pd

    return dtype.name if isinstance(dtype, pd.StringDtype) else dtype


def _is_plain(step: Any) -> bool:
    """Tell whether a step is scikit-learn's own and has no code of a user's in it, nor other steps."""
    return is_of_sklearn(step) and type(step).__name__ != "FunctionTransformer" and not holds_estimators(step)


def _join(group: list[_Part]) -> _Part:
    import numpy as np

    return _Part(np.concatenate([part.places for part in group]), _stacked([part.data for part in group]))


def _stacked(parts: Sequence[Any]) -> Any:
    import numpy as np
    import pandas as pd

    if isinstance(parts[0], np.ndarray):
        return np.asfortranarray(np.concatenate(parts))
    if isinstance(parts[0], Columns):
        return Columns.of(pd.concat([part.frame() for part in parts], ignore_index=True))
    if isinstance(parts[0], pd.Series):
        return pd.concat(parts, ignore_index=True)
    from scipy import sparse

    return sparse.vstack(parts, format="csr")


def _in_order(parts: Sequence[_Part]) -> Any:
    """Return the rows of all parts in the order of their places."""
    import numpy as np
    import pandas as pd

    part = parts[0] if len(parts) == 1 else _join(list(parts))
    order = np.argsort(part.places)
    data = frame_of(part.data)
    if isinstance(data, pd.DataFrame | pd.Series):
        return data.iloc[order].reset_index(drop=True)
    return data[order]
