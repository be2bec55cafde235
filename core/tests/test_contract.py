"""What predictions must look like: labels, probabilities, rows, and the messages that clients match on."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drum.contract import check_predictions, check_rows, match_labels
from drum.errors import ModelContractError
from drum.types import ModelSpec, Predictions, TargetType

BINARY, MULTICLASS, MULTILABEL = TargetType.BINARY, TargetType.MULTICLASS, TargetType.MULTILABEL
NUMERIC = (TargetType.REGRESSION, TargetType.ANOMALY)
OTHER_SINGLE = tuple(kind for kind in TargetType if kind.is_single_column and kind not in NUMERIC)


def spec(target_type: TargetType, labels: Sequence[str] = (), target_name: str | None = None) -> ModelSpec:
    return ModelSpec(code_dir=Path("."), target_type=target_type, labels=tuple(labels), target_name=target_name)


def check(output: Any, declared: ModelSpec, *, rows: int | None = None, **options: Any) -> Predictions:
    rows = len(output) if rows is None else rows
    return check_predictions("The scorer", output, declared, rows, **options)


def one_row(**columns: float) -> pd.DataFrame:
    return pd.DataFrame({name: [value] for name, value in columns.items()})


# ------------------------------------------------------------------------------------- rows


@pytest.mark.parametrize("target_type", [kind for kind in TargetType if kind is not TargetType.UNSTRUCTURED])
def test_wrong_number_of_rows_names_both_counts(target_type: TargetType) -> None:
    with pytest.raises(ModelContractError, match=r"The scorer returned 2 rows for 3 rows of data"):
        check(pd.DataFrame({"Predictions": [1.0, 2.0]}), spec(target_type, ("a", "b")), rows=3)


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        (None, "None"),
        ([1.0], "an object of type list"),
        (np.zeros(1), "an object of type ndarray"),
        (pd.Series([1.0]), "an object of type Series"),
    ],
)
def test_anything_but_a_frame_is_refused(answer: object, named: str) -> None:
    with pytest.raises(ModelContractError, match=rf"The scorer must return a pandas DataFrame, but returned {named}\."):
        check_rows("The scorer", answer, 1)


def test_batch_that_cannot_be_counted_is_not_compared() -> None:
    check_rows("The scorer", pd.DataFrame({"a": [1, 2]}), None)


@pytest.mark.parametrize("target_type", [TargetType.REGRESSION, MULTICLASS, TargetType.TRANSFORM])
def test_column_that_stands_twice_is_named(target_type: TargetType) -> None:
    output = pd.DataFrame([[0.5, 0.5]], columns=["a", "a"])
    with pytest.raises(ModelContractError, match="The scorer returned the column 'a' twice"):
        check(output, spec(target_type, ("a", "b")))


@pytest.mark.parametrize("target_type", [TargetType.REGRESSION, TargetType.TRANSFORM])
def test_rows_are_numbered_from_zero_whatever_index_the_model_gave(target_type: TargetType) -> None:
    output = pd.DataFrame({"Predictions": [3.0, 1.0], "why": ["x", "y"]}, index=[7, 2])
    checked = check(output, spec(target_type))
    assert list(checked.frame.index) == [0, 1]
    assert checked.frame["Predictions"].tolist() == [3.0, 1.0]
    if checked.extra is not None:
        assert list(checked.extra.index) == [0, 1]


@pytest.mark.parametrize("target_type", [TargetType.REGRESSION, BINARY, MULTICLASS, TargetType.TEXT_GENERATION])
def test_no_rows_for_no_rows_is_fine(target_type: TargetType) -> None:
    labels = ("a", "b") if target_type.is_classification else ()
    output = pd.DataFrame({name: pd.Series(dtype=float) for name in labels or ("Predictions",)})
    assert list(check(output, spec(target_type, labels)).frame.columns) == list(labels or ("Predictions",))


@pytest.mark.parametrize(
    ("output", "declared"),
    [
        (pd.DataFrame({"Predictions": [0.25, 0.5]}), spec(TargetType.REGRESSION)),
        (pd.DataFrame({"no": [0.25, 0.5], "yes": [0.75, 0.5]}), spec(BINARY, ("no", "yes"))),
        (pd.DataFrame({"p": [0.75, 0.5]}), spec(BINARY, ("no", "yes"))),
        (pd.DataFrame({"Predictions": ["a", "b"]}), spec(TargetType.TEXT_GENERATION)),
    ],
    ids=["regression", "binary", "positive class", "text"],
)
def test_checked_predictions_can_be_changed_without_touching_the_models_own(
    output: pd.DataFrame, declared: ModelSpec
) -> None:
    kept = output.copy(deep=True)
    frame = check(output, declared).frame
    frame.iloc[0, 0] = frame.iloc[1, 0]
    assert frame.iloc[0, 0] == frame.iloc[1, 0]
    pd.testing.assert_frame_equal(output, kept)


def test_transformed_features_leave_as_they_are() -> None:
    output = pd.DataFrame({"a": [1.0, np.nan], "b": ["x", None]})
    pd.testing.assert_frame_equal(check(output, spec(TargetType.TRANSFORM)).frame, output)


# ------------------------------------------------------------------------------------- one column


@pytest.mark.parametrize("target_type", [*NUMERIC, *OTHER_SINGLE])
@pytest.mark.parametrize("name", ["Predictions", "anything", 0])
def test_a_single_column_is_renamed(target_type: TargetType, name: object) -> None:
    checked = check(pd.DataFrame({name: [1.5, 2.5]}), spec(target_type))
    assert checked.frame["Predictions"].tolist() == [1.5, 2.5]
    assert checked.extra is None


def test_further_columns_are_extra_output() -> None:
    output = pd.DataFrame({"why": ["far", "near"], "Predictions": [1.0, 2.0], "how": [3, 4]})
    checked = check(output, spec(TargetType.REGRESSION))
    assert checked.frame.to_dict("list") == {"Predictions": [1.0, 2.0]}
    assert checked.extra is not None
    assert checked.extra.to_dict("list") == {"why": ["far", "near"], "how": [3, 4]}


def test_several_columns_without_predictions_among_them_are_refused() -> None:
    with pytest.raises(ModelContractError) as caught:
        check(one_row(a=1.0, b=2.0), spec(TargetType.REGRESSION))
    assert str(caught.value) == "Expected predictions to have columns ['Predictions'], but encountered ['a', 'b']."


@pytest.mark.parametrize("name", ["Predictions", "answer"])
def test_generated_text_may_carry_the_name_of_the_target(name: str) -> None:
    output = pd.DataFrame({name: ["hello"], "tokens": [3]})
    checked = check(output, spec(TargetType.TEXT_GENERATION, target_name="answer"))
    assert checked.frame.to_dict("list") == {"Predictions": ["hello"]}
    assert checked.extra is not None
    assert list(checked.extra) == ["tokens"]


def test_text_generation_without_its_target_name_is_refused() -> None:
    output = pd.DataFrame({"reply": ["hello"], "tokens": [3]})
    with pytest.raises(ModelContractError, match=r"columns \['answer'\], but encountered \['reply', 'tokens'\]"):
        check(output, spec(TargetType.TEXT_GENERATION, target_name="answer"))


def test_target_name_means_nothing_to_other_target_types() -> None:
    with pytest.raises(ModelContractError, match="Expected predictions to have columns"):
        check(one_row(price=1.0, error=0.1), spec(TargetType.REGRESSION, target_name="price"))


@pytest.mark.parametrize("values", [["1"], [b"1"], [[1.0]], [pd.Timestamp(0)], [1j]], ids=repr)
@pytest.mark.parametrize("target_type", NUMERIC)
def test_numeric_targets_refuse_what_is_no_number(target_type: TargetType, values: list[Any]) -> None:
    with pytest.raises(ModelContractError, match=r"column 'Predictions' of type .*; numbers are needed"):
        check(pd.DataFrame({"Predictions": values}), spec(target_type))


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1, 0], dtype="Int64"),
        pd.Series([1, 0], dtype="Float32"),
        pd.Series([True, False], dtype="boolean"),
        pd.Series([1, 0], dtype="uint8"),
        pd.Series([1.0, 0.0], dtype="float16"),
        pd.Series([1.0, 0], dtype=object),
        pd.Series([Decimal(1), np.int64(0)], dtype=object),
        pd.Series(pd.arrays.SparseArray([1.0, 0.0], fill_value=0.0)),
    ],
    ids=lambda column: str(column.dtype),
)
@pytest.mark.parametrize("declared", [spec(TargetType.REGRESSION), spec(BINARY, ("no", "yes"))])
def test_every_numeric_type_leaves_as_doubles(column: pd.Series[Any], declared: ModelSpec) -> None:
    frame = check(column.to_frame("p"), declared).frame
    assert (frame.dtypes == "float64").all()
    assert frame.iloc[:, -1].tolist() == [1.0, 0.0]


# ------------------------------------------------------------------------------------- missing values


MISSING = [
    pd.Series([1.0, np.nan]),
    pd.Series([1.0, np.inf]),
    pd.Series([1.0, -np.inf]),
    pd.Series([1.0, None], dtype="Float64"),
    pd.Series([1, None], dtype="Int64"),
    pd.Series([1.0, None], dtype=object),
]


@pytest.mark.parametrize("column", MISSING, ids=lambda column: f"{column.dtype}-{column[1]}")
@pytest.mark.parametrize(
    "declared", [spec(TargetType.REGRESSION), spec(TargetType.GEO_POINT), spec(BINARY, ("no", "yes"))]
)
class TestMissing:
    def test_is_refused_with_its_row_in_the_whole_input(self, column: pd.Series[Any], declared: ModelSpec) -> None:
        with pytest.raises(ModelContractError, match=r"in row 101 \(the first row is 0\).*--allow-nan"):
            check(column.to_frame("p"), declared, first_row=100)

    def test_passes_where_it_is_allowed(self, column: pd.Series[Any], declared: ModelSpec) -> None:
        frame = check(column.to_frame("p"), declared, allow_nan=True).frame
        assert frame.iloc[0, -1] == 1
        assert pd.isna(frame.iloc[1, -1]) or np.isinf(frame.iloc[1, -1])


def test_missing_text_is_refused() -> None:
    with pytest.raises(ModelContractError, match="in row 1 "):
        check(pd.DataFrame({"Predictions": ["a", None]}), spec(TargetType.TEXT_GENERATION))


def test_missing_values_in_extra_output_are_no_concern() -> None:
    checked = check(pd.DataFrame({"Predictions": [1.0], "why": [None]}), spec(TargetType.REGRESSION))
    assert checked.extra is not None


def test_rows_beside_a_missing_one_are_still_checked() -> None:
    output = pd.DataFrame({"no": [np.nan, 0.5], "yes": [np.nan, 0.6]})
    with pytest.raises(ModelContractError, match=r"do not add up to 1: row 1 "):
        check(output, spec(BINARY, ("no", "yes")), allow_nan=True)


# ------------------------------------------------------------------------------------- probabilities


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[0.5, 0.5], [0.5, 0.6]], "Your prediction probabilities do not add up to 1: row 11 "),
        ([[0.5, 0.5], [-0.5, 1.5]], "Your prediction probabilities have negative values: row 11 "),
        ([[0.5, 0.5], [0.0, 1.5]], "Your prediction probabilities have values greater than 1: row 11 "),
    ],
)
@pytest.mark.parametrize("target_type", [BINARY, MULTICLASS])
def test_broken_probabilities_name_the_row(target_type: TargetType, rows: list[list[float]], message: str) -> None:
    output = pd.DataFrame(rows, columns=["no", "yes"])
    with pytest.raises(ModelContractError) as caught:
        check(output, spec(target_type, ("no", "yes")), first_row=10)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(("value", "message"), [(-0.5, "have negative values"), (1.5, "have values greater than 1")])
def test_probability_of_the_positive_class_alone_must_be_one(value: float, message: str) -> None:
    with pytest.raises(ModelContractError, match=message):
        check(one_row(p=value), spec(BINARY, ("no", "yes")))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((-0.5, 1.5), "Your prediction probabilities have negative values"),
        ((0.0, 1.5), "Your prediction probabilities have values greater than 1"),
        ((0.5, np.nan), "in row 0 "),
    ],
)
def test_extra_output_does_not_hide_what_is_wrong(values: tuple[float, float], message: str) -> None:
    output = pd.DataFrame([[*values, "why"]], columns=["no", "yes", "note"])
    with pytest.raises(ModelContractError, match=message):
        check(output, spec(BINARY, ("no", "yes")))


def test_more_classes_than_labels_says_so() -> None:
    with pytest.raises(ModelContractError, match=r"columns \['a', 'b'\], but encountered \['a', 'b', 'c'\]"):
        check(one_row(a=0.2, b=0.3, c=0.5), spec(MULTICLASS, ("a", "b")))


def test_multilabel_rows_need_no_sum() -> None:
    assert check(one_row(a=0.9, b=0.8), spec(MULTILABEL, ("a", "b"))).frame.iloc[0].tolist() == [0.9, 0.8]


@pytest.mark.parametrize("value", [-0.1, 1.1])
def test_multilabel_values_are_probabilities(value: float) -> None:
    with pytest.raises(ModelContractError, match="Your prediction probabilities have"):
        check(one_row(a=0.5, b=value), spec(MULTILABEL, ("a", "b")))


@pytest.mark.parametrize("one", [1.0000000000000002, np.nextafter(np.float32(1), np.float32(2))], ids=str)
def test_last_bit_above_one_is_rounding(one: Any) -> None:
    dtype = np.asarray(one).dtype
    for output in (
        pd.DataFrame({"p": [one]}, dtype=dtype),
        pd.DataFrame({"no": [0], "yes": [one]}, dtype=dtype),
        pd.DataFrame({"yes": np.array([one], dtype=dtype), "no": [0.0]}),
    ):
        assert check(output, spec(BINARY, ("no", "yes"))).frame["yes"].item() == pytest.approx(1.0)


@pytest.mark.parametrize(("off", "holds"), [(0.5e-6, True), (-0.5e-6, True), (2e-6, False), (-2e-6, False)])
def test_sum_of_doubles_may_be_off_by_a_millionth(off: float, holds: bool) -> None:
    output = one_row(a=0.25, b=0.75 + off)
    if holds:
        check(output, spec(MULTICLASS, ("a", "b")))
    else:
        with pytest.raises(ModelContractError, match="Your prediction probabilities do not add up to 1"):
            check(output, spec(MULTICLASS, ("a", "b")))


shares = st.lists(st.integers(0, 1000), min_size=2, max_size=40).filter(any)


@given(shares=shares, dtype=st.sampled_from(["float16", "float32", "float64"]))
def test_normalised_rows_pass_in_every_precision(shares: list[int], dtype: str) -> None:
    labels = [f"c{number}" for number in range(len(shares))]
    probabilities = (np.array([shares]) / sum(shares)).astype(dtype)
    frame = check(pd.DataFrame(probabilities, columns=labels), spec(MULTICLASS, labels)).frame
    assert np.array_equal(frame.to_numpy(), probabilities.astype("float64"))


@given(shares=shares, excess=st.floats(1e-3, 10))
def test_rows_that_do_not_add_up_never_pass(shares: list[int], excess: float) -> None:
    labels = [f"c{number}" for number in range(len(shares))]
    probabilities = np.array([shares]) / sum(shares) * (1 + excess)
    with pytest.raises(ModelContractError, match="Your prediction probabilities"):
        check(pd.DataFrame(probabilities, columns=labels), spec(MULTICLASS, labels))


@given(p=st.floats(0, 1))
def test_probability_of_the_positive_class_implies_the_negative(p: float) -> None:
    frame = check(pd.DataFrame({"p": [p]}), spec(BINARY, ("no", "yes"))).frame
    assert frame.iloc[0].to_dict() == {"no": 1 - p, "yes": p}


# ------------------------------------------------------------------------------------- labels


@pytest.mark.parametrize("labels", [("no", "yes"), ("0", "1"), ("1", "2"), ("False", "True")])
@pytest.mark.parametrize("values", [[0.25], [0.75, 0.25]], ids=["positive", "both"])
def test_unlabelled_binary_output_goes_by_position(labels: tuple[str, str], values: list[float]) -> None:
    frame = check(pd.DataFrame([values]), spec(BINARY, labels)).frame
    assert list(frame.columns) == list(labels)
    assert frame.iloc[0].tolist() == [0.75, 0.25]


def test_numbered_columns_that_could_be_meant_either_way_are_refused() -> None:
    """``{0: …, 1: …}`` has the same index as no names at all: by name and by position the classes would be swapped."""
    with pytest.raises(ModelContractError, match="ambiguous"):
        check(pd.DataFrame({0: [0.9], 1: [0.1]}), spec(BINARY, ("1", "0")))


@pytest.mark.parametrize("labels", [("no", "yes"), ("0", "1")])
def test_three_unlabelled_values_are_no_binary_output(labels: tuple[str, str]) -> None:
    with pytest.raises(ModelContractError, match="Expected predictions to have columns"):
        check(pd.DataFrame([[0.5, 0.5, 0.0]]), spec(BINARY, labels))


@pytest.mark.parametrize("target_type", [MULTICLASS, MULTILABEL])
def test_unlabelled_output_of_several_classes_is_refused(target_type: TargetType) -> None:
    with pytest.raises(ModelContractError, match=r"columns \['a', 'b'\], but encountered \['0', '1'\]"):
        check(pd.DataFrame([[0.5, 0.5]]), spec(target_type, ("a", "b")))


@pytest.mark.parametrize("target_type", [MULTICLASS, MULTILABEL])
def test_unlabelled_output_without_declared_labels_is_refused(target_type: TargetType) -> None:
    with pytest.raises(ModelContractError, match=r"no class labels and none were declared.*--class-labels"):
        check(pd.DataFrame([[0.5, 0.5]]), spec(target_type))


@pytest.mark.parametrize("output", [pd.DataFrame([[0.5, 0.5]]), one_row(p=0.5), one_row(a=0.2, b=0.3, c=0.5)])
def test_binary_output_that_names_no_two_classes_needs_declared_labels(output: pd.DataFrame) -> None:
    with pytest.raises(ModelContractError, match="none were declared: give --positive-class-label"):
        check(output, spec(BINARY))


@pytest.mark.parametrize("target_type", [BINARY, MULTICLASS, MULTILABEL])
def test_without_declared_labels_the_models_own_hold(target_type: TargetType) -> None:
    assert list(check(pd.DataFrame([[0.25, 0.75]], columns=[1, 0]), spec(target_type)).frame.columns) == ["1", "0"]


@pytest.mark.parametrize(
    ("columns", "labels"),
    [
        (["yes", "no"], ("no", "yes")),
        (["YES", "No"], ("no", "yes")),
        ([1, 0], ("0", "1")),
        ([1.0, 0.0], ("0", "1")),
        (["1.0", "0.0"], ("0", "1")),
        ([True, False], ("False", "True")),
        ([True, False], ("false", "true")),
        ([True, False], ("0", "1")),
        ([1, 0], ("False", "True")),
        (["ÄRGER", "straße"], ("STRASSE", "ärger")),
        ([np.str_("b"), np.str_("a")], ("a", "b")),
        (["NaN", "ok"], ("ok", "nan")),
    ],
)
@pytest.mark.parametrize("target_type", [BINARY, MULTICLASS, MULTILABEL])
def test_labels_match_as_text_number_or_truth_value(
    target_type: TargetType, columns: list[Any], labels: tuple[str, str]
) -> None:
    frame = check(pd.DataFrame([[0.25, 0.75]], columns=columns), spec(target_type, labels)).frame
    assert list(frame.columns) == list(labels)
    assert frame.iloc[0].tolist() == [0.75, 0.25]


def test_exact_spelling_goes_before_any_other() -> None:
    assert match_labels(["a", "A", "1", 1.0], ["A", "a", "1", "1.0"]) == {"A": "A", "a": "a", "1": "1", "1.0": 1.0}


@pytest.mark.parametrize(
    ("columns", "labels"),
    [
        (["Yes", "YES", "no"], ["no", "yes"]),
        (["yes", "no"], ["YES", "Yes", "no"]),
        ([1.0, 0.0], ["1", "True", "0"]),
        (["1.00", "1.000"], ["1"]),
        ([1, "1"], ["1", "0"]),
    ],
)
def test_ambiguous_labels_are_refused(columns: list[Any], labels: list[str]) -> None:
    with pytest.raises(ModelContractError, match=r"is ambiguous.*Spell columns and labels alike"):
        match_labels(columns, labels)


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_truth_values_as_column_names_choose_columns_not_rows(rows: int) -> None:
    output = pd.DataFrame([[0.25, 0.75]] * rows, columns=[True, False])
    frame = check(output, spec(BINARY, ("False", "True"))).frame
    assert frame.to_numpy().tolist() == [[0.75, 0.25]] * rows


@pytest.mark.parametrize("columns", [["no", "maybe"], ["no"], ["a", "b", "c"]])
def test_missing_label_lists_what_was_expected_and_what_came(columns: list[str]) -> None:
    output = pd.DataFrame([[1.0] + [0.0] * (len(columns) - 1)], columns=columns)
    with pytest.raises(ModelContractError) as caught:
        check(output, spec(BINARY, ("no", "yes")))
    assert str(caught.value) == f"Expected predictions to have columns ['no', 'yes'], but encountered {columns}."


@given(
    labels=st.lists(st.text(min_size=1), min_size=2, max_size=8, unique=True),
    data=st.data(),
)
def test_labels_leave_in_the_declared_order_whatever_order_they_came_in(labels: list[str], data: st.DataObject) -> None:
    values = {label: float(position == 0) for position, label in enumerate(labels)}
    shuffled = data.draw(st.permutations(labels))
    output = pd.DataFrame([[values[label] for label in shuffled]], columns=shuffled)
    frame = check(output, spec(MULTICLASS, labels)).frame
    assert list(frame.columns) == labels
    assert frame.iloc[0].tolist() == list(values.values())


@given(
    numbers=st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=8, unique=True),
    as_float=st.booleans(),
    data=st.data(),
)
def test_numbers_match_their_text(numbers: list[int], as_float: bool, data: st.DataObject) -> None:
    columns = [float(n) if as_float else n for n in data.draw(st.permutations(numbers))]
    assert match_labels(columns, [str(n) for n in numbers]) == {str(n): n for n in numbers}


@given(
    columns=st.lists(st.sampled_from(["a", "A", "1", "1.0", "true", "True", "0", "b"]), unique=True),
    labels=st.lists(st.sampled_from(["a", "A", "1", "01", "TRUE", "False", "b", "B"]), unique=True),
)
def test_match_is_one_to_one_or_an_error(columns: list[str], labels: list[str]) -> None:
    try:
        matched = match_labels(columns, labels)
    except ModelContractError:
        return
    assert len(set(matched.values())) == len(matched)
    assert set(matched) <= set(labels)
    assert set(matched.values()) <= set(columns)


@pytest.mark.parametrize(
    ("columns", "labels", "expected"),
    [
        ([1, 0], ("0", "1"), [0.75, 0.25]),
        ([1, 2], ("2", "1"), [0.75, 0.25]),
        ([2, 1], ("1", "2"), [0.75, 0.25]),
    ],
)
def test_integer_labels_are_no_places_though_pandas_makes_a_range_of_them(
    columns: list[int], labels: tuple[str, str], expected: list[float]
) -> None:
    output = pd.DataFrame({columns[0]: [0.25], columns[1]: [0.75]})
    assert isinstance(output.columns, pd.RangeIndex)
    assert check(output, spec(TargetType.BINARY, labels)).frame.iloc[0].tolist() == expected


def test_missing_prediction_is_told_with_the_gaps_of_its_row() -> None:
    features = pd.DataFrame({"a": [1.0, np.nan], "b": ["x", None], "c": [1, 2]})
    output = pd.DataFrame({"p": [1.0, np.nan]})
    with pytest.raises(ModelContractError) as caught:
        check_predictions("Runtime 'toy'", output, spec(TargetType.REGRESSION), 2, features=features)
    assert type(caught.value) is ModelContractError
    assert caught.value.message.endswith("given. In that row, the input has no value in columns 'a', 'b'.")
    whole = features.fillna({"a": 0, "b": "y"})
    with pytest.raises(ModelContractError, match=r"--allow-nan is given\.$"):
        check_predictions("Runtime 'toy'", output, spec(TargetType.REGRESSION), 2, features=whole)
