"""The example in the repository is scored as its framework itself predicts it."""

from pathlib import Path

import pandas as pd

import drum

FOLDER = Path(__file__).parents[3] / "examples" / "onnx"


def test_example() -> None:
    with drum.open(FOLDER / "model") as scorer:
        answer = scorer.score(FOLDER / "input.csv").frame
    pd.testing.assert_frame_equal(answer, pd.read_csv(FOLDER / "expected.csv"), rtol=1e-5)
