"""Validate small models that are a custom.py each, for the tests of validation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from drum.library import find
from drum.media_types import payload_of_file
from drum.plugins import create_plugin_manager
from drum.testing import CodeDir
from drum.trial.features import Features
from drum.types import Payload
from drum.validation.report import Check, Report
from drum.validation.validate import validate

DATA = "a,b\n" + "".join(f"{row},{row * row % 7}.5\n" for row in range(9))
SUM = """
import pandas as pd

def score(data, model, **kwargs):
    return pd.DataFrame({"Predictions": data[["a", "b"]].fillna(0).sum(axis=1)})
"""


def validated(
    folder: Path,
    code: str = SUM,
    data: str | bytes | Payload | Path = DATA,
    target_type: str = "regression",
    *,
    sample_rows: int = 0,
    tolerance: float = 1e-6,
    keep: Path | None = None,
    files: Mapping[str, str] | None = None,
    options: Mapping[str, object] | None = None,
) -> Report:
    """Validate code with data."""
    code_dir = CodeDir(folder / "model", {"custom.py": code, **(files or {})})
    manager = create_plugin_manager()
    with find(manager, code_dir.path, target_type=target_type, options=options) as scorer:
        return validate(
            scorer,
            Features(manager, scorer.code_dir),
            _payload(data),
            sample_rows=sample_rows,
            tolerance=tolerance,
            keep=keep,
            progress=lambda step, share: None,
        )


def _payload(data: str | bytes | Payload | Path) -> Payload:
    if isinstance(data, Payload):
        return data
    if isinstance(data, Path):
        return payload_of_file(data)
    body = data.encode() if isinstance(data, str) else data
    return Payload(body=body, media_type="text/csv", room=None)


def named(report: Report, name: str, column: str | None = None) -> Check:
    """Return the one check of this name."""
    (check,) = [check for check in report.checks if check.name == name and check.column == column]
    return check
