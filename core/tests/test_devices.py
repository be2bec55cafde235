"""What ``--device`` may say."""

from __future__ import annotations

import pytest

from drum.devices import chosen_device, refused_device
from drum.errors import ConfigError
from drum.options import core_options
from drum.settings import Settings, resolve


def settings(**given: str) -> Settings:
    return resolve(core_options(), given, {})


@pytest.mark.parametrize("device", ["auto", "cpu", "cuda", "cuda:1"])
def test_devices(device: str) -> None:
    assert chosen_device(settings(device=device)) == device


def test_without_the_option_the_runtime_chooses() -> None:
    assert chosen_device(settings()) == "auto"


@pytest.mark.parametrize("device", ["gpu", "CUDA", "cuda:", "cuda:x", "cpu:0", "1"])
def test_other_words_are_refused(device: str) -> None:
    with pytest.raises(ConfigError, match=f"--device is '{device}', .* scored: there is no such device. Say auto"):
        chosen_device(settings(device=device))


def test_refusal_ends_with_one_full_stop() -> None:
    assert str(refused_device(settings(device="cuda"), "no driver. Say cpu")).endswith("scored: no driver. Say cpu.")
