"""From a file to predictions: they are Keras' own, whatever the file and the target type."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from keras_models import FORMATS, LAST, directly, keras, net_ending_in, pickled, saved

import drum
import drum_keras
from drum.errors import AmbiguousArtifactError, ModelContractError, NoScorerError
from drum.scorer import Scorer
from drum.testing import CodeDir
from drum.types import Concurrency, Match, ModelSpec, TargetType
from drum_keras import scoring

Serve = Callable[..., Scorer]
TARGETS = [
    ("linear", "regression", None),
    ("linear", "anomaly", None),
    ("sigmoid", "binary", ["no", 'yes, "sir"']),
    ("softmax of two", "binary", ["0", "1.0"]),
    ("softmax", "multiclass", ["[z]", "a, b", "1.50"]),
    ("sigmoids", "multilabel", ["[z]", "a, b", "1.50"]),
]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(("output", "target_type", "labels"), TARGETS)
def test_predictions_are_keras_own(
    serve: Serve, rows: pd.DataFrame, kind: str, output: str, target_type: str, labels: list[str] | None
) -> None:
    expected = directly(net_ending_in(output), rows)
    answer = serve(FORMATS[kind](output), target_type, labels).score(rows).frame
    assert list(answer.columns) == (labels or ["Predictions"])
    if output == "sigmoid":
        expected = np.column_stack((1 - expected, expected))
    assert len(answer) >= 1_000
    assert np.abs(answer.to_numpy() - expected).max() < 1e-5


def test_every_output_is_tested() -> None:
    assert {output for output, _, _ in TARGETS} == set(LAST)


def test_second_of_two_columns_is_the_positive_class(serve: Serve, rows: pd.DataFrame) -> None:
    answer = serve(FORMATS["keras"]("softmax of two"), "binary", ["no", "yes"]).score(rows).frame
    assert answer["yes"].to_numpy() == pytest.approx(directly(net_ending_in("softmax of two"), rows)[:, 1], abs=1e-5)


def test_command_line_says_nothing_of_tensorflow(tmp_path: Path, rows: pd.DataFrame) -> None:
    folder = CodeDir(tmp_path / "model", FORMATS["h5"]("linear"))
    rows.to_csv(tmp_path / "data.csv", index=False)
    words = ["score", "--code-dir", folder, "--input", tmp_path / "data.csv", "--target-type", "regression"]
    done = subprocess.run(
        [sys.executable, "-m", "drum", *words], capture_output=True, text=True, check=True, timeout=300
    )
    assert (done.stderr, done.stdout.count("\n")) == ("", len(rows) + 1)


# ------------------------------------------------------------------------------------- the vote


@pytest.mark.parametrize(
    ("kind", "match", "threads"),
    [("keras", Match.PROVEN, True), ("h5", Match.PROVEN, True), ("pickle", Match.PROVEN, False)],
)
def test_content_tells_what_it_is(tmp_path: Path, kind: str, match: Match, threads: bool) -> None:
    vote = drum_keras.drum_detect(CodeDir(tmp_path, FORMATS[kind]("linear")).path)
    assert vote is not None
    assert vote.match is match
    assert (Concurrency.THREADS in vote.concurrency) is threads
    assert Concurrency.FORK not in vote.concurrency


@pytest.mark.parametrize("name", ["model.keras", "data.h5"])
def test_file_of_somebody_elses_is_claimed_by_its_name_alone(tmp_path: Path, name: str) -> None:
    vote = drum_keras.drum_detect(CodeDir(tmp_path, {name: "not a model"}).path)
    assert vote is not None
    assert vote.match is Match.NAMED


def test_pickles_of_others_are_left_to_them(tmp_path: Path) -> None:
    files = {"a.pkl": pickled({"a": 1})["model.joblib"], "b.joblib": b"cut", "c.pickle": pickled(np.zeros(9))}
    files["c.pickle"] = files["c.pickle"]["model.joblib"]  # type: ignore[index]
    assert drum_keras.drum_detect(CodeDir(tmp_path, files).path) is None  # type: ignore[arg-type]


def test_two_artifacts_are_one_too_many(tmp_path: Path) -> None:
    folder = CodeDir(tmp_path, {**FORMATS["keras"]("linear"), **FORMATS["h5"]("linear")})
    with pytest.raises(AmbiguousArtifactError, match=r"model\.h5, model\.keras"):
        drum.open(folder, target_type="regression")


def test_model_of_custom_code_is_recognised(serve: Serve, rows: pd.DataFrame) -> None:
    custom = """
        import keras

        def load_model(code_dir):
            return keras.saving.load_model(f"{code_dir}/kept/model.keras")
    """
    files = {"custom.py": custom, "kept/model.keras": FORMATS["keras"]("linear")["model.keras"]}
    answer = serve(files, "regression").score(rows).frame
    assert answer.to_numpy() == pytest.approx(directly(net_ending_in("linear"), rows), abs=1e-5)


def test_what_is_no_model_is_not_recognised() -> None:
    assert drum_keras.drum_recognize(object()) is None
    assert drum_keras.drum_recognize(keras.layers.Dense(1)) is None


def test_transforms_are_not_promised(serve: Serve, rows: pd.DataFrame) -> None:
    with pytest.raises(NoScorerError, match="has no 'transform' for target type 'transform'"):
        serve(FORMATS["keras"]("linear"), "transform").score(rows)


# ------------------------------------------------------------------------------------- matrices

SCHEMA = """
    columns:
    - {name: b, type: number}
    - {name: a, type: integer, missing: false}
    - {name: d, type: number}
    - {name: c, type: %s}
