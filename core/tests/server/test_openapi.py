"""The document describes this very model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from drum.testing import CodeDir, client

CODE = """
def score(data, model): return data[['a']] / 10
def transform(data, model): return data
def score_unstructured(model, data): return data
"""


def document(tmp_path: Path, target_type: str, labels: tuple[str, ...] = ()) -> Any:
    with client(CodeDir(tmp_path / "m", {"custom.py": CODE}), target_type, labels=labels or None) as http:
        return http.get("/openapi.json").json()


@pytest.mark.parametrize(
    ("target_type", "path"),
    [("regression", "/predict/"), ("transform", "/transform/"), ("unstructured", "/predictUnstructured/")],
)
def test_only_the_route_of_the_target_type_scores(tmp_path: Path, target_type: str, path: str) -> None:
    paths = document(tmp_path, target_type)["paths"]
    assert [name for name, methods in paths.items() if "post" in methods] == [path]


def test_labels_are_the_columns_of_an_answer(tmp_path: Path) -> None:
    answer = document(tmp_path, "binary", ("no", "yes"))["paths"]["/predict/"]["post"]["responses"]["200"]
    row = answer["content"]["application/json"]["schema"]["properties"]["predictions"]["items"]
    assert list(row["properties"]) == ["no", "yes"]


def test_every_status_is_declared(tmp_path: Path) -> None:
    responses = document(tmp_path, "regression")["paths"]["/predict/"]["post"]["responses"]
    own = "4XX"  # the hooks of custom code choose theirs
    assert set(responses) == {"200", "400", "406", "408", "413", "415", "422", "431", "500", "503", "504", "513", own}
