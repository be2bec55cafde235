"""Write the bodies that are sent, each with the answer that is right for it."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import sklearn

from server_peers import scenarios
from server_peers.scenarios import SCENARIOS, Scenario

BODIES = {1: 2048, 100: 256, 10_000: 4}
"""How many different bodies there are of so many rows."""
SAMPLE_ROWS = 2000
TOLERANCE = 1e-9
CONTENT_TYPES = {"csv": "text/csv", "v2": "application/json"}


@dataclass(frozen=True)
class Body:
    """A body and its predictions."""

    content: bytes
    expected: list[float]


@dataclass(frozen=True)
class Material:
    """A scenario's files: the model, alone in its folder, a sample of rows, and bodies."""

    name: str
    folder: Path

    @property
    def model(self) -> Path:
        """Return the model's path."""
        return self.folder / "model" / "model.joblib"

    @property
    def sample(self) -> Path:
        """Return the path of a CSV from which a schema can be recorded."""
        return self.folder / "sample.csv"

    def bodies(self, rows: int, payload: str) -> Path:
        """Return the path of the file with bodies of so many rows."""
        return self.folder / f"bodies-{rows}-{payload}.bin"

    def first(self, payload: str) -> Body:
        """Return a body of one row."""
        with self.bodies(1, payload).open("rb") as file:
            return _read(file)


def prepare(folder: Path, name: str, rows: set[int]) -> Material:
    """Train the model and write its bodies, unless they are there."""
    material = Material(name, folder / f"{name}-{_fingerprint()}")
    scenario = SCENARIOS[name]
    if not material.model.exists():
        material.model.parent.mkdir(parents=True, exist_ok=True)
        joblib.dump(scenario.train(), material.model)
        scenario.make(SAMPLE_ROWS, 1).to_csv(material.sample, index=False)
    for count in rows:
        if not all(material.bodies(count, payload).exists() for payload in CONTENT_TYPES):
            print(f"Working out the right answers of {name}, {count:,} rows a body.", flush=True)
            _write(material, scenario, count)
    return material


def _fingerprint() -> str:
    """Return a short text that changes with what makes models, rows and bodies."""
    sources = [Path(module).read_bytes() for module in (__file__, scenarios.__file__)]
    versions = f"{sklearn.__version__} {pd.__version__} {np.__version__}".encode()
    return hashlib.sha256(b"".join([*sources, versions])).hexdigest()[:10]


def _write(material: Material, scenario: Scenario, rows: int) -> None:
    files = {payload: material.bodies(rows, payload) for payload in CONTENT_TYPES}
    parts = {payload: path.with_suffix(".part").open("wb") for payload, path in files.items()}
    for frame, expected in _answered(joblib.load(material.model), scenario, rows):
        parts["csv"].write(_record(_as_csv(frame), expected))
        parts["v2"].write(_record(_as_v2(frame, scenario), expected))
    for payload, part in parts.items():
        part.close()
        Path(part.name).replace(files[payload])


def _answered(model: Any, scenario: Scenario, rows: int) -> Iterator[tuple[pd.DataFrame, Any]]:
    """Yield frames with their predictions; leave out those where guessing types decides about the answer."""
    every = scenario.make(rows * BODIES[rows], 2 + rows)
    for first in range(0, len(every), rows):
        frame = every.iloc[first : first + rows]
        content = _as_csv(frame)
        expected = model.predict(pd.read_csv(io.BytesIO(content)))
        stated = model.predict(pd.read_csv(io.BytesIO(content), dtype=dict.fromkeys(scenario.texts, str)))
        if np.allclose(expected, stated, rtol=TOLERANCE / 100, atol=0):
            yield frame, expected


def _as_csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()


def _as_v2(frame: pd.DataFrame, scenario: Scenario) -> bytes:
    """Return the rows for MLServer: numbers as one tensor, as is fastest there, else a tensor a column."""
    if not scenario.texts:
        tensor = _tensor("rows", "FP64", list(frame.shape), frame.to_numpy().ravel())
        return json.dumps({"inputs": [tensor]}).encode()
    columns = [
        _tensor(str(name), "BYTES" if name in scenario.texts else "FP64", [len(frame), 1], column)
        for name, column in frame.items()
    ]
    return json.dumps({"parameters": {"content_type": "pd"}, "inputs": columns}).encode()


def _tensor(name: str, datatype: str, shape: list[int], values: Any) -> dict[str, Any]:
    convert = str if datatype == "BYTES" else float
    data = [None if pd.isna(value) else convert(value) for value in values]
    kind = {"parameters": {"content_type": "str"}} if datatype == "BYTES" else {}
    return {"name": name, "datatype": datatype, "shape": shape, "data": data} | kind


# ------------------------------------------------------------------------------------- records, as load.lua reads them


def _record(content: bytes, expected: Any) -> bytes:
    values = ",".join(map(repr, expected.tolist())).encode()
    return b"%d %d\n%s\n%s\n" % (len(values), len(content), values, content)


def _read(file: io.BufferedReader) -> Body:
    values, size = (int(number) for number in file.readline().split())
    expected = [float(number) for number in file.read(values + 1).split(b",")]
    return Body(file.read(size), expected)
