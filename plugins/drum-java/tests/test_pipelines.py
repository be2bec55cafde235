"""MOJO pipelines on a stand-in for H2O's runtime, which is not free."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from jars import compiled, packed
from pipeline_runtime import SOURCES, pipeline

from drum.errors import LoadError, MalformedInputError, ModelContractError, PluginDependencyError, ScoreError
from drum.scorer import Scorer
from drum.testing import CodeDir, Model, RuntimeConformance
from drum.types import TargetType

Serve = Callable[..., Scorer]

FRAME = pd.DataFrame({"city": ["Łódź", None, "Rome"], "other": 1, "x y": [1.5, 2, np.nan]})
VALUES = [5.0, 3.5, 0.0]


@pytest.fixture(autouse=True)
def _no_licence_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("DRIVERLESS_AI_LICENSE_FILE", "DRIVERLESS_AI_LICENSE_KEY"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture(scope="session")
def runtime_jar(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the content of the stand-in's jar."""
    folder = tmp_path_factory.mktemp("runtime")
    return packed(folder / "mojo2-runtime.jar", compiled(folder, SOURCES), {})


@pytest.fixture(scope="session")
def files(runtime_jar: bytes) -> Callable[..., dict[str, bytes]]:
    """Return a function that gives the files of a pipeline, its runtime and its licence."""

    def files(*outputs: str, **features: Any) -> dict[str, bytes]:
        content = pipeline(outputs, **features)
        return {"pipeline.mojo": content, "mojo2-runtime.jar": runtime_jar, "license.sig": b"signed"}

    return files


Files = Callable[..., dict[str, bytes]]


# ------------------------------------------------------------------------------------- scores


def test_regression_takes_columns_in_any_order_and_leaves_out_what_is_missing(serve: Serve, files: Files) -> None:
    answer = serve(files("y"), "regression").score(FRAME).frame
    assert answer["Predictions"].tolist() == VALUES


def shares(values: Any, classes: int) -> Any:
    odds = np.exp(np.outer(values, np.arange(classes)))
    return odds / odds.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("labels", [["no", "yes, sir"], ["yes, sir", "no"]])
def test_binary_labels_are_matched_by_name(serve: Serve, files: Files, labels: list[str]) -> None:
    answer = serve(files("my.y.no", "my.y.yes, sir"), "binary", labels).score(FRAME).frame
    assert answer[["no", "yes, sir"]].to_numpy() == pytest.approx(shares(VALUES, 2), abs=1e-12)


@pytest.mark.parametrize("labels", [["0", "1.0", "c"], ["c", "0", "1.0"]])
def test_labels_may_have_dots(serve: Serve, files: Files, labels: list[str]) -> None:
    answer = serve(files("y.0", "y.1.0", "y.c"), "multiclass", labels).score(FRAME).frame
    assert answer[["0", "1.0", "c"]].to_numpy() == pytest.approx(shares(VALUES, 3), abs=1e-12)


def test_values_are_spelt_by_the_type_of_the_column(serve: Serve, files: Files) -> None:
    features = {"whole": ("Int32", 1.0), "long": ("Int64", 1.0), "truth": ("Bool", 7.0), "code": ("Str", 1.0)}
    frame = pd.DataFrame({"whole": [1.0, np.nan], "long": [2e16, 3], "truth": [True, False], "code": [1234, 5]})
    answer = serve(files("y", features=features), "regression").score(frame).frame
    assert answer["Predictions"].tolist() == [1 + 2e16 + 7 + 4, -1 + 3 + 0 + 1]


def test_threads_of_a_large_batch_transform_one_after_the_other(serve: Serve, files: Files) -> None:
    x = np.arange(5000, dtype=float)
    scorer = serve(files("y"), "regression", jobs=2)
    answer = scorer.score(pd.DataFrame({"x y": x, "city": "Rome"})).frame
    assert answer["Predictions"].tolist() == (2 * x + 2).tolist()


# ------------------------------------------------------------------------------------- the caller's faults, the model's


def test_missing_column_is_named(serve: Serve, files: Files) -> None:
    with pytest.raises(MalformedInputError, match="lacks column 'x y' of the 2"):
        serve(files("y"), "regression").score(FRAME[["city"]])


def test_text_in_a_column_of_numbers_is_refused(serve: Serve, files: Files) -> None:
    with pytest.raises(MalformedInputError, match="x y"):
        serve(files("y"), "regression").score(FRAME.assign(**{"x y": "many"}))


def test_value_that_the_runtime_does_not_take_is_named(serve: Serve, files: Files) -> None:
    scorer = serve(files("y", features={"whole": ("Int32", 1.0)}), "regression")
    with pytest.raises(MalformedInputError, match=r"Column 'whole' is of .* Int32, .* of '1\.5' \(.*NumberFormat"):
        scorer.score(pd.DataFrame({"whole": [1.5]}))


def test_transform_that_fails_has_class_message_and_frames(serve: Serve, files: Files) -> None:
    with pytest.raises(ScoreError, match=r"java\.lang\.IllegalStateException: it has sunk") as caught:
        serve(files("y"), "regression").score(FRAME.assign(city="Atlantis"))
    assert "at ai.h2o.mojos.runtime.LinearPipeline.sum(LinearPipeline.java:" in caught.value.detail


