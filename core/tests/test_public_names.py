"""The public face: what is promised is there, and nothing is loaded before it is asked for."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

import drum


def test_promised_names_are_those_that_can_be_had() -> None:
    assert list(drum.__all__) == sorted(drum.__all__)
    assert set(drum.__all__) == set(drum._HOMES)
    assert dir(drum) == sorted([*drum.__all__, "__version__"])


@pytest.mark.parametrize("name", drum.__all__)
def test_promised_name_is_that_of_its_home(name: str) -> None:
    assert getattr(drum, name) is getattr(importlib.import_module(drum._HOMES[name]), name)


def test_star_import_brings_every_promised_name() -> None:
    names: dict[str, object] = {}
    exec("from drum import *", names)
    assert set(drum.__all__) <= set(names)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'drum' has no attribute 'Scorrer'"):
        _ = drum.Scorrer  # type: ignore[attr-defined]


def test_version_is_that_of_the_distribution() -> None:
    assert drum.__version__.count(".") == 2


def test_import_brings_nothing_heavy() -> None:
    script = "import sys, drum, drum.hookspecs, drum.types; print(*{'pandas', 'numpy', 'yaml'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
