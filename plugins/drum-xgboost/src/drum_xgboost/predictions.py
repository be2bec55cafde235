"""Turn what models return into the frames that the core checks."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from drum.contract import framed, match_labels
from drum.errors import ModelContractError
from drum.types import PREDICTIONS, ModelSpec, TargetType

if TYPE_CHECKING:
    import pandas as pd


def of_values(output: Any) -> pd.DataFrame:
    """Return one value a row."""
    values = output.reshape(len(output), -1)
    if values.shape[1] != 1:
        raise ModelContractError(f"The model gives {values.shape[1]} values a row; a single-column target takes one.")
    return framed(values, [PREDICTIONS])


def of_classes(output: Any, classes: Any, spec: ModelSpec) -> pd.DataFrame:
    """Return a probability for each class.

    :param output: a column for each class, or the probability of the positive class alone.
    :param classes: the names of the columns; XGBoost numbers them from 0.
    """
    import numpy as np

    if isinstance(output, list):  # of a forest of scikit-learn's, with several targets
        output = np.column_stack([part[:, -1] for part in output])
    if output.ndim == 1 or (output.shape[1] == 1 and spec.target_type is not TargetType.MULTILABEL):
        positive = output.reshape(-1)
        output = np.column_stack((1 - positive, positive))
    named = None if classes is None else tuple(map(str, classes))
    return framed(output, _names(output.shape[1], named, spec.labels))


@lru_cache(maxsize=16)
def _names(width: int, classes: tuple[str, ...] | None, labels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the columns: class number 0 is the first label, unless the labels are these numbers."""
    numbers = tuple(map(str, range(width)))
    if classes is not None and len(classes) == width and classes != numbers:
        return classes
    if not labels or len(match_labels(numbers, labels)) == len(labels):
        return numbers
    if len(labels) != width:
        raise ModelContractError(f"The model knows {width} classes, but {len(labels)} labels are declared.")
    return labels
