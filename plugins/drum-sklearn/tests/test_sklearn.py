"""What comes out of scikit-learn models, by target type."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import DBSCAN, KMeans
from sklearn.covariance import EllipticEnvelope
from sklearn.cross_decomposition import PLSRegression
from sklearn.ensemble import IsolationForest, RandomForestClassifier, RandomForestRegressor, VotingClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier, LocalOutlierFactor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC, OneClassSVM
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import drum
from drum.errors import ModelContractError, NoScorerError
from drum.scorer import Scorer
from drum.testing import CodeDir
from drum.types import Concurrency, Match
from drum_sklearn import ARTIFACTS, drum_detect, drum_recognize

Serve = Callable[..., Scorer]


# ------------------------------------------------------------------------------------- finding


@pytest.mark.parametrize("extension", [*ARTIFACTS, ".PKL", ".JobLib"])
def test_detects_its_extensions_in_any_case(tmp_path: Path, extension: str) -> None:
    (tmp_path / f"model{extension}").write_bytes(b"\x80\x02csklearn.svm\nSVC\n.")
    vote = drum_detect(tmp_path)
    assert vote is not None
    assert vote.match is Match.PROVEN
    assert vote.concurrency == Concurrency.THREADS | Concurrency.FORK


@pytest.mark.parametrize("package", ["xgboost.sklearn", "torch.nn", "keras.models", "tensorflow"])
def test_pickle_of_a_framework_with_a_plugin_of_its_own_is_declined(tmp_path: Path, package: str) -> None:
    (tmp_path / "model.pkl").write_bytes(f"\x80\x02c{package}\nModel\n.".encode("latin-1"))
    assert drum_detect(tmp_path) is None


def test_pickle_of_another_package_is_taken_if_nobody_wants_it_more(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(b"\x80\x02clightgbm.sklearn\nLGBMClassifier\n.")
    vote = drum_detect(tmp_path)
    assert vote is not None
    assert (vote.match, vote.note) == (Match.NAMED, "package lightgbm")


@pytest.mark.parametrize(
    ("model", "recognized"), [(SVC(), True), (type("Own", (BaseEstimator,), {})(), True), ({}, False), (None, False)]
)
def test_recognizes_estimators(model: object, recognized: bool) -> None:
    assert (drum_recognize(model) is not None) is recognized


def test_scores_what_custom_code_has_loaded(tmp_path: Path, rows: pd.DataFrame) -> None:
    custom = """
        import joblib
        from pathlib import Path

        def load_model(code_dir):
            return joblib.load(Path(code_dir) / "weights.bin")
    """
    model = LinearRegression().fit(rows, rows["a b"])
    folder = CodeDir(tmp_path, {"custom.py": custom, "weights.bin": lambda path: joblib.dump(model, path)})
    with drum.open(folder, target_type="regression") as scorer:
        assert scorer.artifact.runtime == "sklearn"
        assert scorer.score(rows).frame["Predictions"].to_numpy() == pytest.approx(rows["a b"].to_numpy())


# ------------------------------------------------------------------------------------- classes


def grid() -> GridSearchCV:
    return GridSearchCV(make_pipeline(StandardScaler(), LogisticRegression()), {"logisticregression__C": [1, 2]}, cv=2)


def voting() -> VotingClassifier:
    return VotingClassifier([("a", LogisticRegression()), ("b", DecisionTreeClassifier())], voting="soft")


@pytest.mark.parametrize(
    "make",
    [
        LogisticRegression,
        RandomForestClassifier,
        KNeighborsClassifier,
        grid,
        voting,
        lambda: CalibratedClassifierCV(LinearSVC(), cv=2),
        lambda: OneVsRestClassifier(LogisticRegression()),
    ],
)
@pytest.mark.parametrize("with_names", [True, False])
def test_probabilities_are_the_models_own(
    serve: Serve, rows: pd.DataFrame, make: Callable[[], Any], with_names: bool
) -> None:
    features = rows if with_names else rows.to_numpy()
    model = make().fit(features, np.where(rows["a b"] > 0, "yes, sir", "no"))
    answer = serve(model, "binary", ["yes, sir", "no"]).score(rows).frame
    assert list(answer.columns) == ["yes, sir", "no"]
    assert np.array_equal(answer[list(model.classes_)].to_numpy(), model.predict_proba(features))


@pytest.mark.parametrize(
    ("classes", "labels"),
    [
        ([0, 1, 2], ["2", "0", "1"]),
        ([0, 1, 2], ["2.0", "0.0", "1.0"]),
        ([0.0, 1.0, 2.0], ["2", "0", "1"]),
        (["a, b", 'c "d"', "[e]"], ["[e]", "a, b", 'c "d"']),
        (["ja", "nein", "Straße"], ["STRASSE", "ja", "Nein"]),
    ],
)
def test_classes_find_their_labels(serve: Serve, rows: pd.DataFrame, classes: list[Any], labels: list[str]) -> None:
    target = np.array(classes)[np.arange(len(rows)) % 3]
    model = DecisionTreeClassifier().fit(rows, target)
    answer = serve(model, "multiclass", labels).score(rows).frame
    assert list(answer.columns) == labels
    winners = answer.to_numpy().argmax(axis=1)
    assert winners.tolist() == [[2, 0, 1].index(row % 3) for row in range(len(rows))]


def test_truth_values_are_classes(serve: Serve, rows: pd.DataFrame) -> None:
    truth = rows["a b"] > 0
    answer = serve(DecisionTreeClassifier().fit(rows, truth), "binary", ["False", "True"]).score(rows).frame
    assert answer["True"].tolist() == truth.astype(float).tolist()


def test_undeclared_labels_are_the_models_classes(serve: Serve, rows: pd.DataFrame) -> None:
    model = DecisionTreeClassifier().fit(rows, np.where(rows["a b"] > 0, "up", "down"))
    assert list(serve(model, "binary").score(rows).frame.columns) == ["down", "up"]


def test_class_that_was_not_declared_is_an_error(serve: Serve, rows: pd.DataFrame) -> None:
    model = DecisionTreeClassifier().fit(rows, np.where(rows["a b"] > 0, "up", "down"))
    with pytest.raises(ModelContractError, match=r"columns \['up', 'left'\], but encountered \['down', 'up'\]"):
        serve(model, "multiclass", ["up", "left"]).score(rows)


@pytest.mark.parametrize("make", [RidgeClassifier, LinearSVC, lambda: VotingClassifier([("a", LinearSVC())])])
def test_classifier_without_probabilities_cannot_score(
    serve: Serve, rows: pd.DataFrame, make: Callable[[], Any]
) -> None:
    model = make().fit(rows, rows["a b"] > 0)
    with pytest.raises(NoScorerError, match=f"{type(model).__name__} has no 'predict_proba'.*CalibratedClassifierCV"):
        serve(model, "binary", ["False", "True"]).score(rows)


class Nameless(BaseEstimator):
    """Give probabilities, but no names of classes."""

    def __init__(self, probabilities: object) -> None:
        self.probabilities = probabilities

    def predict(self, features: pd.DataFrame) -> None:
        raise NotImplementedError

    def predict_proba(self, features: pd.DataFrame) -> object:
        return self.probabilities


@pytest.mark.parametrize("probabilities", [[0.25, 1.0], [[0.25], [1.0]], [[0.75, 0.25], [0.0, 1.0]]])
def test_without_names_the_last_class_is_the_positive_one(serve: Serve, rows: pd.DataFrame, probabilities: Any) -> None:
    scorer = serve(Nameless(np.array(probabilities)), "binary", ["no", "yes"])
    assert scorer.score(rows[:2]).frame["yes"].tolist() == [0.25, 1.0]


@pytest.mark.parametrize("as_list", [False, True])
def test_without_names_labels_come_in_declared_order(serve: Serve, rows: pd.DataFrame, as_list: bool) -> None:
    present = np.array([[0.25, 0.5, 1.0]])
    output = [np.column_stack((1 - column, column)) for column in present.T] if as_list else present
    answer = serve(Nameless(output), "multilabel", ["z", "y", "x"]).score(rows[:1]).frame
    assert answer.loc[0].to_dict() == {"z": 0.25, "y": 0.5, "x": 1.0}


def test_several_targets_are_no_binary_one(serve: Serve, rows: pd.DataFrame) -> None:
    model = RandomForestClassifier(2).fit(rows, (rows.iloc[:, :2] > 0).to_numpy())
    with pytest.raises(ModelContractError, match="predicts 2 targets, which is target type 'multilabel'"):
        serve(model, "binary", ["0", "1"]).score(rows)


# ------------------------------------------------------------------------------------- labels


def indicators(rows: pd.DataFrame) -> np.ndarray[Any, Any]:
    return (rows.iloc[:, :3] > 0).astype(int).to_numpy()


@pytest.mark.parametrize(
    "model",
    [
        DecisionTreeClassifier(),
        RandomForestClassifier(5, random_state=0),
        KNeighborsClassifier(1),
        MultiOutputClassifier(DecisionTreeClassifier()),
        ClassifierChain(DecisionTreeClassifier()),
        OneVsRestClassifier(DecisionTreeClassifier()),
        MLPClassifier((8,), max_iter=500, solver="lbfgs", random_state=0),
        make_pipeline(StandardScaler(), MultiOutputClassifier(LogisticRegression(C=100))),
        GridSearchCV(KNeighborsClassifier(1), {"p": [1]}, cv=2),
    ],
    ids=lambda model: type(model).__name__,
)
def test_indicator_columns_are_the_labels_in_declared_order(serve: Serve, rows: pd.DataFrame, model: Any) -> None:
    model.fit(rows, indicators(rows))
    answer = serve(model, "multilabel", ["z", "a, b", "1"]).score(rows).frame
    assert list(answer.columns) == ["z", "a, b", "1"]
    assert np.mean((answer.to_numpy() > 0.5) == indicators(rows)) > 0.9


def test_labels_that_are_numbers_of_columns_are_found_by_number(serve: Serve, rows: pd.DataFrame) -> None:
    model = OneVsRestClassifier(DecisionTreeClassifier()).fit(rows, indicators(rows))
    answer = serve(model, "multilabel", ["2", "0", "1"]).score(rows).frame
    assert np.array_equal(answer.to_numpy(), indicators(rows)[:, [2, 0, 1]])


def test_labels_with_names_are_found_by_name(serve: Serve, rows: pd.DataFrame) -> None:
    model = DecisionTreeClassifier().fit(rows, np.where(rows["a b"] > 0, "up", "down"))
    answer = serve(model, "multilabel", ["up", "down"]).score(rows).frame
    assert answer["up"].tolist() == (rows["a b"] > 0).astype(float).tolist()


def test_labels_with_other_names_are_an_error(serve: Serve, rows: pd.DataFrame) -> None:
    model = DecisionTreeClassifier().fit(rows, np.where(rows["a b"] > 0, "up", "down"))
    with pytest.raises(ModelContractError, match=r"columns \['up', 'left'\], but encountered \['down', 'up'\]"):
        serve(model, "multilabel", ["up", "left"]).score(rows)


def test_undeclared_indicator_columns_are_numbered(serve: Serve, rows: pd.DataFrame) -> None:
    model = DecisionTreeClassifier().fit(rows, indicators(rows))
    assert list(serve(model, "multilabel").score(rows).frame.columns) == ["0", "1", "2"]


@pytest.mark.parametrize(("seen", "probability"), [(0, 0.0), (1, 1.0), (True, 1.0)])
def test_label_of_one_kind_in_training_is_certain(
    serve: Serve, rows: pd.DataFrame, seen: int, probability: float
) -> None:
    target = np.column_stack((indicators(rows)[:, 0], np.full(len(rows), seen)))
    answer = serve(DecisionTreeClassifier().fit(rows, target), "multilabel", ["a", "b"]).score(rows).frame
    assert set(answer["b"]) == {probability}


def test_presence_may_be_written_as_minus_one_and_one(serve: Serve, rows: pd.DataFrame) -> None:
    model = DecisionTreeClassifier().fit(rows, indicators(rows) * 2 - 1)
    answer = serve(model, "multilabel", ["a", "b", "c"]).score(rows).frame
    assert np.array_equal(answer.to_numpy(), indicators(rows))


@pytest.mark.parametrize("names", [["absent", "present"], [1, 2]])
def test_labels_that_are_not_absent_or_present_are_an_error(
    serve: Serve, rows: pd.DataFrame, names: list[object]
) -> None:
    model = DecisionTreeClassifier().fit(rows, np.array(names)[indicators(rows)])
    with pytest.raises(ModelContractError, match="multilabel takes 0"):
        serve(model, "multilabel", ["a", "b", "c"]).score(rows)


def test_wrong_number_of_labels_is_an_error(serve: Serve, rows: pd.DataFrame) -> None:
    model = DecisionTreeClassifier().fit(rows, indicators(rows))
    with pytest.raises(ModelContractError, match="predicts 3 labels, but 2 are declared"):
        serve(model, "multilabel", ["a", "b"]).score(rows)


# ------------------------------------------------------------------------------------- values


@pytest.mark.parametrize(
    "model",
    [
        LinearRegression(),
        DecisionTreeRegressor(),
        PLSRegression(1),
        make_pipeline(StandardScaler(), LinearRegression()),
        GridSearchCV(DecisionTreeRegressor(random_state=0), {"max_depth": [2]}, cv=2),
        KMeans(2, random_state=0),
    ],
    ids=lambda model: type(model).__name__,
)
def test_values_are_the_models_own(serve: Serve, rows: pd.DataFrame, model: Any) -> None:
    model.fit(rows, rows["a b"])
    answer = serve(model, "regression").score(rows).frame
    assert np.array_equal(answer["Predictions"].to_numpy(), model.predict(rows).reshape(-1))


def test_several_values_a_row_are_an_error(serve: Serve, rows: pd.DataFrame) -> None:
    model = RandomForestRegressor(2).fit(rows, rows.iloc[:, :2])
    with pytest.raises(ModelContractError, match="gives 2 values a row"):
        serve(model, "regression").score(rows)


def test_model_that_cannot_predict_new_rows_cannot_score(serve: Serve, rows: pd.DataFrame) -> None:
    with pytest.raises(NoScorerError, match="DBSCAN has no 'predict', which target type 'regression' needs"):
        serve(DBSCAN().fit(rows), "regression").score(rows)


# ------------------------------------------------------------------------------------- outliers


@pytest.mark.parametrize(
    "model",
    [
        IsolationForest(n_estimators=5, random_state=0),
        OneClassSVM(),
        pytest.param(
            LocalOutlierFactor(5, novelty=True),
            marks=pytest.mark.filterwarnings("ignore:X does not have valid feature names"),  # it loses them itself
        ),
        EllipticEnvelope(random_state=0, support_fraction=1.0),
        make_pipeline(StandardScaler(), IsolationForest(n_estimators=5, random_state=0)),
    ],
    ids=lambda model: type(model).__name__,
)
def test_outliers_score_lower(serve: Serve, rows: pd.DataFrame, model: Any) -> None:
    scorer = serve(model.fit(rows), "anomaly")
    answer = scorer.score(pd.concat([rows, rows.iloc[:1] + 100], ignore_index=True)).frame["Predictions"]
    assert answer.iloc[:-1].to_numpy() == pytest.approx(model.decision_function(rows))
    assert answer.idxmin() == len(rows)


def test_anomaly_model_without_a_score_gives_its_prediction(serve: Serve, rows: pd.DataFrame) -> None:
    answer = serve(LinearRegression().fit(rows, rows["a b"]), "anomaly").score(rows).frame
    assert answer["Predictions"].to_numpy() == pytest.approx(rows["a b"].to_numpy())


def test_outlier_detector_that_knows_only_its_training_data_cannot_score(serve: Serve, rows: pd.DataFrame) -> None:
    with pytest.raises(NoScorerError, match=r"LocalOutlierFactor has no 'predict'.*novelty=True"):
        serve(LocalOutlierFactor(5).fit(rows), "anomaly").score(rows)


# ------------------------------------------------------------------------------------- transformers


def test_transformed_columns_have_the_transformers_names(serve: Serve, rows: pd.DataFrame) -> None:
    model = StandardScaler().fit(rows)
    answer = serve(model, "transform").score(rows).frame
    pd.testing.assert_frame_equal(answer, pd.DataFrame(model.transform(rows), columns=rows.columns))


def test_frame_of_a_transformer_is_kept(serve: Serve, rows: pd.DataFrame) -> None:
    model = StandardScaler().set_output(transform="pandas").fit(rows)
    pd.testing.assert_frame_equal(serve(model, "transform").score(rows).frame, model.transform(rows))


def test_sparse_output_stays_sparse(serve: Serve) -> None:
    letters = pd.DataFrame({"le[tt]er": ["a", "b", "a, c"]})
    answer = serve(OneHotEncoder().fit(letters), "transform").score(letters).frame
    assert list(answer.columns) == ["le[tt]er_a", "le[tt]er_a, c", "le[tt]er_b"]
    assert all(isinstance(dtype, pd.SparseDtype) for dtype in answer.dtypes)
    assert answer.to_numpy().tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0]]


@pytest.mark.parametrize("function", [np.abs, np.asarray, None])
def test_transformer_without_names_numbers_its_columns(
    serve: Serve, rows: pd.DataFrame, function: Callable[..., Any] | None
) -> None:
    model = make_pipeline(StandardScaler(), FunctionTransformer(function)).fit(rows)
    answer = serve(model, "transform").score(rows).frame
    assert list(answer.columns) == ["0", "1", "2", "3"]


class Misnaming(BaseEstimator):
    """Give one name to four columns."""

    def transform(self, features: pd.DataFrame) -> Any:
        return features.to_numpy()

    def get_feature_names_out(self) -> list[str]:
        return ["only"]


def test_names_that_do_not_fit_are_not_used(serve: Serve, rows: pd.DataFrame) -> None:
    assert list(serve(Misnaming(), "transform").score(rows).frame.columns) == ["0", "1", "2", "3"]


def test_one_dimension_becomes_one_column(serve: Serve, rows: pd.DataFrame) -> None:
    model = make_pipeline(StandardScaler(), FunctionTransformer(np.ravel)).fit(rows[["a b"]])
    assert serve(model, "transform").score(rows[["a b"]]).frame.shape == (len(rows), 1)


def test_texts_become_a_sparse_frame(serve: Serve) -> None:
    texts = pd.DataFrame({"text": ["to be", "or not to be"]})
    model = FeatureUnion([("words", CountVectorizer()), ("pairs", CountVectorizer(ngram_range=(2, 2)))])
    answer = serve(model.fit(texts["text"]), "transform").score(texts).frame
    assert list(answer.columns)[:5] == ["words__be", "words__not", "words__or", "words__to", "pairs__not to"]
    assert answer["words__be"].tolist() == [1, 1]


def test_model_that_only_predicts_cannot_transform(serve: Serve, rows: pd.DataFrame) -> None:
    with pytest.raises(NoScorerError, match=r"has no 'transform'.* needs\. Choose .* write a 'transform' hook"):
        serve(LinearRegression().fit(rows, rows["a b"]), "transform").score(rows)
