"""The rules that every runtime keeps, checked on each of the four."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pmml_writer as writer
import pytest
from h2o_models import KINDS, rows
from jars import compiled, interfaces, packed
from predictors import COLUMNS
from scoring_models import SOURCES
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression

from drum.testing import CodeDir, Model, RuntimeConformance
from drum.types import TargetType

FolderOf = Callable[[str, bytes], CodeDir]
LABELS = ("a", "b, sir", "c")


@pytest.fixture(scope="session")
def folder_of(tmp_path_factory: pytest.TempPathFactory) -> FolderOf:
    """Return a function that puts a model into a folder of its own."""
    return lambda name, content: CodeDir(tmp_path_factory.mktemp("model"), {name: content, "weight.txt": "2"})


@pytest.fixture(scope="session")
def h2o_folders(h2o_files: dict[str, Path], folder_of: FolderOf) -> Sequence[Model]:
    declared = {
        "gbm_number.zip": (TargetType.REGRESSION, ()),
        "glm_number.java": (TargetType.REGRESSION, ()),
        "dl_answer.zip": (TargetType.BINARY, ("no", "yes, sir")),
        "dl_kind.java": (TargetType.MULTICLASS, tuple(KINDS)),
        "drf_kind.zip": (TargetType.MULTICLASS, tuple(KINDS)),
        "isolation_outlier.zip": (TargetType.ANOMALY, ()),
    }
    return [Model(folder_of(name, h2o_files[name].read_bytes()), *what) for name, what in declared.items()]


class TestH2o(RuntimeConformance):
    plugin = "drum_java.h2o"
    framework = "jpype"

    @pytest.fixture
    def models(self, h2o_folders: Sequence[Model]) -> Sequence[Model]:
        return h2o_folders

    @pytest.fixture
    def data(self) -> pd.DataFrame:
        return rows(40, seed=2, unseen=True).infer_objects()


@pytest.fixture(scope="session")
def pmml_folders(folder_of: FolderOf) -> Sequence[Model]:
    random = np.random.default_rng(3)
    frame = pd.DataFrame(random.normal(size=(300, 2)).astype(np.float32).astype(float), columns=["x y", "b"])
    kinds = np.array(LABELS)[np.digitize(frame["x y"], [-0.5, 0.5])]
    regression = LinearRegression().fit(frame, frame["b"] * 2 + frame["x y"])
    binary = LogisticRegression().fit(frame, kinds == "a")
    forest = RandomForestClassifier(5, max_depth=4, random_state=0).fit(frame, kinds)
    documents = (
        (writer.linear_regression(regression, list(frame)), TargetType.REGRESSION, ()),
        (writer.logistic_regression(binary, list(frame)), TargetType.BINARY, ("False", "True")),
        (writer.random_forest(forest, list(frame)), TargetType.MULTICLASS, LABELS),
    )
    return [Model(folder_of("m.pmml", document), *what) for document, *what in documents]


class TestPmml(RuntimeConformance):
    plugin = "drum_java.pmml"
    framework = "jpype"

    @pytest.fixture
    def models(self, pmml_folders: Sequence[Model]) -> Sequence[Model]:
        return pmml_folders

    @pytest.fixture
    def data(self) -> pd.DataFrame:
        return pd.DataFrame(np.random.default_rng(5).normal(size=(20, 2)), columns=["b", "x y"])


@pytest.fixture(scope="session")
def scoring_folders(tmp_path_factory: pytest.TempPathFactory, folder_of: FolderOf) -> Sequence[Model]:
    folder = tmp_path_factory.mktemp("scoring")
    jar, files = interfaces()
    classes = compiled(folder, SOURCES, [jar])
    service = "com.datarobot.prediction.IPredictorInfo"

    def offering(name: str) -> CodeDir:
        return folder_of("m.jar", packed(folder / f"{name}.jar", classes, {service: name}, files))

    return [
        Model(offering("Regression"), TargetType.REGRESSION),
        Model(offering("Classes"), TargetType.MULTICLASS, LABELS),
    ]


class TestScoringCode(RuntimeConformance):
    plugin = "drum_java.scoring_code"
    framework = "jpype"

    @pytest.fixture
    def models(self, scoring_folders: Sequence[Model]) -> Sequence[Model]:
        return scoring_folders

    @pytest.fixture
    def data(self) -> pd.DataFrame:
        return pd.DataFrame({"x y": [1.5, None, -2, 0.25], "city": ["Rome", "Łódź", None, "x, y"]})


@pytest.fixture(scope="session")
def custom_folders(tmp_path_factory: pytest.TempPathFactory, folder_of: FolderOf) -> Sequence[Model]:
    folder = tmp_path_factory.mktemp("custom")
    content = packed(folder / "m.jar", compiled(folder, {"Weights.java": COLUMNS}), {"drum.Predictor": "Weights"})
    return [Model(folder_of("m.jar", content), TargetType.REGRESSION)]


class TestCustom(RuntimeConformance):
    plugin = "drum_java"
    framework = "jpype"

    @pytest.fixture
    def models(self, custom_folders: Sequence[Model]) -> Sequence[Model]:
        return custom_folders

    @pytest.fixture
    def data(self) -> pd.DataFrame:
        return pd.DataFrame({"x": [1.5, None, -2, 0.25], "city": ["Rome", "Łódź", None, "x, y"]})
