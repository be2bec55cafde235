"""What the model does when columns are missing, moved or added: it copes, it refuses, or it fails.

To refuse is fine, as long as it is said to be the caller's fault: that is a 422 with a reason, where a failure is a
500 at best and a wrong prediction at worst.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from drum import media_types
from drum.errors import DrumError
from drum.validation.report import Finding, Planned, Status
from drum.validation.subject import REFUSALS, Subject, failure

if TYPE_CHECKING:
    import pandas as pd

    from drum.types import Predictions

MISSING, SHUFFLED, EXTRA = "missing values", "shuffled columns", "extra column"
EXTRA_NAME = "drum_validation_extra"
UNTYPED = ("", media_types.CSV)
"""Media types whose columns have the types that their values look like."""
SPARSE = "The input is a sparse matrix."

SCHEMA = "record the columns with 'drum schema', so that such data are refused by the column's name"
ON_MISSING = f"Impute missing values in the model, or {SCHEMA}."
ON_MOVED = "Find columns by their names, or record them with 'drum schema', which puts them in order."


def column_checks(subject: Subject, reference: Predictions) -> Iterator[Planned]:
    """Plan a check for each column that is set to missing, and those for all columns.

    :param reference: the predictions for the sample.
    """
    assert subject.sample is not None
    if subject.is_sparse:
        for name in (MISSING, SHUFFLED, EXTRA):
            yield Planned(name, lambda: Finding(Status.SKIPPED, SPARSE))
        return
    for place, column in enumerate(subject.sample.columns):
        yield Planned(MISSING, partial(_without_values, subject, place), str(column))
    if len(subject.sample.columns) > 1:
        yield Planned(SHUFFLED, partial(_shuffled, subject, reference))
    else:
        yield Planned(SHUFFLED, lambda: Finding(Status.SKIPPED, "There is one column."))
    yield Planned(EXTRA, partial(_with_one_more, subject, reference))


def _without_values(subject: Subject, place: int) -> Finding:
    """Set a column to missing in every row."""
    assert subject.sample is not None
    changed = subject.sample.copy(deep=False)
    changed.isetitem(place, _emptied(changed.iloc[:, place], subject.payload.media_type).array)
    return _attempted(subject, changed, None, ON_MISSING)


def _emptied(column: pd.Series[Any], media_type: str) -> pd.Series[Any]:
    """Return a column without values, of the type that an empty one is read with: of a CSV, these are doubles."""
    import numpy as np
    import pandas as pd

    if media_type in UNTYPED:
        return pd.Series(np.nan, index=column.index, dtype="float64")
    return column.mask(np.ones(len(column), dtype=bool))


def _shuffled(subject: Subject, reference: Predictions) -> Finding:
    """Turn the order of all columns round."""
    assert subject.sample is not None
    return _attempted(subject, subject.sample.iloc[:, ::-1], reference, ON_MOVED)


def _with_one_more(subject: Subject, reference: Predictions) -> Finding:
    """Put a column in front that the model has never heard of."""
    assert subject.sample is not None
    changed = subject.sample.copy(deep=False)
    name: Any = EXTRA_NAME
    changed.insert(0, name, 1.0)
    return _attempted(subject, changed, reference, ON_MOVED)


def _attempted(subject: Subject, changed: pd.DataFrame, reference: Predictions | None, advice: str) -> Finding:
    """Predict for changed rows; with a reference, the predictions must be those."""
    try:
        predictions = subject.predict(changed)
    except REFUSALS as error:
        return Finding(Status.PASSED, f"refused: {error.message}", refused=True)
    except DrumError as error:
        return Finding(Status.FAILED, failure(error, advice), changed)
    if reference is None:
        return Finding(Status.PASSED, "predicted")
    return subject.finding(subject.compare(reference, predictions), changed, advice)
