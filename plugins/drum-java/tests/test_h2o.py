"""H2O's models predict what H2O's own command line predicts."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jpype
import numpy as np
import pandas as pd
import pytest
from h2o_models import FEATURES, KINDS, jar, predict_csv, rows

from drum.errors import AmbiguousArtifactError, LoadError, MalformedInputError, ModelContractError, NoScorerError
from drum.scorer import Scorer
from drum_java import h2o as plugin

Serve = Callable[..., Scorer]
Files = dict[str, Path]

ANSWERS = ["no", "yes, sir"]
KNOWN = ("number", "answer", "kind")
DECLARED = {
    "number": ("regression", None),
    "answer": ("binary", ANSWERS),
    "kind": ("multiclass", KINDS),
    "outlier": ("anomaly", None),
}
MODELS = [
    *(f"{algorithm}_{target}.{kind}" for algorithm in ("gbm", "drf", "glm", "dl")
      for target in KNOWN for kind in ("zip", "java")),
    "xgb_number.zip", "xgb_answer.zip", "xgb_kind.zip", "isolation_outlier.zip", "onehot_answer.zip",
    "offset_number.zip",
    *(f"deep{algorithm}_{target}.zip" for algorithm in ("gbm", "drf") for target in KNOWN),
]  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return 10,000 rows with gaps and with levels that training has not seen."""
    path = tmp_path_factory.mktemp("data") / "data.csv"
    rows(10_000, seed=9, unseen=True).to_csv(path, index=False)
    return path


@pytest.fixture
def opened(serve: Serve, h2o_files: Files) -> Callable[..., Scorer]:
    """Return a function that opens the model of a name."""

    def opened(name: str, **options: Any) -> Scorer:
        if name not in h2o_files:
            pytest.skip("H2O has no XGBoost for this platform")
        kind, labels = DECLARED[name.partition("_")[2].partition(".")[0]]
        return serve({name: h2o_files[name].read_bytes()}, kind, labels, **options)

    return opened


@pytest.mark.parametrize("name", MODELS)
def test_predictions_are_those_of_h2o(opened: Callable[..., Scorer], h2o_files: Files, data: Path, name: str) -> None:
    answer = opened(name).score(data).frame.to_numpy()
    width = 2 if "outlier" in name else answer.shape[1]  # the mean length of the paths stands beside the score
    expected = predict_csv(h2o_files[name], data, width)[:, : answer.shape[1]]
    assert answer == pytest.approx(expected, abs=1e-9)
    assert len(np.unique(expected[:, 0])) > 10


@pytest.mark.parametrize("name", [name for name in MODELS if name.endswith(".zip")])
def test_trees_are_unpacked_where_there_are_any(opened: Callable[..., Scorer], h2o_files: Files, name: str) -> None:
    opened(name).load()  # starts the JVM
    loader = jpype.JClass("drum.internal.Libraries").loader([str(jar())])
    model = jpype.JClass("drum.internal.H2oModel").ofMojo(str(h2o_files[name]), loader)
    assert model.hasUnpackedTrees() == name.startswith(("gbm", "drf", "deep", "offset", "onehot"))


def test_labels_are_matched_by_name(serve: Serve, h2o_files: Files, data: Path) -> None:
    content = {"model.zip": h2o_files["gbm_kind.zip"].read_bytes()}
    answer = serve(content, "multiclass", KINDS[::-1]).score(data).frame
    expected = predict_csv(h2o_files["gbm_kind.zip"], data, 3)
    assert list(answer) == KINDS[::-1]
    assert answer[KINDS].to_numpy() == pytest.approx(expected, abs=1e-9)


def test_columns_are_found_by_name_and_others_ignored(opened: Callable[..., Scorer], data: Path) -> None:
    scorer = opened("gbm_number.zip")
    frame = pd.read_csv(data)
    expected = scorer.score(frame).frame
    shuffled = frame[[*FEATURES[::-1]]].assign(other="text")
    pd.testing.assert_frame_equal(scorer.score(shuffled).frame, expected)


def test_missing_column_is_named(opened: Callable[..., Scorer], data: Path) -> None:
    frame = pd.read_csv(data)
    with pytest.raises(MalformedInputError, match=r"lacks columns 'in/out', 'city' of the 5 that the model takes"):
        opened("gbm_number.zip").score(frame.drop(columns=["in/out", "city"]))


@pytest.mark.parametrize("name", ["gbm_number.zip", "glm_number.java", "dl_number.zip"])
def test_text_in_a_column_of_numbers_is_missing(opened: Callable[..., Scorer], data: Path, name: str) -> None:
    frame = pd.read_csv(data)[:50]
    unparsable = frame.assign(score=["1.5x"] * 25 + ["?"] * 25)
    numbers = frame.assign(score=np.nan)
    scorer = opened(name)
    pd.testing.assert_frame_equal(scorer.score(unparsable).frame, scorer.score(numbers).frame)
    spelt = frame.assign(score=[f" {value}" for value in frame["score"].fillna(1)])
    pd.testing.assert_frame_equal(
        scorer.score(spelt).frame, scorer.score(frame.assign(score=frame["score"].fillna(1))).frame
    )


