"""The rules that every runtime keeps, checked on this one; and predictions equal to those of ``julia`` itself."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

import drum
from drum.testing import CodeDir, Model, RuntimeConformance
from drum.types import TargetType

LABELS = ("[low]", 'it\'s "middling"', "high, sir")
TRANSFORM = """
transform(data, model) = (age=2 .* data.age, city=coalesce.(data.city, "nowhere"))
"""


class TestConformance(RuntimeConformance):
    plugin = "drum_julia"
    framework = "julia"

    @pytest.fixture
    def models(self, fitted: Any, tmp_path: Any) -> Sequence[Model]:
        return [
            Model(fitted.model("linear"), TargetType.REGRESSION),
            Model(fitted.model("logistic"), TargetType.BINARY, ("no", "yes")),
            Model(fitted.model("tree"), TargetType.MULTICLASS, LABELS),
            Model(fitted.model("callable"), TargetType.ANOMALY),
            Model(CodeDir(tmp_path / "transform", {"custom.jl": TRANSFORM}), TargetType.TRANSFORM),
        ]

    @pytest.fixture
    def data(self, fitted: Any) -> pd.DataFrame:
        return pd.read_csv(fitted.input)[:40]

    def _assert_same(self, one: pd.DataFrame, other: pd.DataFrame, message: str) -> None:
        numbers = one.select_dtypes("number").columns
        assert np.array_equal(one[numbers], other[numbers]), message
        assert one.astype(str).equals(other.astype(str)), message


@pytest.mark.parametrize(
    ("name", "target_type", "labels"),
    [("linear", "regression", None), ("logistic", "binary", ("no", "yes")), ("tree", "multiclass", LABELS)],
)
def test_predictions_are_those_of_julia_to_the_last_bit(
    fitted: Any, name: str, target_type: str, labels: tuple[str, ...] | None
) -> None:
    with drum.open(fitted.model(name), target_type=target_type, labels=labels) as scorer:
        frame = scorer.score(fitted.input).frame
    expected = fitted.expected(name)
    assert len(frame) == 600
    assert frame[expected.columns].to_numpy().tobytes() == expected.to_numpy().tobytes()


def test_callable_without_code(fitted: Any) -> None:
    data = pd.read_csv(fitted.input)
    with drum.open(fitted.model("callable"), target_type="regression") as scorer:
        assert scorer.score(data).frame["Predictions"].tolist() == (2 * data["age"] + 1).tolist()
