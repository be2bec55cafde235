"""Columns that are missing, moved or added: to cope and to refuse is right, to fail and to be wrong is not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from validating import named, validated

from drum.validation.columns import EXTRA, MISSING, SHUFFLED
from drum.validation.report import Status

PASSED, FAILED, SKIPPED = Status.PASSED, Status.FAILED, Status.SKIPPED

BY_PLACE = "import pandas as pd\ndef score(data, model): return pd.DataFrame({'p': data.iloc[:, 0] * 2.0})"
REFUSING = """
from drum import ModelHTTPError

def score(data, model):
    if list(data.columns) != ["a", "b"] or data.isna().any(axis=None):
        raise ModelHTTPError("columns a and b without gaps, please", status_code=422)
    return data[["a"]] * 1.0
"""
CRASHING = """
def score(data, model):
    if list(data.columns) != ["a", "b"] or data["b"].isna().any():
        raise ValueError("I never thought of that")
    return data[["a"]].fillna(0)
"""


def test_a_model_that_copes_passes(tmp_path: Path) -> None:
    report = validated(tmp_path)
    assert not report.failed
    assert (named(report, MISSING, "a").details, named(report, MISSING, "a").refused) == ("predicted", False)
    assert named(report, SHUFFLED).details == "the same to the last bit"
    assert named(report, EXTRA).details == "the same to the last bit"


def test_a_model_that_refuses_passes_too(tmp_path: Path) -> None:
    report = validated(tmp_path, REFUSING)
    for name, column in ((MISSING, "a"), (MISSING, "b"), (SHUFFLED, None), (EXTRA, None)):
        check = named(report, name, column)
        assert (check.status, check.refused) == (PASSED, True)
        assert check.details == "refused: columns a and b without gaps, please"


def test_a_model_that_crashes_fails(tmp_path: Path) -> None:
    report = validated(tmp_path, CRASHING)
    assert named(report, MISSING, "a").status is PASSED
    for name, column in ((MISSING, "b"), (SHUFFLED, None), (EXTRA, None)):
        check = named(report, name, column)
        assert (check.status, "ScoreError" in check.details) == (FAILED, True)
        assert "I never thought of that" in check.details
        assert "drum schema" in check.details


def test_a_model_that_goes_by_place_is_found_out(tmp_path: Path) -> None:
    report = validated(tmp_path, BY_PLACE, data="a,b\n5,2\n3,4\n")
    for name in (SHUFFLED, EXTRA):
        check = named(report, name)
        assert check.status is FAILED
        assert "2 of 2 rows differ" in check.details


def test_missing_predictions_fail(tmp_path: Path) -> None:
    report = validated(tmp_path, "def score(data, model): return data[['a']] * 1.0")
    assert named(report, MISSING, "b").status is PASSED
    assert (named(report, MISSING, "a").status, "--allow-nan" in named(report, MISSING, "a").details) == (FAILED, True)


def test_a_recorded_schema_turns_a_crash_into_a_refusal(tmp_path: Path) -> None:
    schema = "columns:\n- {name: a, type: integer, missing: false}\n- {name: b, type: number, missing: false}\n"
    report = validated(tmp_path, CRASHING, files={"input-schema.yaml": schema})
    assert not report.failed
    assert named(report, MISSING, "b").details.startswith("refused: Column 'b' has no missing values")
    assert not named(report, SHUFFLED).refused


def test_a_missing_column_is_what_an_empty_one_in_a_csv_is(tmp_path: Path) -> None:
    code = "def score(data, model):\n    assert data['t'].dtype == 'float64' or data['t'].notna().all()\n" \
           "    return data[['a']].fillna(0) * 1.0"  # fmt: skip
    assert not validated(tmp_path, code, data="a,t\n1,x\n2,y\n").failed


def test_a_missing_column_of_a_typed_format_keeps_its_type(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2], "t": ["x", "y"]})
    frame.to_parquet(tmp_path / "data.parquet")
    code = "def score(data, model):\n    assert data['t'].dtype == 'str'\n    return data[['a']].fillna(0) * 1.0"
    assert not validated(tmp_path, code, tmp_path / "data.parquet").failed


def test_columns_of_any_name(tmp_path: Path) -> None:
    code = "def score(data, model): return data.iloc[:, :1].fillna(0) * 0.0"
    report = validated(tmp_path, code, data='"a, ""b""",0\n1,2\n')
    assert named(report, MISSING, 'a, "b"').status is PASSED
    assert named(report, MISSING, "0").status is PASSED


def test_one_column_cannot_be_shuffled(tmp_path: Path) -> None:
    report = validated(tmp_path, "def score(data, model): return data[['a']].fillna(0)", data="a\n1\n2\n")
    assert named(report, SHUFFLED).status is SKIPPED


def test_a_sparse_matrix_has_no_missing_values(tmp_path: Path) -> None:
    pytest.importorskip("scipy")
    from drum.types import Payload

    matrix = b"%%MatrixMarket matrix coordinate real general\n3 2 2\n1 1 1.5\n2 2 2.5\n"
    names = {"X.colnames": b"size\nweight\n"}
    code = "def score(data, model): return data[['weight']].sparse.to_dense() * 2.0"
    report = validated(tmp_path, code, Payload(body=matrix, media_type="text/mtx", parts=names, room=None))
    assert not report.failed
    assert {named(report, name).status for name in (MISSING, SHUFFLED, EXTRA)} == {SKIPPED}
    assert named(report, "same predictions through the server").status is PASSED
