"""Put rows that were scored in many calls together into one table: features and then scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from drum_monitor.roles import score_names
from drum_monitor.sending.scored import is_same

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from drum_monitor.sending.scored import Names, Scored


def assemble(scored: Sequence[Scored]) -> Iterator[pd.DataFrame]:
    """Yield a table for each run of calls that have the same columns."""
    for calls in _runs(scored):
        features, scores = _texts(calls[0].feature_names), _texts(calls[0].score_names)
        table = _join([call.features for call in calls], features)
        added = _join([call.scores for call in calls], scores)
        for name, score in zip(score_names(features, scores), scores, strict=True):
            table[name] = added[score].to_numpy()
        yield table


def _runs(scored: Sequence[Scored]) -> Iterator[list[Scored]]:
    run: list[Scored] = []
    for call in scored:
        if run and not (
            _same(run[-1].feature_names, call.feature_names) and _same(run[-1].score_names, call.score_names)
        ):
            yield run
            run = []
        run.append(call)
    if run:
        yield run


def _same(one: Names, other: Names) -> bool:
    return is_same(one, other) or _texts(one) == _texts(other)


def _texts(names: Names) -> tuple[str, ...]:
    return tuple(map(str, names))


def _join(parts: Sequence[pd.DataFrame | NDArray[Any]], columns: Sequence[str]) -> pd.DataFrame:
    """Join rows; those of numbers alone as matrices, which costs a tenth of joining frames."""
    import numpy as np
    import pandas as pd

    if all(isinstance(part, np.ndarray) for part in parts):
        return pd.DataFrame(np.concatenate(parts), columns=list(columns))
    frames = [pd.DataFrame(part) if isinstance(part, np.ndarray) else part for part in parts]
    joined = pd.concat([frame.set_axis(range(len(columns)), axis=1) for frame in frames], ignore_index=True)
    joined.columns = pd.Index(columns)
    return joined
