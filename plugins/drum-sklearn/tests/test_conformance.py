"""The rules that every runtime keeps, checked on this one."""

from collections.abc import Sequence
from typing import Any

import joblib
import pandas as pd
import pytest
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from drum.testing import CodeDir, Model, RuntimeConformance
from drum.types import TargetType


@pytest.fixture(scope="module")
def trained(rows: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Sequence[Model]:
    first = rows.iloc[:, 0]
    kinds = pd.cut(first, 3, labels=["yes, sir", 'it\'s "no"', "[maybe]"]).astype(str)
    indicators = (rows.iloc[:, :3] > 0).astype(int).to_numpy()

    def saved(estimator: Any, target_type: TargetType, *labels: str) -> Model:
        folder = tmp_path_factory.mktemp(target_type.value)
        return Model(CodeDir(folder, {"model.pkl": lambda path: joblib.dump(estimator, path)}), target_type, labels)

    return [
        saved(LinearRegression().fit(rows, first * 2), TargetType.REGRESSION),
        saved(LogisticRegression().fit(rows, (first > 0).astype(int)), TargetType.BINARY, "0.0", "1.0"),
        saved(LogisticRegression().fit(rows, first > 0), TargetType.BINARY, "false", "TRUE"),
        saved(
            make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=0)).fit(rows, kinds),
            TargetType.MULTICLASS, "[maybe]", "yes, sir", 'it\'s "no"',
        ),
        saved(
            RandomForestClassifier(3, random_state=0).fit(rows, indicators),
            TargetType.MULTILABEL, "a, b", "c'd", "1",
        ),
        saved(
            MLPClassifier((8,), max_iter=500, solver="lbfgs", random_state=0).fit(rows.to_numpy(), indicators),
            TargetType.MULTILABEL, "one", "two", "three",
        ),
        saved(IsolationForest(n_estimators=5, random_state=0).fit(rows), TargetType.ANOMALY),
        saved(StandardScaler().fit(rows), TargetType.TRANSFORM),
    ]  # fmt: skip


class TestConformance(RuntimeConformance):
    plugin = "drum_sklearn"
    framework = "sklearn"

    @pytest.fixture
    def models(self, trained: Sequence[Model]) -> Sequence[Model]:
        return trained

    @pytest.fixture
    def data(self, rows: pd.DataFrame) -> pd.DataFrame:
        return rows
