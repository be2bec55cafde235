"""What a module gets: numbers, in the order of the columns; and what is told to the caller where they are none."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from torch_models import directly, exported, net_ending_in, scripted, traced, whole

from drum.errors import MalformedInputError, ModelContractError, ScoreError
from drum.scorer import Scorer
from drum.testing.code_dir import Content
from drum_torch.features import complaint, matrix_of

Serve = Callable[..., Scorer]


# ------------------------------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([True, False]),
        pd.Series([True, None], dtype=object),
        pd.Series([True, None], dtype="boolean"),
        pd.Series([1, None], dtype="Int64"),
        pd.Series([1, 2.5, None], dtype=object)[::2],
        pd.Series([Decimal(1), None], dtype=object),
        pd.Series([None, None], dtype=object),
        pd.Series([1, 0], dtype="Sparse[int]"),
        pd.Series([1, 2], dtype="uint8"),
    ],
    ids=lambda column: f"{column.dtype} {column.tolist()}",
)
def test_numbers_of_any_type_are_taken(column: pd.Series) -> None:  # type: ignore[type-arg]
    column = column.reset_index(drop=True)
    matrix = matrix_of(pd.DataFrame({"x": column, "y": [0.5, 0.25]}))
    assert matrix[:, 0] == pytest.approx([np.nan if pd.isna(value) else float(value) for value in column], nan_ok=True)
    assert matrix[:, 1].tolist() == [0.5, 0.25]


@pytest.mark.parametrize(
    ("column", "what"),
    [
        (["secret", "b"], "there is text"),
        (["1", "2"], "there is text"),
        (["secret", None], "there is text"),
        ([1.0, "secret"], "there is text"),
        (pd.to_datetime(["2024-01-01", None]), "there are values of type datetime64"),
        (pd.Categorical(["secret", "b"]), "there are values of type category"),
    ],
    ids=repr,
)
def test_column_that_is_no_number_is_named(serve: Serve, rows: pd.DataFrame, column: Any, what: str) -> None:
    scorer = serve(whole(nn.Linear(4, 1)), "regression")
    with pytest.raises(MalformedInputError, match=f"takes numbers, but {what}.* in column 'in/out'") as caught:
        scorer.score(rows[:2].assign(**{"in/out": column}))
    assert "secret" not in caught.value.message


def test_whole_numbers_are_taken(serve: Serve) -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": [3, 4], "c": [5, 6], "d": [7, 8]})
    answer = serve(whole(net_ending_in("values")), "regression").score(frame).frame
    assert answer.to_numpy() == pytest.approx(directly(net_ending_in("values"), frame), abs=1e-5)


def test_missing_values_are_passed_on(serve: Serve, rows: pd.DataFrame) -> None:
    class Filling(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.nan_to_num(x, nan=7.0).sum(dim=1)

    with_gaps = rows[:3].mask(rows[:3] > 0.5)
    answer = serve(scripted(Filling()), "regression").score(with_gaps).frame
    assert answer["Predictions"].to_numpy() == pytest.approx(with_gaps.fillna(7).sum(axis=1).to_numpy(), abs=1e-5)


def test_missing_values_that_come_out_are_refused_by_row(serve: Serve, rows: pd.DataFrame) -> None:
    with_gap = rows[:5].assign(**{"a b": [1, 2, 3, None, 5]})
    with pytest.raises(ModelContractError, match=r"returned \[nan\] in row 3 .* unless --allow-nan is given"):
        serve(whole(net_ending_in("values")), "regression").score(with_gap)


def test_missing_values_come_out_where_they_are_allowed(serve: Serve, rows: pd.DataFrame) -> None:
    with_gap = rows[:5].assign(**{"a b": [1, 2, 3, None, 5]})
    answer = serve(whole(net_ending_in("values")), "regression", allow_nan=True).score(with_gap).frame
    assert answer["Predictions"].isna().tolist() == [False, False, False, True, False]


def test_what_custom_code_has_read_is_passed_on() -> None:
    images = np.zeros((2, 3, 8, 8), dtype="float32")
    assert matrix_of(images) is images
    assert matrix_of(torch.ones(2, 3)).tolist() == [[1, 1, 1], [1, 1, 1]]


# ------------------------------------------------------------------------------------- width


@pytest.mark.parametrize("columns", [1, 3, 5])
@pytest.mark.parametrize(
    "files",
    [
        whole(net_ending_in("values")),
        scripted(net_ending_in("values")),
        exported(net_ending_in("values")),
        whole(nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 1))),
        scripted(nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 1))),
        whole(nn.Sequential(nn.LayerNorm(4), nn.Linear(4, 1))),
    ],
    ids=["whole", "scripted", "exported", "batch norm", "batch norm, scripted", "layer norm"],
)
def test_wrong_number_of_columns_names_both(serve: Serve, files: Mapping[str, Content], columns: int) -> None:
    frame = pd.DataFrame(np.ones((6, columns)))
    with pytest.raises(MalformedInputError, match=f"The model takes 4 columns, but the input has {columns}\\."):
        serve(files, "regression").score(frame)


def test_layers_that_do_not_fit_each_other_are_the_authors_fault(serve: Serve, rows: pd.DataFrame) -> None:
    with pytest.raises(ScoreError, match="shapes cannot be multiplied"):
        serve(whole(nn.Sequential(nn.Linear(4, 3), nn.Linear(5, 1))), "regression").score(rows)


@pytest.mark.parametrize(
    ("message", "complaints"),
    [
        ("Expected input at *args[0].shape[1] to be equal to 4, but got 3", "takes 4 columns, but the input has 3"),
        ("Expected input at *args[0].shape[1] to be equal to 4, but got 5", None),
        ("CUDA out of memory", None),
    ],
)
def test_only_the_width_of_the_batch_is_its_fault(message: str, complaints: str | None) -> None:
    reason = complaint(message, (10, 3))
    assert reason is None if complaints is None else complaints in (reason or "")


# ------------------------------------------------------------------------------------- one column that is spread

STATISTICS = torch.tensor([1.0, 2.0, 3.0, 4.0])


class Standardizing(nn.Module):
    """What the template and the example do first."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", STATISTICS)
        self.register_buffer("deviation", STATISTICS + 1)
        self.last = nn.Linear(4, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.last((torch.nan_to_num(x).float() - self.mean) / self.deviation)
        return result


class Unregistered(nn.Module):
    """The same with tensors that are no buffers, and the last dimension kept."""

    def __init__(self) -> None:
        super().__init__()
        self.mean = STATISTICS.unsqueeze(0)
        self.last = nn.Linear(4, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.last(((x - self.mean) * (1 / (self.mean + 1e-6))).clamp(-5, 5))
        return result


class Inside(nn.Module):
    """The same in place, which torch calls an error of its own kind."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.clone().sub_(torch.tensor([1.0, 2.0, 3.0, 4.0])).sum(dim=1)


@pytest.mark.parametrize("columns", [1, 3, 5])
@pytest.mark.parametrize(
    "files",
    [
        whole(Standardizing()), scripted(Standardizing()), traced(Standardizing()), exported(Standardizing()),
        scripted(Unregistered()), traced(Unregistered()), whole(Inside()),
    ],
    ids=["whole", "scripted", "traced", "exported", "unregistered", "unregistered, traced", "in place"],
)  # fmt: skip
def test_column_is_not_spread_over_the_statistics_of_several(
    serve: Serve, files: Mapping[str, Content], columns: int
) -> None:
    frame = pd.DataFrame(np.ones((6, columns)))
    with pytest.raises(MalformedInputError, match=f"The model takes 4 columns, but the input has {columns}\\."):
        serve(files, "regression").score(frame)


class Basis(nn.Module):
    """Functions of one column: distances from centres, trained or fixed, or waves."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.register_buffer("fixed", STATISTICS)
        self.trained = nn.Parameter(STATISTICS.clone())
        self.last = nn.Linear(4, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        made = {
            "trained": lambda: (x - self.trained) / self.trained,
            "fixed": lambda: torch.exp(-((x - self.fixed) ** 2)),
            "scaled": lambda: ((x - self.fixed) / self.fixed).square(),
            "waves": lambda: torch.sin(x * self.fixed + self.fixed),
            "reshaped": lambda: (x.view(-1, 1) - self.fixed).abs(),
            "expanded": lambda: x.expand(-1, 4) / self.fixed,
        }[self.kind]()
        result: torch.Tensor = self.last(made)
        return result


@pytest.mark.parametrize("kind", ["trained", "fixed", "scaled", "waves", "reshaped", "expanded"])
def test_column_may_be_spread_on_purpose(serve: Serve, rows: pd.DataFrame, kind: str) -> None:
    module = Basis(kind)
    answer = serve(traced(module, columns=1), "regression").score(rows[["a b"]]).frame
    assert answer.to_numpy() == pytest.approx(directly(module, rows[["a b"]]), abs=1e-5)


def test_one_column_is_one_where_the_schema_says_so(serve: Serve, rows: pd.DataFrame) -> None:
    one = rows[["a b"]]
    module = Standardizing()
    files = {**whole(module), "input-schema.yaml": "columns: [{name: a b, type: number}]"}
    answer = serve(files, "regression").score(one).frame
    assert answer.to_numpy() == pytest.approx(directly(module, one), abs=1e-5)


def test_column_of_a_normalized_model_of_one_column_is_right(serve: Serve, rows: pd.DataFrame) -> None:
    module = nn.Sequential(nn.BatchNorm1d(1), nn.Linear(1, 8), nn.ReLU(), nn.Linear(8, 1))
    answer = serve(whole(module), "regression").score(rows[["a b"]]).frame
    assert answer.to_numpy() == pytest.approx(directly(module, rows[["a b"]]), abs=1e-5)
