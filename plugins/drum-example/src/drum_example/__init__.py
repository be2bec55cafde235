"""Score linear models kept as ``.example``: a text file with ``feature = weight`` on each line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from drum.detection import only_file
from drum.errors import LoadError, MalformedInputError
from drum.hookspecs import hookimpl
from drum.types import Artifact, Concurrency, Detection, ModelSpec

if TYPE_CHECKING:
    import pandas as pd

ARTIFACTS = (".example",)

Weights = dict[str, float]


@hookimpl
def drum_detect(code_dir: Path) -> Detection | None:
    """Vote for the one ``.example`` file, if there is one."""
    path = only_file(code_dir, *ARTIFACTS)
    if path is None:
        return None
    return Detection(runtime="example", path=path, concurrency=Concurrency.THREADS | Concurrency.FORK)


@hookimpl
def drum_load_model(artifact: Artifact) -> Weights | None:
    """Read the weights; the feature ``intercept`` is always 1."""
    if artifact.path is None:
        return None
    weights: Weights = {}
    for number, line in enumerate(artifact.path.read_text(encoding="utf-8").splitlines(), 1):
        feature, _, weight = line.rpartition("=")
        try:
            weights[feature.strip()] = float(weight)
        except ValueError as error:
            raise LoadError(f"'{artifact.path.name}', line {number}: '{line}' is not 'feature = weight'.") from error
    return weights


@hookimpl
def drum_score(batch: pd.DataFrame, model: Weights, spec: ModelSpec) -> pd.DataFrame:
    """Return the weighted sum; for a binary target, its logistic function: the positive class's probability."""
    import numpy as np
    import pandas as pd

    features = [name for name in model if name != "intercept"]
    missing = [name for name in features if name not in batch.columns]
    if missing:
        raise MalformedInputError(f"The input lacks the column '{missing[0]}' that the model was made for.")
    total = np.full(len(batch), model.get("intercept", 0.0))
    for name in features:
        total += model[name] * batch[name].to_numpy(dtype=float)
    if spec.target_type.is_classification:
        return pd.DataFrame({"positive": 1 / (1 + np.exp(-total))})
    return pd.DataFrame({"Predictions": total})
