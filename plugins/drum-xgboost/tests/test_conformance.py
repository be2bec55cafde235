"""The rules that every runtime keeps, checked on this one."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from drum.testing import CodeDir, Model, RuntimeConformance
from drum.types import TargetType


@pytest.fixture(scope="module")
def trained(
    rows: pd.DataFrame, target: Any, saving: Callable[[Any, Path], None], tmp_path_factory: pytest.TempPathFactory
) -> Sequence[Model]:
    small = {"n_estimators": 4, "max_depth": 3}
    kinds = np.digitize(target, [-1, 1])

    def saved(model: Any, name: str, target_type: TargetType, *labels: str) -> Model:
        folder = tmp_path_factory.mktemp(target_type.value)
        return Model(CodeDir(folder, {name: partial(saving, model)}), target_type, labels)

    binary = xgboost.XGBClassifier(**small).fit(rows, target > 0)
    return [
        saved(xgboost.XGBRegressor(**small).fit(rows, target), "model.json", TargetType.REGRESSION),
        saved(xgboost.XGBRegressor(booster="gblinear").fit(rows, target), "m.pkl", TargetType.REGRESSION),
        saved(binary, "model.joblib", TargetType.BINARY, "no", "yes, sir"),
        saved(binary.get_booster(), "model.model", TargetType.BINARY, "1.0", "0.0"),
        saved(
            xgboost.XGBClassifier(**small).fit(rows, kinds), "model.ubj",
            TargetType.MULTICLASS, "[low]", 'it\'s "middling"', "high, sir",
        ),
        saved(
            make_pipeline(StandardScaler(), xgboost.XGBClassifier(**small)).fit(rows, kinds), "model.pkl",
            TargetType.MULTICLASS, "2", "1", "0",
        ),
        saved(
            xgboost.XGBClassifier(**small).fit(rows, np.column_stack((kinds == 0, kinds == 2))), "model.ubj",
            TargetType.MULTILABEL, "a, b", "c'd",
        ),
        saved(binary, "model.pickle", TargetType.ANOMALY),
    ]  # fmt: skip


class TestConformance(RuntimeConformance):
    plugin = "drum_xgboost"
    framework = "xgboost"

    @pytest.fixture
    def models(self, trained: Sequence[Model]) -> Sequence[Model]:
        return trained

    @pytest.fixture
    def data(self, rows: pd.DataFrame) -> pd.DataFrame:
        return rows[:40]
