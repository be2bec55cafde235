"""What models predict by themselves equals what Rscript predicts of the same CSV, read by read.csv."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from drum.scorer import Scorer

Serve = Callable[..., Scorer]

KINDS = ("1", "it's “two”", "drei, vier")
"""The classes of ``kind`` in the training data: no names in R."""

REGRESSION = (
    "lm", "glm-poisson", "rpart-regression", "rf-regression", "gam", "gbm-regression", "glmnet-regression", "caret-lm",
)  # fmt: skip
BINARY = ("glm", "rpart", "rf", "gbm", "glmnet", "caret-glm", "svm")
MULTICLASS = (
    "rpart-multi", "rf-multi", "gbm-multi", "glmnet-multi", "caret-rf-multi", "naiveBayes", "lda", "multinom",
)  # fmt: skip
DECLARED: dict[str, tuple[str, tuple[str, ...] | None]] = {
    **dict.fromkeys(REGRESSION, ("regression", None)),
    **dict.fromkeys(BINARY, ("binary", ("no", "yes"))),
    **dict.fromkeys(MULTICLASS, ("multiclass", KINDS)),
    "oneclass": ("anomaly", None),
    "ranger": ("regression", None),
    "ranger-multi": ("multiclass", KINDS),
}
CASES = list(DECLARED)
WHOLE = ("lm", "rpart-regression", "glm", "rf", "gbm-multi", "glmnet-multi", "caret-rf-multi")
"""Those of which 100,000 rows are scored."""
WITH_GAPS = (
    "lm", "gam", "rpart-regression", "rf-regression", "gbm-regression", "glm", "rpart", "rf", "gbm", "rpart-multi",
    "rf-multi", "gbm-multi", "naiveBayes",
)  # fmt: skip
"""Those of which rows with missing values are scored."""


def expected(trained: Path, name: str, rows: str) -> np.ndarray:
    frame = pd.read_csv(trained / name / f"expected-{rows}.csv")
    labels = DECLARED[name][1]
    if labels is not None:
        frame = frame[list(labels)]
    return frame.to_numpy(float)


def skip_without_ranger(trained: Path, name: str) -> None:
    if name.startswith("ranger") and not (trained / name).exists():
        pytest.skip("ranger is not installed")


@pytest.mark.parametrize("name", CASES)
def test_equals_rscript(serve: Serve, trained: Path, name: str) -> None:
    skip_without_ranger(trained, name)
    target_type, labels = DECLARED[name]
    answer = serve(trained / name, target_type, labels).score(trained / "rows.csv").frame
    assert list(answer.columns) == list(labels or ["Predictions"])
    np.testing.assert_allclose(answer.to_numpy(), expected(trained, name, "rows"), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_one_row_is_scored_as_among_others(serve: Serve, trained: Path, rows: pd.DataFrame, name: str) -> None:
    skip_without_ranger(trained, name)
    scorer = serve(trained / name, *DECLARED[name])
    for place in (0, 7):
        one = rows.iloc[[place]].to_csv(index=False).encode()
        wanted = expected(trained, name, "rows")[[place]]
        np.testing.assert_allclose(scorer.score(one).frame.to_numpy(), wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", WITH_GAPS)
def test_missing_values_are_what_they_are_to_rscript(serve: Serve, trained: Path, name: str) -> None:
    answer = serve(trained / name, *DECLARED[name], allow_nan=True).score(trained / "gaps.csv").frame
    np.testing.assert_allclose(answer.to_numpy(), expected(trained, name, "gaps"), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", WHOLE)
def test_100_000_rows_equal_rscript(serve: Serve, trained: Path, name: str) -> None:
    answer = serve(trained / name, *DECLARED[name]).score(trained / "many.csv").frame
    np.testing.assert_allclose(answer.to_numpy(), expected(trained, name, "many"), rtol=0, atol=1e-12)
