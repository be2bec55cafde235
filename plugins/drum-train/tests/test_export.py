"""``drum export``: parity, what cannot be converted, which checkpoint, and the reference that drum-monitor reads."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import joblib
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

import drum
from drum.errors import ModelError
from drum.testing import CodeDir, run_cli
from drum.types import ModelSpec, TargetType
from drum_monitor.roles import Roles
from drum_train import TEMPLATES, onnx_sklearn, onnx_torch
from drum_train.reference import read_features, write_reference

Drum = Callable[..., str]
ROWS = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 3)), columns=["a [m]", "b", "c"])
KIND = pd.Series(np.where(ROWS["b"] > 0, "no", "yes"), name="kind")
METADATA = """
    name: m
    type: inference
    targetType: binary
    inferenceModel: {positiveClassLabel: "no", negativeClassLabel: "yes"}
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the class starter for scikit-learn, trained, and its weights."""
    folder = tmp_path_factory.mktemp("trained")
    shutil.copytree(TEMPLATES / "sklearn", folder / "code")
    (folder / "code" / "hyperparameters.json").write_text('{"linear": {"epochs": 2}}')
    subprocess.run([sys.executable, "data.py"], cwd=folder / "code", check=True)
    outcome = run_cli(["fit", "--code-dir", folder / "code", "--input", folder / "code" / "train.csv",
                       "--target", "target", "--output", folder / "out",
                       "--weights-dir", folder / "weights"])  # fmt: skip
    assert outcome.exit_code == 0, outcome.err
    return folder


@pytest.fixture
def pipeline(tmp_path: Path) -> CodeDir:
    """Return a fitted pipeline whose labels are declared in another order than it sorts them, and its reference."""
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(ROWS, KIND)
    code = CodeDir(tmp_path / "code", {
        "model-metadata.yaml": METADATA, "model.joblib": lambda path: joblib.dump(model, path),
    })  # fmt: skip
    scores = pd.DataFrame(model.predict_proba(ROWS), columns=["no", "yes"])[["yes", "no"]]
    spec = ModelSpec(code_dir=code.path, target_type=TargetType.BINARY, labels=("yes", "no"))
    write_reference(tmp_path / "ref.parquet", ROWS, scores, KIND, spec)
    return code


def test_a_folder_without_a_class_is_converted(drum_ok: Drum, pipeline: CodeDir, tmp_path: Path) -> None:
    words = ("export", "--code-dir", pipeline, "--onnx", tmp_path / "onnx", "--reference", tmp_path / "ref.parquet")
    assert "Parity: over 40 rows" in drum_ok(*words)
    drum_ok(*words)  # twice in a row
    assert sorted(path.name for path in (tmp_path / "onnx").iterdir()) == [
        ".drum-train", "model-metadata.yaml", "model.onnx",
    ]  # fmt: skip
    with drum.open(pipeline) as one, drum.open(tmp_path / "onnx") as other:
        assert other.artifact.runtime == "onnx"
        for rows in (ROWS, ROWS[:1]):
            assert np.abs(one.score(rows).frame - other.score(rows).frame).to_numpy().max() <= 1e-5


@pytest.mark.parametrize("target", ["binary", "multilabel"])
def test_a_model_without_a_pipeline_is_converted(drum_ok: Drum, target: str, tmp_path: Path) -> None:
    y = KIND if target == "binary" else pd.DataFrame({"u": KIND == "no", "v": ROWS["c"] > 1}).astype(int)
    model = DecisionTreeClassifier(max_depth=2, random_state=0).fit(ROWS, y)
    labels = {"binary": ["--positive-class-label", "no", "--negative-class-label", "yes"],
              "multilabel": ["--class-labels", "u", "v"]}[target]  # fmt: skip
    code = CodeDir(tmp_path / "code", {"custom.py": f"""
        from pathlib import Path
        from shutil import copy


        def fit(X, y, output_dir):
            copy({str(tmp_path / "model.joblib")!r}, output_dir)
    """})  # fmt: skip
    joblib.dump(model, tmp_path / "model.joblib")
    ROWS.to_csv(tmp_path / "x.csv", index=False)
    y.to_csv(tmp_path / "y.csv", index=False)
    drum_ok("fit", "--code-dir", code, "--input", tmp_path / "x.csv", "--target-csv", tmp_path / "y.csv",
            "--target-type", target, *labels, "--output", tmp_path / "out",
            "--reference", tmp_path / "ref.parquet")  # fmt: skip
    assert "Parity: over 40 rows" in drum_ok("export", "--code-dir", tmp_path / "out", "--onnx", tmp_path / "onnx",
                                             "--reference", tmp_path / "ref.parquet")  # fmt: skip


def test_beyond_the_tolerance_nothing_is_written(pipeline: CodeDir, tmp_path: Path) -> None:
    outcome = run_cli(["export", "--code-dir", pipeline, "--onnx", tmp_path / "onnx", "--reference",
                       tmp_path / "ref.parquet", "--tolerance", "0"])  # fmt: skip
    assert outcome.exit_code == 5
    assert "the largest difference is" in outcome.err
    assert not (tmp_path / "onnx").exists()


def test_hooks_that_go_before_a_graph_are_refused(pipeline: CodeDir, tmp_path: Path) -> None:
    pipeline.add("custom.py", "def score(data, model, **kwargs):\n    return data\n")
    outcome = run_cli(["export", "--code-dir", pipeline, "--onnx", tmp_path / "onnx", "--reference",
                       tmp_path / "ref.parquet"])  # fmt: skip
    assert (outcome.exit_code, "hook 'score'" in outcome.err) == (2, True)


def test_best_else_last_is_taken_and_told(drum_ok: Drum, trained: Path, tmp_path: Path) -> None:
    weights = tmp_path / "weights"
    shutil.copytree(trained / "weights", weights)
    words = ("export", "--code-dir", trained / "out", "--weights-dir", weights, "--onnx", tmp_path / "onnx")
    told = drum_ok(*words)
    assert "Taken: the best checkpoint, 'best_" in told
    assert "Parity" in told
    next(weights.glob("*/*/best_*")).unlink()
    assert "There is no best checkpoint. Taken: the newest last one" in drum_ok(*words)


def test_the_reference_is_what_drum_monitor_reads(trained: Path) -> None:
    (last,) = (trained / "weights").glob("linear/train/last_*.skops")
    reference = last.with_name(f"{last.stem}_reference.parquet")
    table = pq.read_table(reference)
    roles = Roles.from_metadata(table.schema.metadata)
    assert roles is not None
    assert (roles.prediction, roles.target, roles.target_type, len(roles.features)) == (
        ("benign", "malignant"), "target", "binary", 30,
    )  # fmt: skip
    assert roles.labels == ("benign", "malignant")
    with drum.open(trained / "out") as scorer:
        scores = scorer.score(read_features(reference)).frame
    pd.testing.assert_frame_equal(scores, table.select(["benign", "malignant"]).to_pandas())


def test_metrics_of_the_class_and_as_json(drum_ok: Drum, trained: Path) -> None:
    import json

    words = ("test", "--code-dir", trained / "out", "--input", trained / "code" / "test.csv", "--target", "target")
    found = json.loads(drum_ok(*words, "--json"))
    assert found["accuracy"] > 0.9
    assert f"{found['auc']:.6g}" in drum_ok(*words, "--weights-dir", trained / "weights")


def test_a_bundle_is_handed_over(trained: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "drum", "export", "--code-dir", trained / "out", "--weights-dir", trained / "weights",
         "--bundle", tmp_path / "bundle"], check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "bundle" / "inference").is_dir()
    outcome = run_cli(["export", "--code-dir", trained / "out", "--weights-dir", trained / "weights", "--bundle",
                       tmp_path / "bundle", "--no-plugin", "monitor"])  # fmt: skip
    assert (outcome.exit_code, "pip install drum-monitor" in outcome.err) == (2, True)


def test_options_that_say_too_little(pipeline: CodeDir, tmp_path: Path) -> None:
    assert "--onnx DIR, --bundle DIR, or both" in run_cli(["export", "--code-dir", pipeline]).err
    words = ["export", "--code-dir", pipeline, "--onnx", tmp_path / "onnx"]
    assert "--reference FILE" in run_cli(words).err
    assert "does not exist" in run_cli([*words, "--reference", tmp_path / "none.parquet"]).err
    ROWS.to_parquet(tmp_path / "plain.parquet")
    outcome = run_cli([*words, "--reference", tmp_path / "plain.parquet"])
    assert (outcome.exit_code, "which of its columns are features" in outcome.err) == (6, True)


# ------------------------------------------------------------------------------------- what cannot be converted


class Homemade(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    def fit(self, X: object, y: object) -> Homemade:  # noqa: N803
        self.classes_ = np.unique(np.asarray(y))
        return self


class Eigen(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.linalg.eigvals(x[:, None] * x[:, :, None]).real.sum(1, keepdim=True)


class Branching(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x if x.sum() > 0 else -x


def test_an_estimator_without_converter_is_named(tmp_path: Path) -> None:
    model = make_pipeline(StandardScaler(), Homemade()).fit(ROWS, KIND)
    with pytest.raises(ModelError, match=r"skl2onnx has no converter for '[^']*Homemade'"):
        onnx_sklearn.export(model, ROWS, tmp_path / "m.onnx")


def test_columns_that_are_neither_numbers_nor_text_are_named(tmp_path: Path) -> None:
    dates = ROWS.assign(b=pd.Timestamp("2024-01-01"))
    with pytest.raises(ModelError, match="column 'b' is of type datetime"):
        onnx_sklearn.export(LogisticRegression().fit(ROWS, KIND), dates, tmp_path / "m.onnx")


@pytest.mark.parametrize(("module", "said"), [(Eigen(), "aten.linalg_eig"), (Branching(), "data-dependent")])
def test_an_operator_without_conversion_is_named(tmp_path: Path, module: torch.nn.Module, said: str) -> None:
    with pytest.raises(ModelError) as caught:
        onnx_torch.export(module, ROWS, tmp_path / "m.onnx")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("""
            class Homemade(ClassifierMixin, BaseEstimator):
                def fit(self, X, y):
                    self.classes_ = np.unique(np.asarray(y))
                    return self

                def predict(self, X):
                    return np.full(len(X), "yes")

                def predict_proba(self, X):
                    return np.full((len(X), 2), 0.5)


            MODEL = make_pipeline(StandardScaler(), Homemade())
        """, "skl2onnx has no converter for 'parts.Homemade'. Put something in its place"),
        ("""
            class Other:
                classes_ = ["no", "yes"]

                def fit(self, X, y):
                    return self

                def predict(self, X):
                    return np.full(len(X), "yes")

                def predict_proba(self, X):
                    return np.full((len(X), 2), 0.5)


            MODEL = Other()
        """, "Models of type parts.Other (runtime 'sklearn') cannot be exported: scikit-learn and PyTorch can."),
    ],
)  # fmt: skip
def test_the_command_says_which_part_cannot_be_converted(drum_ok: Drum, tmp_path: Path, code: str, said: str) -> None:
    folder = CodeDir(tmp_path / "code", {
        "parts.py": dedent("""
            import numpy as np
            from sklearn.base import BaseEstimator, ClassifierMixin
            from sklearn.pipeline import make_pipeline
            from sklearn.preprocessing import StandardScaler


        """) + dedent(code),
        "custom.py": """
            from pathlib import Path

            import joblib
            import parts


            def fit(X, y, output_dir):
                joblib.dump(parts.MODEL.fit(X, y), Path(output_dir) / "model.joblib")
        """,
    })  # fmt: skip
    ROWS.assign(kind=KIND).to_csv(tmp_path / "data.csv", index=False)
    drum_ok("fit", "--code-dir", folder, "--input", tmp_path / "data.csv", "--target", "kind",
            "--target-type", "binary", "--output", tmp_path / "out",
            "--reference", tmp_path / "ref.parquet")  # fmt: skip
    outcome = run_cli(["export", "--code-dir", tmp_path / "out", "--onnx", tmp_path / "onnx", "--reference",
                       tmp_path / "ref.parquet"])  # fmt: skip
    assert (outcome.exit_code, said in outcome.err, "Traceback" in outcome.err) == (5, True, False), outcome.err
    assert sorted(path.name for path in tmp_path.glob("*onnx*")) == []
