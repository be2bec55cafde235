"""The device that was asked for, or an error that says why it cannot be had."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from keras_models import FORMATS, directly, net_ending_in

from drum.errors import ConfigError
from drum.scorer import Scorer
from drum.settings import Setting, Settings
from drum_keras.devices import choose_device

Serve = Callable[..., Scorer]
GPUS = tf.config.list_physical_devices("GPU")


def asked_for(device: str) -> Settings:
    return Settings({"device": Setting(device, "--device")})


@pytest.mark.parametrize("device", ["auto", "cpu"] if not GPUS else ["auto"])
def test_model_is_scored_where_it_was_asked_for(serve: Serve, rows: pd.DataFrame, device: str) -> None:
    answer = serve(FORMATS["keras"]("linear"), "regression", device=device).score(rows).frame
    assert answer.to_numpy() == pytest.approx(directly(net_ending_in("linear"), rows), abs=1e-4)


@pytest.mark.parametrize("kind", ["keras", "h5", "pickle"])
@pytest.mark.parametrize("device", ["gpu", "cuda:", "nonsense", "CPU"])
def test_word_that_is_no_device_is_an_error(serve: Serve, kind: str, device: str) -> None:
    with pytest.raises(ConfigError, match=f"--device is '{device}', where nothing can be scored: .* Say auto, cpu"):
        serve(FORMATS[kind]("linear"), "regression", device=device)


@pytest.mark.parametrize("device", ["cuda:99"] if GPUS else ["cuda", "cuda:0", "cuda:99"])
def test_gpu_that_is_not_there_is_an_error(serve: Serve, device: str) -> None:
    with pytest.raises(ConfigError, match=rf"'{device}', .* no such GPU\. Install 'drum-keras\[gpu\]'.* auto or cpu\."):
        serve(FORMATS["keras"]("linear"), "regression", device=device)


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_backend_that_chooses_itself_is_not_told(backend: str) -> None:
    with pytest.raises(ConfigError, match=f"Keras computes with {backend} here, which chooses a device itself"):
        choose_device(asked_for("cuda"), backend)
    choose_device(asked_for("auto"), backend)


class Machine:
    """What TensorFlow shows of a machine with GPUs, before or after it has started."""

    def __init__(self, gpus: list[str], started: bool = False) -> None:
        self.gpus = gpus
        self.visible = gpus
        self.started = started

    def list_physical_devices(self, kind: str) -> list[str]:
        return self.gpus

    def get_visible_devices(self, kind: str) -> list[str]:
        return self.visible

    def set_visible_devices(self, devices: list[str], kind: str) -> None:
        if self.started:
            raise RuntimeError("Visible devices cannot be modified after being initialized")
        self.visible = devices


@pytest.mark.parametrize(
    ("device", "visible"), [("cuda", ["a", "b"]), ("cuda:1", ["b"]), ("cpu", []), ("auto", ["a", "b"])]
)
def test_no_other_gpu_is_seen(device: str, visible: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(["a", "b"])
    monkeypatch.setattr(tf, "config", machine)
    choose_device(asked_for(device), "tensorflow")
    assert machine.visible == visible


def test_it_may_be_too_late_to_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tf, "config", Machine(["a", "b"], started=True))
    choose_device(asked_for("cuda"), "tensorflow")
    with pytest.raises(ConfigError, match="has started in this process, with other devices"):
        choose_device(asked_for("cuda:1"), "tensorflow")


@pytest.mark.skipif(not GPUS, reason="needs a GPU")
def test_gpu_agrees_with_the_cpu(serve: Serve, rows: pd.DataFrame) -> None:
    answer = serve(FORMATS["keras"]("softmax"), "multiclass", ["a", "b", "c"], device="cuda").score(rows).frame
    with tf.device("CPU:0"):
        expected: Any = directly(net_ending_in("softmax"), rows)
    assert np.abs(answer.to_numpy() - expected).max() < 1e-3
