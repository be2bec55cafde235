"""Inputs in several files, models that score them, and what comes out."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"
ECHO = """
import pandas as pd

def score(data, model):
    texts = ["|".join(map(repr, row)) for row in data.itertuples(index=False, name=None)]
    return pd.DataFrame({"Predictions": [f"{text} {','.join(map(str, data.dtypes))}" for text in texts]})
"""
"""A model that answers with what it was given."""


def metadata(target_type: str) -> Mapping[str, str]:
    """Return the file that says what a model predicts."""
    more = "inferenceModel: {targetName: answer}\n" if target_type == "textgeneration" else ""
    return {"model-metadata.yaml": f"name: x\ntype: inference\ntargetType: {target_type}\n{more}"}


def written(folder: Path) -> pd.DataFrame:
    """Read the files of predictions in the order of their names."""
    files = sorted(path for path in folder.iterdir() if path.name.startswith("part-"))
    read = [pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path) for path in files]
    return pd.concat(read, ignore_index=True)


def names(folder: Path) -> list[str]:
    """Return the names of what is in a folder."""
    return sorted(path.name for path in folder.iterdir())


def example(name: str) -> Path:
    """Return the model of an example, or skip the test where it cannot be scored."""
    if name == "h2o" and shutil.which("java") is None:
        pytest.skip("there is no Java")
    return EXAMPLES / name / "model"


def sample(name: str, rows: int) -> pd.DataFrame:
    """Return as many rows as are wanted of the input of an example, no two of them alike."""
    frame = pd.read_csv(EXAMPLES / name / "input.csv")
    many = pd.concat([frame] * (rows // len(frame) + 1), ignore_index=True).iloc[:rows]
    for place, column in enumerate(many.columns):
        if many[column].dtype == float:
            many[column] = many[column] * (1 + (many.index + place) % 97 / 1000)
    return many


def cut(frame: pd.DataFrame, counts: Sequence[int]) -> list[pd.DataFrame]:
    """Cut a frame into parts of so many rows."""
    starts = [sum(counts[:place]) for place in range(len(counts))]
    return [frame.iloc[start : start + count] for start, count in zip(starts, counts, strict=True)]


def save(frame: pd.DataFrame, path: Path) -> Path:
    """Write a frame in the format of the extension."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writers: dict[str, Callable[[], Any]] = {
        ".parquet": lambda: frame.to_parquet(path, index=False),
        ".csv": lambda: frame.to_csv(path, index=False),
        ".gz": lambda: frame.to_csv(path, index=False),
        ".jsonl": lambda: frame.to_json(path, orient="records", lines=True, double_precision=15),
    }
    writers[path.suffix]()
    return path
