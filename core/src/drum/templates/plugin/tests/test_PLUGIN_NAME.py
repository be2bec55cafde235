"""What is special about ``.PLUGIN_NAME`` models."""

from pathlib import Path

import pandas as pd
import pytest

import drum
from drum.errors import LoadError, MalformedInputError


def test_prediction_is_the_weighted_sum(tmp_path: Path) -> None:
    (tmp_path / "model.PLUGIN_NAME").write_text("age = 0.5\nintercept = 1")
    with drum.open(tmp_path, target_type="regression") as scorer:
        assert scorer.score(pd.DataFrame({"age": [2, 4]})).frame["Predictions"].tolist() == [2.0, 3.0]


def test_line_without_a_weight_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.PLUGIN_NAME").write_text("age = 0.5\nincome")
    with pytest.raises(LoadError, match=r"line 2: 'income' is not 'feature = weight'"):
        drum.open(tmp_path, target_type="regression")


def test_missing_column_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.PLUGIN_NAME").write_text("age = 0.5")
    with drum.open(tmp_path, target_type="regression") as scorer, pytest.raises(MalformedInputError, match="'age'"):
        scorer.score(pd.DataFrame({"size": [1]}))
