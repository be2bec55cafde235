"""Which column is which label: by its exact name, as a number, then as make.names spells it."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from drum.errors import ModelContractError
from drum.scorer import Scorer

Serve = Callable[..., Scorer]
ROWS = pd.DataFrame({"p": [0.25]})


def scored(serve: Serve, columns: str, labels: tuple[str, ...]) -> dict[str, list[float]]:
    values = [0.5, 0.3, 0.2] if len(labels) == 3 else [0.75, 0.25]
    numbers = ", ".join(map(str, values))
    code = f"score <- function(data, model, ...) setNames(data.frame({numbers}), c({columns}))"
    answer = serve(code, "multiclass" if len(labels) == 3 else "binary", labels).score(ROWS).frame
    assert list(answer.columns) == list(labels)
    return {str(name): column.tolist() for name, column in answer.items()}


@pytest.mark.parametrize(
    ("columns", "labels", "expected"),
    [
        ("'no', 'yes'", ("yes", "no"), {"yes": [0.25], "no": [0.75]}),
        ("'X1', 'X0'", ("0", "1"), {"0": [0.25], "1": [0.75]}),
        ("'1', '0'", ("0", "1"), {"0": [0.25], "1": [0.75]}),
        ("'yes..sir', 'no.way'", ("no way", "yes, sir"), {"no way": [0.25], "yes, sir": [0.75]}),
        ("'a.b', 'a b', 'c'", ("a b", "a.b", "c"), {"a b": [0.3], "a.b": [0.5], "c": [0.2]}),
        ("'X東京', 'TRUE.', 'if.'", ("if", "TRUE", "X東京"), {"if": [0.2], "TRUE": [0.3], "X東京": [0.5]}),
    ],
)
def test_labels_are_found(
    serve: Serve, columns: str, labels: tuple[str, ...], expected: dict[str, list[float]]
) -> None:
    assert scored(serve, columns, labels) == expected


def test_column_that_could_be_two_labels_is_ambiguous(serve: Serve) -> None:
    with pytest.raises(
        ModelContractError, match=r"column 'a.b' is ambiguous: the labels 'a b' and 'a-b' are both spelt so"
    ):
        scored(serve, "'a.b', 'x', 'c'", ("a b", "a-b", "c"))


def test_column_that_is_no_label_is_refused(serve: Serve) -> None:
    with pytest.raises(ModelContractError, match=r"Expected predictions to have columns \['no', 'yes'\]"):
        scored(serve, "'no', 'perhaps'", ("no", "yes"))


def test_post_processed_columns_are_found_as_well(serve: Serve) -> None:
    code = """
        score <- function(data, model, ...) setNames(data.frame(0.75, 0.25), c("no way", "yes, sir"))
        post_process <- function(predictions, model) data.frame(predictions)
    """
    answer = serve(code, "binary", ("no way", "yes, sir")).score(ROWS).frame
    assert answer.to_dict("list") == {"no way": [0.75], "yes, sir": [0.25]}
