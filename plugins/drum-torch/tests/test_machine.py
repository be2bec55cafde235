"""The device that was asked for, and no more threads than there are cores."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import torch
from torch_models import FORMATS, directly, net_ending_in

from drum.errors import ConfigError
from drum.scorer import Scorer
from drum.settings import cores
from drum_torch import machine

Serve = Callable[..., Scorer]


@pytest.mark.parametrize("name", ["auto", "cpu"])
def test_model_is_scored_where_it_was_asked_for(serve: Serve, rows: pd.DataFrame, name: str) -> None:
    answer = serve(FORMATS["scripted"]("values"), "regression", device=name).score(rows).frame
    assert np.abs(answer.to_numpy() - directly(net_ending_in("values"), rows)).max() < 1e-4


@pytest.mark.parametrize("name", ["cuda:99", "gpu", "meta:x"])
def test_device_that_is_not_there_is_an_error(serve: Serve, name: str) -> None:
    with pytest.raises(ConfigError, match=rf"--device is '{name}', where nothing can be scored: .*[^.]\. Say auto"):
        serve(FORMATS["scripted"]("values"), "regression", device=name)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("saved", FORMATS)
def test_gpu_agrees_with_the_cpu(serve: Serve, rows: pd.DataFrame, saved: str) -> None:
    answer = serve(FORMATS[saved]("softmax"), "multiclass", ["a", "b", "c"], device="cuda").score(rows).frame
    assert np.abs(answer.to_numpy() - directly(net_ending_in("softmax"), rows)).max() < 1e-4


def test_calls_at_once_share_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drum.settings.cores", lambda: 8)
    torch.set_num_threads(8)
    machine.share_cores({"workers": 2, "threads": 2})  # type: ignore[arg-type]  # a mapping will do
    assert torch.get_num_threads() == 2


def test_fewer_threads_that_somebody_has_asked_for_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drum.settings.cores", lambda: 8)
    torch.set_num_threads(1)
    machine.share_cores({"workers": 2})  # type: ignore[arg-type]
    assert torch.get_num_threads() == 1


def test_workers_of_a_server_share_the_cores(serve: Serve) -> None:
    torch.set_num_threads(64)
    serve(FORMATS["scripted"]("values"), "regression", workers=64)
    assert torch.get_num_threads() == max(1, cores() // 64)


@pytest.mark.parametrize("name", FORMATS)
def test_device_is_told(serve: Serve, name: str) -> None:
    with serve(FORMATS[name]("values"), "regression") as scorer:
        scorer.load()
        assert scorer.describe() == {"device": "cpu"}
