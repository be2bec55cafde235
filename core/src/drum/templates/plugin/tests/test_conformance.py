"""The rules that every runtime keeps, checked on this one."""

from pathlib import Path

import pandas as pd
import pytest

from drum.testing import CodeDir, Model, RuntimeConformance
from drum.types import TargetType


class TestConformance(RuntimeConformance):
    plugin = "drum_PLUGIN_NAME"
    framework = None  # the name of the framework's package, which must not be imported before a model is loaded

    @pytest.fixture
    def models(self, tmp_path: Path) -> list[Model]:
        files = {"model.PLUGIN_NAME": "age = 0.5\nincome = -0.25\nintercept = 1"}
        return [
            Model(CodeDir(tmp_path / "regression", files), TargetType.REGRESSION),
            Model(CodeDir(tmp_path / "binary", files), TargetType.BINARY, labels=("no", "yes")),
        ]

    @pytest.fixture
    def data(self) -> pd.DataFrame:
        return pd.DataFrame({"age": [20.0, 35.5, 61.0, 44.0], "income": [1.0, 2.5, 0.0, 3.25]})
