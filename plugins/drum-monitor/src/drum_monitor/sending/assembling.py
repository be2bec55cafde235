"""Put rows that were scored in many calls together into one table: features and then scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from drum_monitor.roles import score_names

if TYPE_CHECKING:
    import pandas as pd

    from drum_monitor.sending.queue import Scored

Columns = tuple[tuple[str, ...], tuple[str, ...]]


def assemble(scored: Sequence[Scored], *, exact: bool = False) -> Iterator[pd.DataFrame]:
    """Yield a table for each run of calls that have the same columns.

    :param exact: whether whole numbers must stay whole, because some of them are ids.
    """
    for (features, scores), run in groupby(scored, key=_columns):
        calls = list(run)
        table = _join([call.features for call in calls], features, exact=exact)
        added = _join([call.scores for call in calls], scores, exact=False)
        for name, score in zip(score_names(features, scores), scores, strict=True):
            table[name] = added[score].to_numpy()
        yield table


def _columns(scored: Scored) -> Columns:
    return tuple(map(str, scored.features.columns)), tuple(map(str, scored.scores.columns))


def _join(frames: Sequence[pd.DataFrame], columns: Sequence[str], *, exact: bool) -> pd.DataFrame:
    """Join frames; those of numbers alone as matrices, which costs a tenth of joining frames."""
    import numpy as np
    import pandas as pd

    matrices: list[Any] = [] if exact else [frame.to_numpy() for frame in frames]
    if matrices and all(matrix.dtype.kind in "fiu" for matrix in matrices):
        return pd.DataFrame(np.concatenate(matrices), columns=list(columns))
    joined = pd.concat(frames, ignore_index=True)
    joined.columns = pd.Index(columns)
    return joined
