"""What ``/openapi.json`` says of a model is what its server does: schemathesis asks whatever the document allows."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import schemathesis
from environments import REPOSITORY, Environment
from hypothesis import HealthCheck, given, settings
from malformed import restarts
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from servers import Server, serving
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import StandardScaler

CHECKS = [
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]
SAMPLE = pd.DataFrame({"a": [0.0, 1.0, 2.0], "b": [1, 5, 3], "c": ["x", "y", None]})
QUESTIONS = 200


def binary(environment: Environment, folder: Path) -> tuple[Path, list[str]]:
    return REPOSITORY / "examples" / "binary" / "model", []


def unstructured(environment: Environment, folder: Path) -> tuple[Path, list[str]]:
    return REPOSITORY / "examples" / "unstructured" / "model", []


def regression(environment: Environment, folder: Path) -> tuple[Path, list[str]]:
    """A model of numbers that a recorded schema surrounds with a text which it does not look at."""
    model = LinearRegression().fit(SAMPLE[["a", "b"]], [1.0, 2.0, 3.0])
    joblib.dump(model, folder / "model.joblib")
    SAMPLE.to_csv(folder / "sample.csv", index=False)
    environment.run("drum", "schema", "--input", folder / "sample.csv", "--code-dir", folder)
    return folder, ["--target-type", "regression"]


def transform(environment: Environment, folder: Path) -> tuple[Path, list[str]]:
    joblib.dump(StandardScaler().fit(SAMPLE[["a", "b"]]), folder / "model.joblib")
    return folder, ["--target-type", "transform"]


Model = Callable[[Environment, Path], tuple[Path, list[str]]]


@pytest.fixture(scope="module", params=[binary, regression, unstructured, transform])
def server(
    request: pytest.FixtureRequest, with_sklearn: Environment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    model: Model = request.param
    code_dir, options = model(with_sklearn, tmp_path_factory.mktemp(model.__name__))
    with serving(with_sklearn, code_dir, *options) as running:
        yield running


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
def test_every_answer_is_one_that_the_document_declares(server: Server, mode: GenerationMode) -> None:
    document = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    for operation in [found.ok() for found in document.get_all_operations()]:
        if mode is GenerationMode.POSITIVE or operation.path in ("/predict/", "/transform/"):  # else nothing is wrong
            _ask(operation, mode, server.url)
    assert restarts(server) == 0


def _ask(operation: Any, mode: GenerationMode, url: str) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=QUESTIONS if operation.method == "post" else 5,
        derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def ask(case: Any) -> None:
        case.call_and_validate(base_url=url, checks=CHECKS)

    ask()


def test_rows_that_the_document_describes_are_scored(with_sklearn: Environment, tmp_path: Path) -> None:
    code_dir, options = regression(with_sklearn, tmp_path)
    with serving(with_sklearn, code_dir, *options) as server:
        document = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
        row = document.raw_schema["components"]["schemas"]["Row"]
        rows = SAMPLE.astype(object).where(SAMPLE.notna(), None).to_dict("records")
        body, headers = json.dumps(rows).encode(), {"Content-Type": "application/json"}
        status, answer = server.ask(urllib.request.Request(f"{server.url}/predict/", body, headers))
    assert row["required"] == ["a", "b", "c"]
    assert (status, np.array(answer["predictions"]).shape) == (200, (3,))
