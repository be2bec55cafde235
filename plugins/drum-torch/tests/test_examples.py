"""The examples give what torch itself gave when they were trained."""

from pathlib import Path

import pandas as pd
import pytest

import drum

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.mark.parametrize("name", ["torch-export", "torch-weights"])
def test_example_gives_what_is_expected(name: str) -> None:
    folder = EXAMPLES / name
    with drum.open(folder / "model") as scorer:
        answer = scorer.score(folder / "input.csv").frame
    pd.testing.assert_frame_equal(answer, pd.read_csv(folder / "expected.csv"), atol=1e-5)
