"""What each input of a model gets, and what is told to the caller where it cannot."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from keras_models import FORMATS, directly, keras, net_ending_in, saved

from drum.errors import LoadError, MalformedInputError, MetadataError, ModelContractError
from drum.scorer import Scorer
from drum.types import ModelSpec, TargetType
from drum_keras.features import features_of
from drum_keras.inputs import inputs_of

Serve = Callable[..., Scorer]
METADATA = """
    name: prices
    type: inference
    targetType: regression
    hyperparameters:
        inputColumns: %s
"""


def two_inputs(by_name: bool = False, widths: tuple[int, int] = (3, 1)) -> Any:
    keras.utils.set_random_seed(1)
    inputs = [keras.Input((width,), name=name) for name, width in zip(("numbers", "age"), widths, strict=True)]
    output = keras.layers.Dense(1)(keras.layers.Concatenate()(inputs))
    return keras.Model({one.name: one for one in inputs} if by_name else inputs, output)


# ------------------------------------------------------------------------------------- one input


@pytest.mark.parametrize("columns", [3, 5])
@pytest.mark.parametrize("kind", ["keras", "h5"])
def test_wrong_number_of_columns_names_both(serve: Serve, kind: str, columns: int) -> None:
    with pytest.raises(MalformedInputError, match=f"The model takes 4 columns, but the input has {columns}\\."):
        serve(FORMATS[kind]("linear"), "regression").score(pd.DataFrame(np.ones((6, columns))))


@pytest.mark.parametrize(
    ("column", "what"),
    [
        (["secret", "b"], "there is text"),
        ([1.0, "secret"], "there is text"),
        (pd.to_datetime(["2024-01-01", None]), "there are values of type datetime64"),
    ],
    ids=repr,
)
def test_column_that_is_no_number_is_named(serve: Serve, rows: pd.DataFrame, column: Any, what: str) -> None:
    scorer = serve(FORMATS["keras"]("linear"), "regression")
    with pytest.raises(MalformedInputError, match=f"takes numbers, but {what}.* in column 'in/out'") as caught:
        scorer.score(rows[:2].assign(**{"in/out": column}))
    assert "secret" not in caught.value.message


def test_numbers_of_any_type_are_taken(serve: Serve) -> None:
    frame = pd.DataFrame({"a": [True, None], "b": [1, 2], "c": pd.array([1, None], dtype="Int64"), "d": [0.5, 1.5]})
    as_doubles = pd.DataFrame({"a": [1, np.nan], "b": [1, 2], "c": [1, np.nan], "d": [0.5, 1.5]})
    scorer = serve(FORMATS["keras"]("linear"), "regression", allow_nan=True)
    pd.testing.assert_frame_equal(scorer.score(frame).frame, scorer.score(as_doubles).frame)


def test_missing_values_that_come_out_are_refused_by_row(serve: Serve, rows: pd.DataFrame) -> None:
    with_gap = rows[:5].assign(**{"a b": [1, 2, 3, None, 5]})
    net = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])  # a relu may make 0 of NaN
    with pytest.raises(ModelContractError, match=r"returned \[nan\] in row 3 .* unless --allow-nan is given"):
        serve(saved(net), "regression").score(with_gap)


def test_input_of_whole_numbers_gets_them(serve: Serve) -> None:
    net = keras.Sequential([
        keras.Input((2,), dtype="int32"), keras.layers.Embedding(10, 3), keras.layers.Flatten(), keras.layers.Dense(1)
    ])  # fmt: skip
    frame = pd.DataFrame({"a": [1.0, 9.0], "b": [0, 3]})
    answer = serve(saved(net), "regression").score(frame).frame
    assert answer.to_numpy() == pytest.approx(directly(net, frame.to_numpy("int32")), abs=1e-6)


def test_input_of_text_gets_text(serve: Serve) -> None:
    entrance = keras.Input((1,), dtype="string", name="city")
    encoded = keras.layers.StringLookup(vocabulary=["Köln", "a, b"], output_mode="one_hot")(entrance)
    net = keras.Model(entrance, keras.layers.Dense(1, kernel_initializer="ones")(encoded))
    answer = serve(saved(net), "regression").score(pd.DataFrame({"any": ["Köln", "a, b", None]})).frame
    assert answer["Predictions"].tolist() == [1, 1, 1]


def test_what_custom_code_has_read_is_passed_on() -> None:
    net = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    spec = ModelSpec(code_dir=Path(), target_type=TargetType.REGRESSION)
    assert features_of(np.zeros((2, 8, 8, 1)), inputs_of(net, spec)).shape == (2, 8, 8, 1)


# ------------------------------------------------------------------------------------- several inputs


@pytest.mark.parametrize("by_name", [False, True])
def test_metadata_give_each_input_its_columns(serve: Serve, rows: pd.DataFrame, by_name: bool) -> None:
    net = two_inputs(by_name)
    groups = "{age: [in/out], numbers: [a b, 'age [years]', in/out]}"
    answer = serve({**saved(net), "model-metadata.yaml": METADATA % groups}, None).score(rows).frame
    parts = [rows[["a b", "age [years]", "in/out"]].to_numpy("float32"), rows[["in/out"]].to_numpy("float32")]
    expected = directly(net, dict(zip(("numbers", "age"), parts, strict=True)) if by_name else parts)
    assert answer.to_numpy() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("by_name", [False, True])
def test_inputs_of_one_column_take_those_of_their_names(serve: Serve, rows: pd.DataFrame, by_name: bool) -> None:
    net = two_inputs(by_name, (1, 1))
    frame = pd.DataFrame({"age": rows["a b"], "further": "text", "numbers": rows["in/out"]})
    answer = serve(saved(net), "regression").score(frame).frame
    parts = [frame[["numbers"]].to_numpy("float32"), frame[["age"]].to_numpy("float32")]
    expected = directly(net, dict(zip(("numbers", "age"), parts, strict=True)) if by_name else parts)
    assert answer.to_numpy() == pytest.approx(expected, abs=1e-5)
    with pytest.raises(MalformedInputError, match="lacks the column 'age' that the model's 'age' takes"):
        serve(saved(net), "regression").score(frame[["numbers"]])


def test_inputs_that_nobody_names_are_an_error(serve: Serve) -> None:
    with pytest.raises(
        LoadError, match=r"inputs: numbers \(3 columns\), age \(1 column\)\. .*{inputColumns: {numbers: \["
    ):
        serve(saved(two_inputs()), "regression")


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ("{age: [a]}", r"inputColumns has the inputs age; the model has numbers \(3 columns\), age"),
        ("{age: [a], numbers: [b, c]}", "gives input 'numbers' 2 columns, but it takes 3"),
        ("[a, b]", "must give each input a list of columns"),
        ("{age: a, numbers: [b, c, d]}", "must give each input a list of columns"),
    ],
)
def test_groups_that_do_not_fit_are_an_error(serve: Serve, groups: str, message: str) -> None:
    with pytest.raises(MetadataError, match=message):
        serve({**saved(two_inputs()), "model-metadata.yaml": METADATA % groups}, None)


def test_one_input_may_be_given_its_columns_too(serve: Serve, rows: pd.DataFrame) -> None:
    groups = """{entrance: [a b, in/out, 'age [years]', 'it''s "quoted"']}"""
    entrance = keras.Input((4,), name="entrance")
    net = keras.Model(entrance, keras.layers.Dense(1)(entrance))
    scorer = serve({**saved(net), "model-metadata.yaml": METADATA % groups}, None)
    expected = directly(net, rows[["a b", "in/out", "age [years]", 'it\'s "quoted"']])
    assert scorer.score(rows).frame.to_numpy() == pytest.approx(expected, abs=1e-5)


def test_other_hyperparameters_are_left_alone(serve: Serve, rows: pd.DataFrame) -> None:
    metadata = "name: a\ntype: inference\ntargetType: regression\nhyperparameters: [{name: depth, type: int}]"
    serve({**FORMATS["keras"]("linear"), "model-metadata.yaml": metadata}, None).score(rows)


def test_model_that_says_nothing_of_its_inputs_gets_a_matrix(rows: pd.DataFrame) -> None:
    spec = ModelSpec(code_dir=Path(), target_type=TargetType.REGRESSION)
    assert features_of(rows, inputs_of(object(), spec)).dtype == np.float32
    assert net_ending_in("linear").inputs
