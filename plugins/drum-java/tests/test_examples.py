"""The examples in the repository are scored as H2O, scikit-learn and a formula predict them."""

from pathlib import Path

import pandas as pd
import pytest

import drum

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.mark.parametrize("name", ["h2o", "pmml", "java"])
def test_example(name: str) -> None:
    folder = EXAMPLES / name
    with drum.open(folder / "model") as scorer:
        answer = scorer.score(folder / "input.csv").frame
    pd.testing.assert_frame_equal(answer, pd.read_csv(folder / "expected.csv"), rtol=1e-9)
