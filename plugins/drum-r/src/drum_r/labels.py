"""Names of columns against declared labels: R makes names of what is none, and some models number their classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from drum.contract import framed, framed_as_declared, match_labels
from drum.errors import ModelContractError
from drum.types import ModelSpec
from drum_r.from_r import SEPARATOR

if TYPE_CHECKING:
    import pandas as pd

NUMBERED = (("0", "1"), ("FALSE", "TRUE"))
"""What classes are called by models that were trained on numbers or truth values: not by their names."""


def named(values: Any, names: Sequence[str] | None, spec: ModelSpec, made: Mapping[str, str]) -> pd.DataFrame:
    """Return predictions as a frame.

    :param values: 2-D, with a row for each row of the batch.
    :param names: of the columns, if the model knows them; one name for one column may hold those of two classes.
    :param made: the declared labels as ``make.names`` spells them.
    :raises ModelContractError: if there are not as many columns as the target type and the labels ask for.
    """
    import numpy as np
    import pandas as pd

    if names is None or not spec.target_type.is_classification:
        return framed_as_declared(values, spec)
    if len(names) == 1 and SEPARATOR in names[0]:
        negative, positive = names[0].split(SEPARATOR)
        if (negative, positive) in NUMBERED and len(match_labels((negative, positive), spec.labels)) < 2:
            return pd.DataFrame(values)  # the probability of the positive class, whatever it is called
        values, names = np.column_stack((1.0 - values, values)), (negative, positive)
    return as_declared(framed(values, names), spec.labels, made)


def as_declared(frame: pd.DataFrame, labels: Sequence[str], made: Mapping[str, str]) -> pd.DataFrame:
    """Rename columns that are called as ``make.names`` spells a label, unless another label is spelt so itself.

    :raises ModelContractError: if a column could be several labels.
    """
    columns = [str(name) for name in frame.columns]
    if not labels or len(set(columns)) < len(columns):
        return frame  # what is wrong with that is said where predictions are checked
    matched = match_labels(columns, labels)
    rest = [label for label in labels if label not in matched]
    free = set(columns) - set(matched.values())
    renaming: dict[str, str] = {}
    for label in rest:
        column = made.get(label, "")
        if column in renaming:
            raise ModelContractError(
                f"The output's column '{column}' is ambiguous: the labels '{renaming[column]}' and '{label}' are both "
                "spelt so by make.names. Name the columns by the labels themselves (check.names = FALSE)."
            )
        if column in free:
            renaming[column] = label
    return frame.rename(columns=renaming) if renaming else frame
