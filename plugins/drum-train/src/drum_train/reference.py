"""The reference dataset: features, scores and target with their roles, in the form that drum-monitor reads.

The form is a Parquet file whose metadata hold, under ``drum_monitor``, a JSON object with ``features``, ``prediction``,
``target``, ``target_type`` and ``labels``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.errors import ConfigError, MalformedInputError
from drum_train.whole_file import write_whole

if TYPE_CHECKING:
    import pandas as pd

    from drum.types import ModelSpec

METADATA_KEY = b"drum_monitor"
SUFFIX = "_reference.parquet"
"""What is added to the name of a checkpoint."""


def write_reference(
    path: Path, features: pd.DataFrame, scores: pd.DataFrame, target: pd.Series[Any] | None, spec: ModelSpec
) -> None:
    """Write the file, complete or not at all.

    :param scores: the checked predictions, a row for each row of ``features``.
    :raises ConfigError: if a column cannot be written as Parquet.
    :raises OutputError: if the file cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table, roles = _joined(features, scores, target)
    roles |= {"target_type": spec.target_type.value, "labels": list(spec.labels)}
    try:
        content = pa.Table.from_pandas(table, preserve_index=False)
    except pa.ArrowException as error:
        raise ConfigError(f"A column of the reference cannot be written as Parquet: {error}") from error
    metadata = {METADATA_KEY: json.dumps(roles, sort_keys=True).encode()}
    told = content.replace_schema_metadata(metadata)
    write_whole(path, lambda part: pq.write_table(told, part, compression="zstd"))


def _joined(
    features: pd.DataFrame, scores: pd.DataFrame, target: pd.Series[Any] | None
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return one table and who is what in it; a score named like a feature is ``NAME (score)``."""
    table = features.reset_index(drop=True)
    table.columns = table.columns.map(str)
    own = list(table.columns)
    names = [f"{name} (score)" if str(name) in own else str(name) for name in scores.columns]
    table = table.assign(**dict(zip(names, (scores[name].to_numpy() for name in scores.columns), strict=True)))
    told = None
    if target is not None and target.ndim == 1:
        told = str(target.name) if str(target.name) not in table else f"{target.name} (target)"
        table[told] = target.to_numpy()
    return table, {"features": own, "prediction": names, "target": told}


def read_features(path: Path) -> pd.DataFrame:
    """Return the features of a reference.

    :raises MalformedInputError: if it cannot be read, or does not say which columns are features.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise MalformedInputError(f"The reference '{path}' cannot be read: {error}") from error
    roles = (table.schema.metadata or {}).get(METADATA_KEY)
    if roles is None:
        raise MalformedInputError(
            f"'{path}' does not say which of its columns are features. Write it with drum fit --reference, or "
            "drum monitor reference."
        )
    frame: pd.DataFrame = table.select(json.loads(roles)["features"]).to_pandas()
    return frame
