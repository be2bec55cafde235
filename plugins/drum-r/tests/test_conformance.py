"""The rules that every runtime keeps, checked on this one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from drum.errors import AmbiguousArtifactError
from drum.testing import CodeDir, Model, RuntimeConformance, scorer
from drum.types import TargetType

KINDS = ("1", "it's “two”", "drei, vier")


class TestConformance(RuntimeConformance):
    plugin = "drum_r"
    framework = "rpy2"

    @pytest.fixture
    def data(self, rows: pd.DataFrame) -> pd.DataFrame:
        return rows[:20]

    @pytest.fixture
    def models(self, trained: Path) -> Sequence[Model]:
        return [
            Model(trained / "lm", TargetType.REGRESSION),
            Model(trained / "glm", TargetType.BINARY, ("no", "yes")),
            Model(trained / "gbm", TargetType.BINARY, ("no", "yes")),
            Model(trained / "caret-rf-multi", TargetType.MULTICLASS, KINDS),
            Model(trained / "oneclass", TargetType.ANOMALY),
            Model(trained / "recipe", TargetType.TRANSFORM),
        ]


class TestConformanceOfHooks(RuntimeConformance):
    """A model that is custom.R alone."""

    plugin = "drum_r"
    framework = "rpy2"

    @pytest.fixture
    def data(self, rows: pd.DataFrame) -> pd.DataFrame:
        return rows[:20]

    @pytest.fixture
    def models(self, tmp_path: Path) -> Sequence[Model]:
        values = "score <- function(data, model, ...) data.frame(Predictions = data$x * 2)"
        classes = """
            score <- function(data, model, positive_class_label, negative_class_label) {
              p <- plogis(data$x)
              setNames(data.frame(p, 1 - p), c(positive_class_label, negative_class_label))
            }
        """
        return [
            Model(CodeDir(tmp_path / "values", {"custom.R": values}), TargetType.REGRESSION),
            Model(CodeDir(tmp_path / "classes", {"custom.R": classes}), TargetType.BINARY, ("no way", "yes, sir")),
        ]

    def test_custom_score_hook_wins(self, models: Sequence[Model], data: pd.DataFrame, tmp_path: Path) -> None:
        """Neither wins here: hooks in two languages are refused."""
        for model in models:
            (Path(model.code_dir) / "custom.py").write_text("def score(data, model): return data")
            with pytest.raises(AmbiguousArtifactError, match=r"hooks in two languages, custom\.py and custom\.R"):
                scorer(model.code_dir, model.target_type, labels=model.labels or None)
