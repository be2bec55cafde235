"""The examples in the repository are scored as R itself predicts them, and the template runs as it is written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import drum
from drum.errors import CustomCodeError
from drum.testing import run_cli

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.mark.parametrize("name", ["r-caret", "r-hooks"])
def test_example(name: str) -> None:
    folder = EXAMPLES / name
    with drum.open(folder / "model") as scorer:
        answer = scorer.score(folder / "input.csv").frame
    expected = pd.read_csv(folder / "expected.csv")
    assert list(answer.columns) == list(expected.columns)
    np.testing.assert_allclose(answer.to_numpy(), expected.to_numpy(float), rtol=0, atol=1e-12)


def test_template_runs_as_it_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    written = run_cli(["new", "model", "--code-dir", folder, "--language", "r"])
    assert written.exit_code == 0, written.err
    scored = run_cli(["score", "--code-dir", folder, "--input", folder / "example.csv"])
    assert (scored.exit_code, scored.out) == (0, "Predictions\n2.0\n5.166666666666667\n"), scored.err


def test_every_hook_of_the_template_can_be_used(tmp_path: Path) -> None:
    """What stands there as a comment is R, too."""
    folder = tmp_path / "mine"
    assert run_cli(["new", "model", "--code-dir", folder, "--language", "r"]).exit_code == 0
    code = (folder / "custom.R").read_text()
    hooks = "\n".join(line.removeprefix("# ") for line in code.splitlines() if not line.startswith("# As it"))
    start = hooks.index("score <- function")
    (folder / "custom.R").write_text(hooks[start:].replace("data\n}", "data\n}\n"))
    with pytest.raises(CustomCodeError, match="Model 'load_model' hook returned NULL"):
        drum.open(folder)
