"""The rules that every runtime keeps, checked on this one."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from keras_models import FORMATS, build, keras, pickled
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from drum.testing import CodeDir, Model, RuntimeConformance
from drum.types import TargetType

TARGETS = {
    "linear": (TargetType.REGRESSION, ()),
    "sigmoid": (TargetType.BINARY, ("1.0", "it's so")),
    "softmax of two": (TargetType.BINARY, ("1.0", "it's so")),
    "softmax": (TargetType.MULTICLASS, ("yes, sir", 'it\'s "no"', "[maybe]")),
    "sigmoids": (TargetType.MULTILABEL, ("a, b", "c'd", "1")),
}


@pytest.fixture(scope="module")
def models_saved(rows: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Sequence[Model]:
    models = [
        Model(CodeDir(tmp_path_factory.mktemp("model"), FORMATS["keras"](output)), target_type, labels)
        for output, (target_type, labels) in TARGETS.items()
    ]
    old = Model(CodeDir(tmp_path_factory.mktemp("model"), FORMATS["h5"]("linear")), TargetType.ANOMALY)
    wrapped = keras.wrappers.SKLearnClassifier(build, fit_kwargs={"verbose": 0})
    pipeline = make_pipeline(StandardScaler(), wrapped).fit(
        rows, np.array(["a", "b, c", "1"])[np.arange(len(rows)) % 3]
    )
    labels = ("b, c", "1.0", "A")
    return [
        *models, old, Model(CodeDir(tmp_path_factory.mktemp("model"), pickled(pipeline)), TargetType.MULTICLASS, labels)
    ]  # fmt: skip


class TestConformance(RuntimeConformance):
    plugin = "drum_keras"
    framework = "keras"
    tolerance = 1e-6  # of single precision: TensorFlow adds up in another order for another number of rows

    @pytest.fixture
    def models(self, models_saved: Sequence[Model]) -> Sequence[Model]:
        return models_saved

    @pytest.fixture
    def data(self, rows: pd.DataFrame) -> pd.DataFrame:
        return rows[:30]
