"""The rules that every runtime keeps, checked on this one."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from skl2onnx import to_onnx
from sklearn.compose import make_column_transformer
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from drum.testing import CodeDir, Model, RuntimeConformance
from drum.types import TargetType


@pytest.fixture(scope="module")
def trained(rows: pd.DataFrame, target: Any, tmp_path_factory: pytest.TempPathFactory) -> Sequence[Model]:
    matrix = rows.to_numpy(np.float32)
    kinds = np.array(["[low]", 'it\'s "middling"', "high, sir"])[np.digitize(target, [-1, 1])]

    def saved(model: Any, target_type: TargetType, *labels: str, **options: Any) -> Model:
        content = to_onnx(model, matrix, **options).SerializeToString()
        return Model(CodeDir(tmp_path_factory.mktemp("model"), {"model.onnx": content}), target_type, labels)

    plain = {"options": {"zipmap": False}}
    several = RandomForestClassifier(5, random_state=0)
    forest = IsolationForest(n_estimators=5, random_state=0).fit(matrix)
    return [
        saved(LinearRegression().fit(matrix, target), TargetType.REGRESSION),
        saved(LogisticRegression().fit(matrix, target > 0), TargetType.BINARY, "no", "yes, sir", **plain),
        saved(LogisticRegression().fit(matrix, target > 0), TargetType.BINARY, "1.0", "0.0"),
        saved(
            RandomForestClassifier(5, random_state=0).fit(matrix, kinds),
            TargetType.MULTICLASS, "[low]", 'it\'s "middling"', "high, sir",
        ),
        saved(
            several.fit(matrix, np.column_stack((target > 0, target > 1)).astype(int)),
            TargetType.MULTILABEL, "a, b", "c'd", **plain,
        ),
        saved(forest, TargetType.ANOMALY, target_opset={"": 15, "ai.onnx.ml": 3}),
    ]  # fmt: skip


class TestConformance(RuntimeConformance):
    plugin = "drum_onnx"
    framework = "onnxruntime"
    tolerance = 1e-6

    @pytest.fixture
    def models(self, trained: Sequence[Model]) -> Sequence[Model]:
        return trained

    @pytest.fixture
    def data(self, rows: pd.DataFrame) -> pd.DataFrame:
        return rows[:40]


class TestConformanceOfColumns(RuntimeConformance):
    """A pipeline with an input for each column."""

    plugin = "drum_onnx"
    framework = "onnxruntime"
    tolerance = 1e-6

    @pytest.fixture
    def data(self, rows: pd.DataFrame) -> pd.DataFrame:
        return rows[:40].assign(city=["Rome", "x, y"] * 20)

    @pytest.fixture
    def models(self, data: pd.DataFrame, target: Any, tmp_path_factory: pytest.TempPathFactory) -> Sequence[Model]:
        encoders = make_column_transformer((StandardScaler(), ["in/out", "a b"]), (OneHotEncoder(), ["city"]))
        model = make_pipeline(encoders, LogisticRegression()).fit(data, target[:40] > 0)
        content = to_onnx(model, data[:1].astype({"a b": np.float32})).SerializeToString()
        folder = CodeDir(tmp_path_factory.mktemp("model"), {"model.onnx": content})
        return [Model(folder, TargetType.BINARY, ("false", "true"))]