"""


def test_schema_of_numbers_names_the_columns_of_a_matrix(serve: Serve, rows: pd.DataFrame) -> None:
    scorer = serve({**FORMATS["keras"]("linear"), "input-schema.yaml": SCHEMA % "number"}, "regression")
    assert scorer.matrix_columns == ("b", "a", "d", "c")
    frame = rows.set_axis(["b", "a", "d", "c"], axis=1).assign(a=range(len(rows)))
    expected = directly(net_ending_in("linear"), frame)
    answer = scorer.score(frame[["a", "b", "c", "d"]]).frame
    assert answer.to_numpy() == pytest.approx(expected, abs=1e-5, rel=1e-5)


def test_matrix_is_scored_as_its_frame(rows: pd.DataFrame) -> None:
    spec = ModelSpec(code_dir=Path(), target_type=TargetType.REGRESSION)
    net = net_ending_in("linear")
    for frame in (rows, (rows * 10).astype("int64"), rows.assign(**{"a b": range(len(rows))})):
        of_matrix = drum_keras.drum_score(frame.to_numpy(), net, spec)
        pd.testing.assert_frame_equal(of_matrix, drum_keras.drum_score(frame, net, spec))


@pytest.mark.parametrize("kind", ["text", "boolean"])
def test_columns_of_anything_else_need_a_frame(serve: Serve, kind: str) -> None:
    scorer = serve({**FORMATS["keras"]("linear"), "input-schema.yaml": SCHEMA % kind}, "regression")
    assert scorer.matrix_columns is None


def test_without_a_schema_nobody_knows_the_columns(serve: Serve) -> None:
    assert serve(FORMATS["keras"]("linear"), "regression").matrix_columns is None


# ------------------------------------------------------------------------------------- outputs


class Calling:
    """Look like a model to what calls one."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.predict_on_batch = function


def test_calls_are_of_bounded_size(monkeypatch: pytest.MonkeyPatch, rows: pd.DataFrame) -> None:
    sizes = []

    def noting(x: list[np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
        sizes.append(len(x[0]))
        return x[0] + x[1]  # type: ignore[no-any-return]

    monkeypatch.setattr(scoring, "ROWS_AT_ONCE", 400)
    whole = rows.to_numpy()
    assert np.array_equal(scoring.outputs(Calling(noting), [whole, whole]), whole * 2)
    assert sizes == [400, 400, 300]


@pytest.mark.parametrize("output", [[np.zeros(6), np.zeros(6)], {"a": np.zeros(6), "b": np.zeros(6)}])
def test_several_outputs_are_an_error(rows: pd.DataFrame, output: object) -> None:
    with pytest.raises(ModelContractError, match="has 2 outputs, where one is needed"):
        scoring.outputs(Calling(lambda x: output), rows[:6].to_numpy())


@pytest.mark.parametrize("output", [np.zeros((4, 6)), np.float32(1)])
def test_output_without_a_row_for_each_row_is_an_error(rows: pd.DataFrame, output: object) -> None:
    with pytest.raises(ModelContractError, match="for 6 rows: the first dimension must be the row"):
        scoring.outputs(Calling(lambda x: output), rows[:6].to_numpy())


def test_logits_are_not_taken_for_probabilities(serve: Serve, rows: pd.DataFrame) -> None:
    net = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    with pytest.raises(ModelContractError, match=r"Your prediction probabilities have (negative|values)"):
        serve(saved(net), "multiclass", ["a", "b", "c"]).score(rows)


def test_wrong_number_of_labels_names_both(serve: Serve, rows: pd.DataFrame) -> None:
    with pytest.raises(ModelContractError, match="gives 3 values a row, but 4 labels are declared"):
        serve(FORMATS["keras"]("softmax"), "multiclass", ["a", "b", "c", "d"]).score(rows)


def test_several_values_are_no_regression(serve: Serve, rows: pd.DataFrame) -> None:
    with pytest.raises(ModelContractError, match="gives 3 values a row; a single-column target takes one"):
        serve(FORMATS["keras"]("softmax"), "regression").score(rows)


def test_undeclared_labels_are_an_error(serve: Serve, rows: pd.DataFrame) -> None:
    with pytest.raises(ModelContractError, match="no class labels and none were declared"):
        serve(FORMATS["keras"]("softmax"), "multiclass").score(rows)


@pytest.mark.parametrize("labels", [["2", "0", "1"], ["2.0", "1.0", "0.0"]])
def test_labels_that_are_the_numbers_of_outputs_are_found_by_number(
    serve: Serve, rows: pd.DataFrame, labels: list[str]
) -> None:
    answer = serve(FORMATS["keras"]("softmax"), "multiclass", labels).score(rows).frame
    places = [int(float(label)) for label in labels]
    assert np.abs(answer.to_numpy() - directly(net_ending_in("softmax"), rows)[:, places]).max() < 1e-5