@pytest.mark.parametrize(
    ("outputs", "labels", "why"),
    [
        (("y.a", "y.b"), ["a", "c"], r"'TARGET\.LABEL' do not hold the labels \['a', 'c'\]"),
        (("a", "b"), ["a", "b"], "do not hold"),
        (("y.a", "y.b", "y.c"), ["a", "b"], r"\['y\.c'\] belong to no declared label"),
        (("y.a", "y.b", "z.a", "z.b"), ["a", "b"], "are ambiguous for"),
        (("y.a", "y.a", "y.b"), ["a", "b"], "are ambiguous for"),
    ],
)
def test_labels_that_do_not_fit(serve: Serve, files: Files, outputs: Any, labels: list[str], why: str) -> None:
    with pytest.raises(ModelContractError, match=rf"'pipeline\.mojo' gives the columns \['{outputs[0]}', .*{why}"):
        serve(files(*outputs), "binary", labels)


def test_classes_are_no_regression(serve: Serve, files: Files) -> None:
    with pytest.raises(ModelContractError, match=r"\['y\.a', 'y\.b'\], but target type 'regression' takes one column"):
        serve(files("y.a", "y.b"), "regression")


# ------------------------------------------------------------------------------------- runtime and licence

NO_RUNTIME = r"lacks H2O's runtime \(put mojo2-runtime\.jar beside"
NO_LICENCE = r"a licence \(set DRIVERLESS_AI_LICENSE_FILE or DRIVERLESS_AI_LICENSE_KEY, or put license\.sig beside"


@pytest.mark.parametrize(
    ("missing", "what"),
    [
        (["mojo2-runtime.jar"], rf"{NO_RUNTIME}[^)]*\)\. Both"),
        (["license.sig"], rf"lacks {NO_LICENCE}"),
        (["mojo2-runtime.jar", "license.sig"], rf"{NO_RUNTIME}.* and {NO_LICENCE}"),
    ],
    ids=["runtime", "licence", "both"],
)
def test_what_is_missing_is_said_at_once(serve: Serve, files: Files, missing: list[str], what: str) -> None:
    given = {name: content for name, content in files("y").items() if name not in missing}
    with pytest.raises(PluginDependencyError, match=what):
        serve(given, "regression")


def test_licence_named_where_there_is_none(serve: Serve, files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIVERLESS_AI_LICENSE_FILE", "/nowhere/license.sig")
    with pytest.raises(PluginDependencyError, match=r"DRIVERLESS_AI_LICENSE_FILE is '/nowhere/license\.sig', where"):
        serve(files("y"), "regression")


def test_licence_that_the_runtime_refuses(serve: Serve, files: Files) -> None:
    with pytest.raises(LoadError, match=r"by H2O's runtime\. Exception: .*\.LicenseException: .* not valid: expired"):
        serve({**files("y"), "license.sig": b"expired"}, "regression")


def test_runtime_and_licence_in_a_folder_of_the_class_path(
    serve: Serve, files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = files("y")
    h2o = CodeDir(tmp_path / "h2o", {name: given.pop(name) for name in ("mojo2-runtime.jar", "license.sig")}).path
    monkeypatch.setenv("DRUM_JAVA_CUSTOM_CLASS_PATH", f"{h2o}:{h2o}/*")
    scorer = serve(given, "regression", no_pickle=True)  # the operator's jar is none of the model's code
    assert scorer.score(FRAME).frame["Predictions"].tolist() == VALUES


def test_runtime_beside_the_model_is_code(serve: Serve, files: Files) -> None:
    with pytest.raises(LoadError, match=r"'mojo2-runtime\.jar' is code.*--no-pickle refuses"):
        serve(files("y"), "regression", no_pickle=True)


def test_licence_of_the_environment(files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a process of its own: Java reads the environment once."""
    given = files("y")
    del given["license.sig"]
    folder = CodeDir(tmp_path / "code", given).path
    FRAME.to_csv(tmp_path / "rows.csv", index=False)
    monkeypatch.setenv("DRIVERLESS_AI_LICENSE_KEY", "signed")
    words = ["score", "--code-dir", folder, "--target-type", "regression", "--input", tmp_path / "rows.csv"]
    answer = subprocess.run(
        [sys.executable, "-m", "drum", *map(str, words)], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    assert [float(line.split(",")[-1]) for line in answer.stdout.split()[1:]] == VALUES


# ------------------------------------------------------------------------------------- rules of every runtime


@pytest.fixture(scope="session")
def pipeline_folders(tmp_path_factory: pytest.TempPathFactory, files: Files) -> Sequence[Model]:
    def folder(*outputs: str) -> CodeDir:
        return CodeDir(tmp_path_factory.mktemp("model"), files(*outputs))

    return [
        Model(folder("y"), TargetType.REGRESSION),
        Model(folder("y.no", "y.yes, sir"), TargetType.BINARY, ("no", "yes, sir")),
        Model(folder("y.a", "y.b", "y.c"), TargetType.MULTICLASS, ("a", "b", "c")),
    ]


class TestPipelines(RuntimeConformance):
    plugin = "drum_java.h2o"
    framework = "jpype"

    @pytest.fixture
    def models(self, pipeline_folders: Sequence[Model]) -> Sequence[Model]:
        return pipeline_folders

    @pytest.fixture
    def data(self) -> pd.DataFrame:
        return pd.DataFrame({"x y": [1.5, None, -2, 0.25], "city": ["Rome", "Łódź", None, "x, y"]})
