"""The specification itself: its kinds, its parameters, and that it is prose one can build from."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

from drum import hookspecs
from drum.plugins import PluginManager

SPECS: dict[str, Callable[..., Any]] = {
    name: function for name, function in vars(hookspecs).items() if name.startswith("drum_")
}
PARAMETERS = {
    "drum_add_options": ["options"],
    "drum_add_commands": ["commands"],
    "drum_add_engines": ["engines"],
    "drum_configure": ["settings", "spec"],
    "drum_fit": ["training", "output_dir", "spec", "settings"],
    "drum_detect": ["code_dir", "spec"],
    "drum_recognize": ["model"],
    "drum_load_model": ["artifact", "spec", "settings"],
    "drum_describe": ["model", "spec"],
    "drum_custom_hooks": ["model", "spec"],
    "drum_matrix_columns": ["model", "spec"],
    "drum_read_input": ["payload", "spec", "model"],
    "drum_transform": ["batch", "model", "spec", "target"],
    "drum_score": ["batch", "model", "spec"],
    "drum_score_together": ["batches", "model", "spec"],
    "drum_post_process": ["predictions", "model", "spec"],
    "drum_write_output": ["predictions", "media_type", "spec"],
    "drum_score_unstructured": ["payload", "model", "spec"],
    "drum_after_score": ["record"],
    "drum_unload_model": ["model", "spec"],
    "drum_add_routes": ["settings"],
    "drum_add_metrics": ["settings"],
}
FIRST_RESULT = {
    "drum_fit", "drum_load_model", "drum_describe", "drum_custom_hooks", "drum_matrix_columns", "drum_read_input",
    "drum_transform", "drum_score", "drum_score_together", "drum_post_process", "drum_write_output",
    "drum_score_unstructured",
}  # fmt: skip


def test_hooks_and_parameters_are_a_promise() -> None:
    """A plugin names them: whoever changes one breaks plugins."""
    assert {name: list(inspect.signature(spec).parameters) for name, spec in SPECS.items()} == PARAMETERS


@pytest.mark.parametrize("name", PARAMETERS)
def test_kind_of_hook_is_a_promise(name: str) -> None:
    spec = getattr(PluginManager().hook, name).spec
    assert bool(spec.opts["firstresult"]) is (name in FIRST_RESULT)
    assert bool(spec.opts["historic"]) is (name == "drum_configure")


@pytest.mark.parametrize("name", SPECS)
def test_docstring_says_what_it_is_what_none_means_and_when_it_is_not_called(name: str) -> None:
    text = inspect.getdoc(SPECS[name]) or ""
    assert text.splitlines()[0].endswith((".", "?"))
    assert "None" in text or "The result is ignored" in text
    assert re.findall(r":param (\w+):", text) == PARAMETERS[name]
    assert "\nNot called when" in text


def test_opening_counts_the_hooks() -> None:
    assert "twenty-two hooks" in (hookspecs.__doc__ or "")
    assert len(SPECS) == 22
