"""How a module is called, and what its outputs must be."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from torch_models import directly, exported, net_ending_in, scripted, whole

from drum.errors import ModelContractError
from drum.scorer import Scorer
from drum_torch import scoring

Serve = Callable[..., Scorer]


class Lambda(nn.Module):
    """Call a function; for tests that save nothing."""

    def __init__(self, function: Callable[[torch.Tensor], Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: torch.Tensor) -> Any:
        return self.function(x)


def test_calls_are_of_bounded_size(monkeypatch: pytest.MonkeyPatch, rows: pd.DataFrame) -> None:
    sizes = []

    def noting(x: torch.Tensor) -> torch.Tensor:
        assert not torch.is_grad_enabled()
        assert torch.is_inference_mode_enabled()
        sizes.append(len(x))
        return x.sum(dim=1)

    monkeypatch.setattr(scoring, "ROWS_AT_ONCE", 400)
    values = scoring.outputs(Lambda(noting), rows.to_numpy())
    assert sizes == [400, 400, 300]
    assert values[:, 0] == pytest.approx(rows.sum(axis=1).to_numpy(), abs=1e-5)


def test_single_precision_is_what_modules_get(rows: pd.DataFrame) -> None:
    assert scoring.outputs(Lambda(lambda x: x), rows.to_numpy()).dtype == np.float32
    assert scoring.outputs(Lambda(lambda x: x), np.arange(6).reshape(2, 3)).dtype == np.float32


def test_module_of_doubles_gets_doubles(serve: Serve, rows: pd.DataFrame) -> None:
    module = net_ending_in("values").double().eval()
    with torch.no_grad():
        expected = module(torch.tensor(rows.to_numpy())).numpy()
    answer = serve(whole(module), "regression").score(rows).frame
    assert np.abs(answer.to_numpy() - expected).max() < 1e-12


@pytest.mark.parametrize("half", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("save", [whole, scripted])
def test_module_of_halves_is_computed_in_single_precision(
    serve: Serve, rows: pd.DataFrame, half: torch.dtype, save: Callable[..., Any]
) -> None:
    module = net_ending_in("softmax").to(half)
    answer = serve(save(module), "multiclass", ["a", "b", "c"]).score(rows).frame
    assert np.abs(answer.to_numpy() - directly(module.float(), rows)).max() < 1e-5


def test_program_of_halves_is_scored_as_it_is(serve: Serve, rows: pd.DataFrame) -> None:
    class Halving(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.to(torch.bfloat16).sum(dim=1)

    answer = serve(exported(Halving()), "regression").score(rows).frame
    assert answer["Predictions"].to_numpy() == pytest.approx(rows.sum(axis=1).to_numpy(), abs=0.1)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_output_that_is_squeezed_is_taken_for_what_it_was(rows: pd.DataFrame, count: int) -> None:
    few = rows[:count].to_numpy()
    assert scoring.outputs(Lambda(lambda x: x[:, :1].squeeze()), few).shape == (count, 1)
    assert scoring.outputs(Lambda(lambda x: x.squeeze()), few).shape == (count, 4)


@pytest.mark.parametrize("function", [lambda x: x.T, lambda x: x.sum(), lambda x: x[1:]])
def test_output_without_a_row_for_each_row_is_an_error(
    rows: pd.DataFrame, function: Callable[[torch.Tensor], torch.Tensor]
) -> None:
    with pytest.raises(ModelContractError, match="for 6 rows: the first dimension must be the row"):
        scoring.outputs(Lambda(function), rows[:6].to_numpy())


@pytest.mark.parametrize(("function", "kind"), [(lambda x: (x, x), "tuple"), (lambda x: {"logits": x}, "dict")])
def test_output_that_is_no_tensor_is_an_error(rows: pd.DataFrame, function: Callable[..., Any], kind: str) -> None:
    with pytest.raises(ModelContractError, match=f"returns a {kind}, where a tensor"):
        scoring.outputs(Lambda(function), rows.to_numpy())


def test_logits_are_not_taken_for_probabilities(serve: Serve, rows: pd.DataFrame) -> None:
    with pytest.raises(ModelContractError, match="Your prediction probabilities have negative values"):
        serve(scripted(nn.Linear(4, 3)), "multiclass", ["a", "b", "c"]).score(rows)


def test_wrong_number_of_labels_names_both(serve: Serve, rows: pd.DataFrame) -> None:
    with pytest.raises(ModelContractError, match="gives 3 values a row, but 4 labels are declared"):
        serve(whole(net_ending_in("softmax")), "multiclass", ["a", "b", "c", "d"]).score(rows)


def test_undeclared_labels_are_an_error(serve: Serve, rows: pd.DataFrame) -> None:
    with pytest.raises(ModelContractError, match="no class labels and none were declared"):
        serve(whole(net_ending_in("softmax")), "multiclass").score(rows)


def test_several_values_are_no_regression(serve: Serve, rows: pd.DataFrame) -> None:
    with pytest.raises(ModelContractError, match="gives 3 values a row; a single-column target takes one"):
        serve(whole(net_ending_in("softmax")), "regression").score(rows)


@pytest.mark.parametrize("target_type", ["multiclass", "multilabel"])
@pytest.mark.parametrize("labels", [["0", "1.0", "2"], ["2", "0", "1"], ["2.0", "1.0", "0.0"]])
def test_labels_that_are_the_numbers_of_outputs_are_found_by_number(
    serve: Serve, rows: pd.DataFrame, labels: list[str], target_type: str
) -> None:
    answer = serve(whole(net_ending_in("softmax")), target_type, labels).score(rows).frame
    assert list(answer.columns) == labels
    places = [int(float(label)) for label in labels]
    assert np.abs(answer.to_numpy() - directly(net_ending_in("softmax"), rows)[:, places]).max() < 1e-5


def test_binary_labels_that_are_the_numbers_of_outputs_are_found_by_number(serve: Serve, rows: pd.DataFrame) -> None:
    answer = serve(whole(net_ending_in("softmax of two")), "binary", ["1", "0"]).score(rows).frame
    assert np.abs(answer["0"].to_numpy() - directly(net_ending_in("softmax of two"), rows)[:, 0]).max() < 1e-5


@pytest.mark.parametrize("labels", [["3", "2", "1"], ["1", "2", "3"], ["2", "1", "zero"]])
def test_other_numbers_are_labels_like_any_other(serve: Serve, rows: pd.DataFrame, labels: list[str]) -> None:
    answer = serve(whole(net_ending_in("softmax")), "multiclass", labels).score(rows).frame
    assert list(answer.columns) == labels
    assert np.abs(answer.to_numpy() - directly(net_ending_in("softmax"), rows)).max() < 1e-5
