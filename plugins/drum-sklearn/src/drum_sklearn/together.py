"""Score frames that differ in the types of their columns together: a step of a pipeline often makes them alike.

Rows that were read on their own have types of their own: the same code is a number in one request and text in the
next. So each frame walks the first steps alone, and before each step those are joined that agree in types. A
``ColumnTransformer`` is such a walk for each of its branches, for which only the branch's own columns must agree. Rows
never meet in a form that they would not have alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drum_sklearn.matrices import CONTAINERS, holds_estimators, is_of_sklearn, is_told, validates

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


NUMBERS, WHOLE = {"int64", "float64"}, {"int64"}
"""Types of columns of which scikit-learn makes a matrix first of all, and of which it makes one of whole numbers."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows that have walked together so far, and their places among all rows."""

    places: NDArray[Any]
    data: Any


class _ApartError(Exception):
    """The rows cannot be brought together."""


def can_bring_together(model: Any) -> bool:
    """Tell whether a model is a pipeline with a first step that may make frames of different types alike."""
    pipeline = _pipeline_of(model)
    return pipeline is not None and len(pipeline.steps) > 1


def call_together(name: str, model: Any, frames: Sequence[pd.DataFrame]) -> Any:
    """Call a method of a model that :func:`can_bring_together`; return its answers for all rows, in order.

    :param frames: as the model was trained on them, but for types.
    :returns: ``None`` if the answers of this method cannot be put together.
    """
    import numpy as np

    pipeline = _pipeline_of(model)
    parts = _parts_of(frames)
    for place, (_, step) in enumerate(pipeline.steps):
        parts = _joined(parts, step)
        if len(parts) == 1 or place == len(pipeline.steps) - 1:
            rest = pipeline[place:]
            break
        parts = _through(step, parts)
    answers = [getattr(rest, name)(part.data) for part in parts]
    if not all(isinstance(answer, np.ndarray) for answer in answers):
        return None
    return _in_order([_Part(part.places, answer) for part, answer in zip(parts, answers, strict=True)])


def _pipeline_of(model: Any) -> Any:
    """Return scikit-learn's own pipeline in a model, where searches are all that is around it."""
    while type(model).__name__ in CONTAINERS and is_of_sklearn(model) and not is_told(model):
        if hasattr(model, "steps"):
            return model
        model = model.best_estimator_
    return None


def _parts_of(frames: Sequence[pd.DataFrame]) -> list[_Part]:
    import numpy as np

    ends = np.cumsum([len(frame) for frame in frames])
    return [_Part(np.arange(end - len(frame), end), frame) for frame, end in zip(frames, ends, strict=True)]


# ------------------------------------------------------------------------------------------------------- the walk


def _through(step: Any, parts: list[_Part]) -> list[_Part]:
    """Take parts through a fitted transformer, as few at a time as must be."""
    if isinstance(step, str) or step is None:  # 'passthrough'
        return parts
    kind = type(step).__name__ if is_of_sklearn(step) and not is_told(step) else ""
    if kind == "Pipeline":
        for _, inner in step.steps:
            parts = _through(inner, _joined(parts, inner))
        return parts
    if kind == "ColumnTransformer" and all(map(_is_walkable, step.transformers_)):
        with suppress(_ApartError):
            return [_through_columns(step, parts)]
    return [_checked(part, step.transform(part.data)) for part in parts]


def _checked(part: _Part, data: Any) -> _Part:
    """Return rows that a step has changed.

    :raises _ApartError: if there are more or fewer of them.
    """
    if data.shape[0] != len(part.places):
        raise _ApartError
    return _Part(part.places, data)


def _is_walkable(branch: tuple[str, Any, Any]) -> bool:
    """Tell whether a branch is a transformer of columns that are given by their names, or drops them."""
    _, transformer, columns = branch
    if isinstance(transformer, str):
        return transformer == "drop"
    names = [columns] if isinstance(columns, str) else columns
    return hasattr(names, "__len__") and len(names) > 0 and all(isinstance(name, str) for name in names)


def _through_columns(step: Any, parts: list[_Part]) -> _Part:
    """Take each branch's columns through the branch; scikit-learn then puts the branches together.

    :raises _ApartError: if a branch leaves its rows of several types.
    """
    import numpy as np
    import pandas as pd

    twin = copy(step)
    twin.n_jobs = None
    twin.transformers_ = [
        (name, _walked(transformer, columns, parts), columns) for name, transformer, columns in step.transformers_
    ]
    rows = sum(len(part.places) for part in parts)
    columns = parts[0].data.columns
    nothing = pd.DataFrame(np.empty((rows, len(columns)), bool), columns=columns)
    return _Part(np.arange(rows), twin.transform(nothing))


def _walked(transformer: Any, columns: Any, parts: list[_Part]) -> Any:
    """Return a transformer that gives what a branch makes of its columns; of a name alone it is given a series."""
    if isinstance(transformer, str):
        return transformer
    chosen = [_Part(part.places, part.data[columns if isinstance(columns, str) else list(columns)]) for part in parts]
    walked = _joined(_through(transformer, _joined(chosen, transformer)), None)
    if len(walked) > 1:
        raise _ApartError
    return _Given(_in_order(walked))


@dataclass(frozen=True, slots=True)
class _Given:
    """A transformer whose answer is known."""

    answer: Any

    def transform(self, _: Any) -> Any:
        return self.answer


# ---------------------------------------------------------------------------------------------------- joining rows


def _joined(parts: list[_Part], step: Any) -> list[_Part]:
    """Join the parts that agree in what a step can see of their types; ``None`` is a step that sees all there is."""
    if len(parts) == 1:
        return parts
    groups: dict[object, list[_Part]] = {}
    for part in parts:
        groups.setdefault(_kind(part.data, step), []).append(part)
    return [group[0] if len(group) == 1 else _join(group) for group in groups.values()]


def _kind(data: Any, step: Any) -> object:
    """Return what two parts must have in common before a step; what nobody knows has nothing in common."""
    sees_types = step is not None and not _is_plain(step)  # of each value: a user's code may look at anything
    if hasattr(data, "dtypes"):
        names = tuple(data.columns) if data.ndim > 1 else data.name
        if step is not None and data.ndim > 1 and validates(step) and set(map(str, data.dtypes)) <= NUMBERS:
            return names, {str(dtype) for dtype in data.dtypes} == WHOLE
        return names, tuple(data.dtypes) if data.ndim > 1 else data.dtype
    if hasattr(data, "tocsr"):
        return (data.dtype, data.shape[1]) if data.format == "csr" else object()
    kind = data.dtype.kind
    if kind in "OU" and not sees_types:
        return kind, data.shape[1:]
    return object() if kind == "O" else (data.dtype, data.shape[1:])


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
        return np.concatenate(parts)
    if isinstance(parts[0], pd.DataFrame | pd.Series):
        return pd.concat(parts, ignore_index=True)
    from scipy import sparse

    return sparse.vstack(parts, format="csr")


def _in_order(parts: Sequence[_Part]) -> Any:
    """Return the rows of all parts in the order of their places."""
    import numpy as np
    import pandas as pd

    part = parts[0] if len(parts) == 1 else _join(list(parts))
    order = np.argsort(part.places)
    if isinstance(part.data, pd.DataFrame | pd.Series):
        return part.data.iloc[order].reset_index(drop=True)
    return part.data[order]
