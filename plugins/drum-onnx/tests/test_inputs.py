"""What a graph gets: one matrix, or an array for each column with its type."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from skl2onnx import to_onnx
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import drum_onnx
from drum.errors import MalformedInputError, ModelContractError
from drum.scorer import Scorer

Serve = Callable[..., Scorer]
Direct = Callable[..., list[Any]]
Graph = Callable[..., bytes]


def values(scorer: Scorer, batch: Any) -> list[float]:
    answers: list[float] = scorer.score(batch).frame["Predictions"].tolist()
    return answers


# ------------------------------------------------------------------------------------- one matrix


@pytest.fixture(scope="module")
def linear(rows: pd.DataFrame, target: Any) -> bytes:
    return bytes(to_onnx(LinearRegression().fit(rows, target), rows.to_numpy(np.float32)).SerializeToString())


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows,
        lambda rows: rows.set_axis(list("dcba"), axis=1),
        lambda rows: rows.astype(object),
        lambda rows: rows.astype({"a b": "Float64", "in/out": "Int32"}),
        lambda rows: rows.astype("float32"),
        lambda rows: rows.to_csv(index=False).encode(),
    ],
    ids=["same", "renamed", "objects", "nullable", "float32", "csv"],
)
def test_columns_are_taken_as_they_come(
    serve: Serve, direct: Direct, rows: pd.DataFrame, linear: bytes, change: Callable[[pd.DataFrame], Any]
) -> None:
    (expected,) = direct(linear, X=rows.to_numpy(np.float32))
    assert values(serve(linear, "regression"), change(rows)) == pytest.approx(expected[:, 0], abs=1e-5)


def test_doubles_stay_doubles(serve: Serve, rows: pd.DataFrame, target: Any) -> None:
    model = LinearRegression().fit(rows, target)
    content = to_onnx(model, rows.to_numpy()).SerializeToString()
    assert values(serve(content, "regression"), rows) == pytest.approx(model.predict(rows), abs=1e-9)


@pytest.mark.parametrize("width", [3, 5])
def test_wrong_number_of_columns_names_both_counts(serve: Serve, rows: pd.DataFrame, linear: bytes, width: int) -> None:
    wrong = pd.concat([rows, rows["a b"].rename("more")], axis=1).iloc[:, :width]
    with pytest.raises(MalformedInputError, match=f"takes 4 columns, but the input has {width}"):
        serve(linear, "regression").score(wrong)


@pytest.mark.parametrize("value", ["secret", pd.Timestamp("2024-01-01")])
def test_text_is_refused_by_the_name_of_its_column(
    serve: Serve, rows: pd.DataFrame, linear: bytes, value: object
) -> None:
    bad = rows.assign(**{"in/out": rows["in/out"].astype(object).where(rows.index != 3, value)})
    with pytest.raises(MalformedInputError, match=r"there is text in column 'in/out'") as caught:
        serve(linear, "regression").score(bad)
    assert "secret" not in caught.value.message


def test_missing_values_are_the_graphs_concern(serve: Serve, rows: pd.DataFrame, target: Any) -> None:
    gaps = rows.mask(rows > 1)
    model = make_pipeline(SimpleImputer(), Ridge()).fit(gaps.to_numpy(np.float32), target)
    content = to_onnx(model, rows.to_numpy(np.float32)).SerializeToString()
    assert values(serve(content, "regression"), gaps) == pytest.approx(model.predict(gaps.to_numpy()), abs=1e-5)


def test_sparse_input_is_scored(serve: Serve, direct: Direct, rows: pd.DataFrame, linear: bytes) -> None:
    sparse = rows.astype(pd.SparseDtype("float64", 0.0))
    (expected,) = direct(linear, X=rows.to_numpy(np.float32))
    assert values(serve(linear, "regression"), sparse) == pytest.approx(expected[:, 0], abs=1e-5)


@pytest.mark.parametrize("shape", [["N", 4], [None, None], ["N", 2, 2], ["N", 1, 2, 2]])
def test_rows_may_have_any_shape(serve: Serve, graph: Graph, rows: pd.DataFrame, shape: list[Any]) -> None:
    flat = graph([("Flatten", ["x"], ["f"])], [("x", "float", shape)], [("f", "float", ["N", 4])])
    scorer = serve(flat, "multilabel", list("abcd"))
    ones = rows.abs() / 1000
    assert scorer.score(ones).frame.to_numpy() == pytest.approx(ones.to_numpy(), abs=1e-6)


@pytest.mark.parametrize("size", [1, 7, 1200, 5000])
def test_fixed_number_of_rows_is_run_as_often_as_need_be(
    serve: Serve, graph: Graph, rows: pd.DataFrame, size: int
) -> None:
    double = graph([("Add", ["x", "x"], ["y"])], [("x", "double", [size, 1])], [("y", "double", [size, 1])])
    assert values(serve(double, "regression"), rows[["a b"]]) == (rows["a b"] * 2).tolist()


# ------------------------------------------------------------------------------------- an input for each column


@pytest.fixture(scope="module")
def mixed(rows: pd.DataFrame) -> pd.DataFrame:
    cities = np.random.default_rng(1).choice(["Rome", "Straße", "12"], len(rows))
    return rows[["a b", "in/out"]].assign(city=cities)


@pytest.fixture(scope="module")
def by_column(mixed: pd.DataFrame, target: Any) -> bytes:
    encoders = make_column_transformer(
        (StandardScaler(), ["a b", "in/out"]), (OneHotEncoder(handle_unknown="ignore"), ["city"])
    )
    model = make_pipeline(encoders, Ridge()).fit(mixed, target + (mixed["city"] == "Rome") * 2)
    return bytes(to_onnx(model, mixed[:1].astype({"a b": np.float32})).SerializeToString())


@pytest.fixture(scope="module")
def expected(direct: Direct, by_column: bytes, mixed: pd.DataFrame) -> Any:
    arrays = {  # skl2onnx has changed the names
        "a_b": mixed[["a b"]].to_numpy(np.float32),
        "in_out": mixed[["in/out"]].to_numpy(np.int64),
        "city": mixed[["city"]].to_numpy(object),
    }
    return direct(by_column, **arrays)[0][:, 0]


@pytest.mark.parametrize(
    "change",
    [
        lambda mixed: mixed,
        lambda mixed: mixed[mixed.columns[::-1]].assign(further="x"),
        lambda mixed: mixed.astype({"city": "category", "in/out": float}),
        lambda mixed: mixed.astype({"city": object}),
        lambda mixed: mixed.to_csv(index=False).encode(),
    ],
    ids=["same", "reordered", "category", "objects", "csv"],
)
def test_columns_are_found_by_name_each_with_its_type(
    serve: Serve, by_column: bytes, mixed: pd.DataFrame, expected: Any, change: Callable[[pd.DataFrame], Any]
) -> None:
    assert values(serve(by_column, "regression"), change(mixed)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("spelling", ["12", 12, 12.0])
def test_text_that_looks_like_a_number_stays_text(
    serve: Serve, by_column: bytes, mixed: pd.DataFrame, expected: Any, spelling: object
) -> None:
    place = int(np.argmax(mixed["city"] == "12"))
    one = mixed.iloc[[place]].assign(city=[spelling])
    assert values(serve(by_column, "regression"), one) == pytest.approx([expected[place]], abs=1e-6)


def test_missing_columns_are_named(serve: Serve, by_column: bytes, mixed: pd.DataFrame) -> None:
    with pytest.raises(MalformedInputError, match=r"lacks columns 'in_out', 'city' of the 3 .* It has column 'a b'"):
        serve(by_column, "regression").score(mixed[["a b"]])


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("city", None, "no missing text, but there is some in column 'city'"),
        ("in/out", np.nan, "no missing values, but there are some in column 'in/out'"),
        ("in/out", 1.5, "whole numbers, but there are fractions in column 'in/out'"),
        ("in/out", "text", "there is text in column 'in/out'"),
        ("a b", "text", "there is text in column 'a b'"),
    ],
)
def test_value_that_the_type_cannot_hold_is_refused_by_the_name_of_its_column(
    serve: Serve, by_column: bytes, mixed: pd.DataFrame, column: str, value: object, message: str
) -> None:
    changed = mixed[column].astype(object).where(mixed.index != 2, value)
    with pytest.raises(MalformedInputError, match=message):
        serve(by_column, "regression").score(mixed.assign(**{column: changed}))


# ------------------------------------------------------------------------------------- several matrices


def test_wider_inputs_share_the_columns_in_their_order(serve: Serve, graph: Graph, rows: pd.DataFrame) -> None:
    model = graph(
        [("Add", ["a", "b"], ["y"])],
        [("a", "double", ["N", 2]), ("b", "double", ["N", 2])],
        [("y", "double", ["N", 2])],
    )
    fractions = rows.abs() / 1000
    answer = serve(model, "multilabel", ["p", "q"]).score(fractions).frame
    assert answer["p"].to_numpy() == pytest.approx((fractions.iloc[:, 0] + fractions.iloc[:, 2]).to_numpy())
    with pytest.raises(MalformedInputError, match="takes 4 columns, but the input has 3"):
        serve(model, "multilabel", ["p", "q"]).score(fractions.iloc[:, :3])


def test_inputs_of_no_known_width_are_the_authors_fault(serve: Serve, graph: Graph, rows: pd.DataFrame) -> None:
    model = graph(
        [("Add", ["a", "b"], ["y"])],
        [("a", "double", ["N", None]), ("b", "double", ["N", None])],
        [("y", "double", ["N", None])],
    )
    with pytest.raises(ModelContractError, match="do not say how many columns they take"):
        serve(model, "regression").score(rows)


# ------------------------------------------------------------------------------------- a matrix in place of a frame


def test_matrix_of_named_columns_gives_the_very_same_predictions(
    serve: Serve, graph: Graph, rows: pd.DataFrame
) -> None:
    model = graph(
        [("Sub", ["a b", "age (years)"], ["y"])],
        [("a b", "float", ["N", 1]), ("age (years)", "float", ["N", 1])],
        [("y", "float", ["N", 1])],
    )
    scorer = serve(model, "regression")
    assert scorer.matrix_columns == ("a b", "age (years)")
    frame = rows[["a b", "age (years)"]]
    assert scorer.predict(frame.to_numpy()).frame.equals(scorer.predict(frame.assign(further=1)).frame)


def test_columns_without_names_are_no_matrix(serve: Serve, linear: bytes) -> None:
    assert serve(linear, "regression").matrix_columns is None


def test_arrays_that_custom_code_has_read_are_taken_as_they_are(linear: bytes, rows: pd.DataFrame) -> None:
    arrays = {"X": rows.to_numpy(np.float32)}
    assert drum_onnx.as_inputs(arrays, []) == arrays
