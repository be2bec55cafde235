"""Whether a prediction depends on its row alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from validating import named, validated

from drum.validation.report import Status

MANY = "a\n" + "".join(f"{row}\n" for row in range(300))
CENTRED = "def score(data, model): return data[['a']] - data[['a']].mean()"
CHANCE = "import numpy as np\ndef score(data, model): return data[['a']] + np.random.default_rng().random()"
COUNTING = "calls = []\ndef score(data, model):\n    calls.append(1)\n    return data[['a']] * 0.0 + len(calls)"
ONE_ROW = "def score(data, model):\n    assert len(data) > 1\n    return data[['a']].fillna(0) * 1.0"
NO_ROWS = """
import io, pandas as pd

def read_input_data(input_binary_data):
    return pd.read_csv(io.BytesIO(input_binary_data))

def score(data, model):
    return data[['a']].fillna(0) * 1.0
"""


@pytest.mark.parametrize("data", ["a\n1\n2\n4\n", MANY])
def test_a_model_that_looks_across_rows(tmp_path: Path, data: str) -> None:
    report = validated(tmp_path, CENTRED, data)
    check = named(report, "same predictions in batches")
    assert (check.status, "the rows beside it" in check.details) == (Status.FAILED, True)
    assert named(report, "one row").status is Status.FAILED
    assert named(report, "same predictions row by row").status is Status.FAILED
    assert named(report, "same predictions twice").status is Status.PASSED


def test_a_sample_is_compared_with_its_rows_in_the_whole(tmp_path: Path) -> None:
    """Each batch of the sample has the same mean: only the whole input shows that it matters."""
    data = "a\n" + "".join(f"{row % 2 if row % 2 == 0 else 5}\n" for row in range(400))
    report = validated(tmp_path, CENTRED, data, sample_rows=200)
    check = named(report, "same predictions in batches")
    assert (check.status, "200 of 200 rows differ" in check.details) == (Status.FAILED, True)


@pytest.mark.parametrize("code", [CHANCE, COUNTING])
def test_a_model_that_does_not_repeat_itself(tmp_path: Path, code: str) -> None:
    check = named(validated(tmp_path, code, "a\n1\n2\n"), "same predictions twice")
    assert (check.status, "seed it" in check.details) == (Status.FAILED, True)


def test_a_model_that_cannot_answer_one_row(tmp_path: Path) -> None:
    report = validated(tmp_path, ONE_ROW, "a\n1\n2\n3\n4\n5\n6\n")
    assert named(report, "one row").status is Status.FAILED
    assert named(report, "same predictions in batches").status is Status.PASSED


def test_one_row_has_no_batches(tmp_path: Path) -> None:
    report = validated(tmp_path, "def score(data, model): return data[['a']].fillna(0)", "a\n1\n")
    assert named(report, "same predictions in batches").status is Status.SKIPPED
    assert not report.failed


def test_empty_input_is_refused_by_the_engine(tmp_path: Path) -> None:
    check = named(validated(tmp_path), "empty input")
    assert (check.status, check.refused) == (Status.PASSED, True)
    assert "empty" in check.details


def test_empty_input_that_the_model_reads_itself(tmp_path: Path) -> None:
    check = named(validated(tmp_path, NO_ROWS, "a\n1\n2\n"), "empty input")
    assert (check.status, "EmptyDataError" in check.details) == (Status.FAILED, True)


def test_predictions_for_nothing_fail(tmp_path: Path) -> None:
    code = NO_ROWS.replace(
        "pd.read_csv(", "pd.DataFrame({'a': [7]}) if not input_binary_data.strip() else pd.read_csv("
    )
    check = named(validated(tmp_path, code, "a\n1\n2\n"), "empty input")
    assert (check.status, check.details) == (Status.FAILED, "1 predictions were made for an input without rows.")


def test_further_columns_are_compared(tmp_path: Path) -> None:
    code = "import numpy as np, pandas as pd\ndef score(data, model):\n" \
           "    return pd.DataFrame({'Predictions': 1.0, 'cost': np.random.random(len(data))})"  # fmt: skip
    check = named(validated(tmp_path, code, "a\n1\n2\n"), "same predictions twice")
    assert (check.status, "'cost'" in check.details) == (Status.FAILED, True)
