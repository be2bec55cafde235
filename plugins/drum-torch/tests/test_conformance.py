"""The rules that every runtime keeps, checked on this one."""

from collections.abc import Sequence

import pandas as pd
import pytest
from torch_models import FORMATS

from drum.testing import CodeDir, Model, RuntimeConformance
from drum.types import TargetType

TARGETS = {
    "values": (TargetType.REGRESSION, ()),
    "sigmoid": (TargetType.BINARY, ("1.0", "it's so")),
    "softmax of two": (TargetType.BINARY, ("1.0", "it's so")),
    "softmax": (TargetType.MULTICLASS, ("yes, sir", 'it\'s "no"', "[maybe]")),
    "sigmoids": (TargetType.MULTILABEL, ("a, b", "c'd", "1")),
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Model]:
    models = [
        Model(CodeDir(tmp_path_factory.mktemp("model"), FORMATS[kind](output)), target_type, labels)
        for output, (target_type, labels) in TARGETS.items()
        for kind in ("whole", "scripted")
    ]
    further = ("whole, before torch 1.6", "traced", "exported", "safetensors", "weights")
    return models + [
        Model(CodeDir(tmp_path_factory.mktemp("model"), FORMATS[kind]("values")), TargetType.ANOMALY)
        for kind in further
    ]


class TestConformance(RuntimeConformance):
    plugin = "drum_torch"
    framework = "torch"
    tolerance = 1e-6  # of single precision: torch adds up in another order for another number of rows

    @pytest.fixture
    def models(self, saved: Sequence[Model]) -> Sequence[Model]:
        return saved

    @pytest.fixture
    def data(self, rows: pd.DataFrame) -> pd.DataFrame:
        return rows[:30]
