"""Whether a request gets the predictions that a file gets, over a real port."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from validating import DATA, SUM, named, validated

from drum.types import Payload
from drum.validation.report import Status

WHOLE, SINGLE = "same predictions through the server", "same predictions row by row"


def test_a_request_is_answered_like_a_file(tmp_path: Path) -> None:
    report = validated(tmp_path)
    assert (named(report, WHOLE).status, named(report, SINGLE).status) == (Status.PASSED, Status.PASSED)


@pytest.mark.parametrize("extension", ["json", "jsonl", "parquet", "arrow"])
def test_formats_go_through_the_server_as_they_came(tmp_path: Path, extension: str) -> None:
    """As CSV, this column of texts would be read as numbers."""
    frame = pd.DataFrame({"code": ["007", "08"], "b": [1.5, 2.5]})
    path = tmp_path / f"data.{extension}"
    writers = {
        "json": lambda: frame.to_json(path, orient="records"),
        "jsonl": lambda: frame.to_json(path, orient="records", lines=True),
        "parquet": lambda: frame.to_parquet(path),
        "arrow": lambda: frame.to_feather(path),
    }
    writers[extension]()
    code = "def score(data, model): return data[['code']].astype(object).map(lambda value: len(str(value)) * 1.0)"
    report = validated(tmp_path, code, path)
    assert not report.failed


def test_a_column_that_each_request_reads_otherwise_is_found_out(tmp_path: Path) -> None:
    """Beside V57, 250.010 is a text of seven letters; alone in its request it is the number 250.01."""
    code = "def score(data, model): return data[['code']].fillna('').astype(str).map(len) * 1.0"
    report = validated(tmp_path, code, "code,a\n250.010,1\nV57,2\n")
    check = named(report, SINGLE)
    assert (check.status, "drum schema" in check.details) == (Status.FAILED, True)
    assert "has 6.0 instead of 7.0" in check.details
    assert named(report, WHOLE).status is Status.PASSED


def test_a_schema_mends_it(tmp_path: Path) -> None:
    code = "def score(data, model): return data[['code']].fillna('').map(len) * 1.0"
    schema = "columns:\n- {name: code, type: text}\n"
    report = validated(tmp_path, code, "code,a\n250.010,1\nV57,2\n", files={"input-schema.yaml": schema})
    assert not report.failed


def test_what_the_server_refuses_is_told(tmp_path: Path) -> None:
    code = "import threading\nfrom drum import ModelHTTPError\nasked = []\ndef score(data, model):\n" \
           "    asked.append(len(data))\n    if asked.count(1) > 2: raise ModelHTTPError('enough', status_code=429)\n" \
           "    return data[['a']].fillna(0) * 1.0"  # fmt: skip
    check = named(validated(tmp_path, code, "a\n1\n2\n3\n4\n"), SINGLE)
    assert (check.status, check.details) == (Status.FAILED, "the server answered 429 enough")


@pytest.mark.parametrize("target_type", ["binary", "multiclass", "multilabel", "transform", "textgeneration"])
def test_every_target_type_that_takes_rows(tmp_path: Path, target_type: str) -> None:
    codes = {
        "binary": "def score(data, model): return data[['a']].fillna(0) / 10",
        "multiclass": "import pandas as pd\ndef score(data, model): "
        "return pd.DataFrame([[0.5, 0.25, 0.25]] * len(data), columns=['x', 'y', 'z'])",
        "multilabel": "import pandas as pd\ndef score(data, model): "
        "return pd.DataFrame([[0.5, 1.0, 0.25]] * len(data), columns=['x', 'y', 'z'])",
        "transform": "def transform(data, model): return data[['a', 'b']].assign(t='é,\"').fillna(0)",
        "textgeneration": "import pandas as pd\ndef score(data, model): "
        "return pd.DataFrame({'Predictions': data['a'].map(str), 'cost': 1.5})",
    }
    labels: dict[str, object] = {
        "binary": {"negative_class_label": "no", "positive_class_label": "yes"},
        "multiclass": {"class_labels": ("x", "y", "z")},
        "multilabel": {"class_labels": ("x", "y", "z")},
    }.get(target_type, {})
    report = validated(tmp_path, codes[target_type], target_type=target_type, options=labels)
    assert [check.details for check in report.failed if not check.name.startswith("missing")] == []
    assert named(report, WHOLE).status is Status.PASSED


def test_the_model_is_loaded_once_and_stays_open(tmp_path: Path) -> None:
    code = "def load_model(code_dir):\n    open(code_dir + '/loaded', 'x').close()\n    return 'model'\n"
    assert not validated(tmp_path, code + SUM, DATA).failed


def test_column_names_of_a_matrix_are_sent_too(tmp_path: Path) -> None:
    pytest.importorskip("scipy")
    matrix = b"%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 1.5\n2 2 2.5\n"
    payload = Payload(body=matrix, media_type="text/mtx", parts={"X.colnames": b"n\xc3\xa4me\nweight\n"}, room=None)
    report = validated(tmp_path, "def score(data, model): return data[['näme']].sparse.to_dense()", payload)
    assert (named(report, WHOLE).status, named(report, SINGLE).status) == (Status.PASSED, Status.PASSED)