@pytest.mark.parametrize("dtype", ["int64", "float64", "object", "category", "str", "Int64"])
def test_numbers_find_their_level_however_they_arrive(opened: Callable[..., Scorer], data: Path, dtype: str) -> None:
    frame = pd.read_csv(data, dtype={"size": str})[:100].assign(size=["1", "2", "10", "77"] * 25)
    scorer = opened("gbm_kind.zip")
    expected = scorer.score(frame).frame
    assert len(expected.drop_duplicates()) > 20
    typed = frame.assign(size=frame["size"] if dtype == "str" else frame["size"].astype(int).astype(dtype))
    pd.testing.assert_frame_equal(scorer.score(typed).frame, expected)


def test_few_rows_and_many_are_scored_alike(opened: Callable[..., Scorer], data: Path) -> None:
    scorer = opened("drf_kind.zip")
    frame = pd.read_csv(data)[:200]
    whole = scorer.score(frame).frame
    pieces = pd.concat([scorer.score(frame[at : at + 7]).frame for at in range(0, 200, 7)], ignore_index=True)
    pd.testing.assert_frame_equal(whole, pieces)


def test_no_rows_have_no_predictions(opened: Callable[..., Scorer], data: Path) -> None:
    assert len(opened("gbm_number.zip").score(pd.read_csv(data)[:0]).frame) == 0


def test_batches_are_handed_over_in_portions(
    opened: Callable[..., Scorer], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from drum_java import buffers

    scorer = opened("gbm_answer.zip")
    expected = scorer.score(data).frame
    monkeypatch.setattr(buffers, "MOST_BYTES", 10_000)
    pd.testing.assert_frame_equal(scorer.score(data).frame, expected)


# ------------------------------------------------------------------------------------- what does not fit


def test_model_without_number_or_probabilities_is_an_error(serve: Serve, h2o_files: Files) -> None:
    with pytest.raises(NoScorerError, match="H2O's kind 'Clustering'"):
        serve({"m.zip": h2o_files["kmeans_none.zip"].read_bytes()}, "regression")


@pytest.mark.parametrize(
    ("name", "target_type", "labels", "message"),
    [
        ("gbm_answer.zip", "regression", None, r"predicts the classes \['no', 'yes, sir'\]"),
        ("gbm_number.zip", "multiclass", ["a", "b", "c"], "Regression.* gives one number a row"),
        ("gbm_answer.zip", "binary", ["0", "1"], r"Expected predictions to have columns \['0', '1'\]"),
    ],
)
def test_other_target_type_is_an_error(
    serve: Serve, h2o_files: Files, data: Path, name: str, target_type: str, labels: Any, message: str
) -> None:
    scorer = serve({"m.zip": h2o_files[name].read_bytes()}, target_type, labels)
    with pytest.raises(ModelContractError, match=message):
        scorer.score(data)


# ------------------------------------------------------------------------------------- POJOs


def test_source_that_does_not_compile_says_where(serve: Serve, h2o_files: Files) -> None:
    source = h2o_files["gbm_number.java"].read_text().replace("return preds;", "return preds +;", 1)
    with pytest.raises(LoadError, match=r"'gbm_number\.java' does not compile:\nline \d+: illegal start of expression"):
        serve({"gbm_number.java": source}, "regression").load()


def test_source_of_another_name_says_so(serve: Serve, h2o_files: Files) -> None:
    with pytest.raises(LoadError, match=r"should be declared in a file named gbm_number\.java"):
        serve({"other.java": h2o_files["gbm_number.java"].read_bytes()}, "regression").load()


def test_source_of_something_else_is_no_pojo(serve: Serve) -> None:
    with pytest.raises(LoadError, match=r"'Other\.java' is no POJO"):
        serve({"Other.java": "public class Other {}"}, "regression").load()


def test_source_is_not_run_where_code_is_refused(serve: Serve, h2o_files: Files) -> None:
    with pytest.raises(LoadError, match="--no-pickle refuses"):
        serve({"gbm_number.java": h2o_files["gbm_number.java"].read_bytes()}, "regression", no_pickle=True).load()


def test_mojo_is_no_code(serve: Serve, h2o_files: Files) -> None:
    serve({"gbm_number.zip": h2o_files["gbm_number.zip"].read_bytes()}, "regression", no_pickle=True).load()


def test_pojo_and_mojo_are_ambiguous(tmp_path: Path, h2o_files: Files) -> None:
    for name in ("gbm_number.java", "gbm_number.zip"):
        shutil.copy(h2o_files[name], tmp_path)
    with pytest.raises(AmbiguousArtifactError, match=r"gbm_number\.java, gbm_number\.zip"):
        plugin.drum_detect(tmp_path)


def test_genmodel_of_the_user_comes_first(h2o_files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "h2o-genmodel.jar").symlink_to(jar())
    monkeypatch.setenv("DRUM_JAVA_CUSTOM_CLASS_PATH", "*")
    assert plugin.genmodel(tmp_path) == [str(tmp_path / "h2o-genmodel.jar")]
