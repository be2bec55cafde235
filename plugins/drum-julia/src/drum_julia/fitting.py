"""Train with the hook ``fit`` of ``custom.jl``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.errors import ConfigError, CustomCodeError
from drum.settings import Settings
from drum_julia.model import JuliaModel

if TYPE_CHECKING:
    import pandas as pd

HOOK = "fit"
SCALARS = (bool, int, float, str)
MOST_INTEGER = 2**63 - 1


def fit(positional: Mapping[str, Any], keywords: Mapping[str, Any], code_dir: Path, settings: Settings) -> bool | None:
    """Call the hook, if the user wrote it.

    :param positional: its arguments, in order; see :func:`drum.custom_hooks.fit_arguments`.
    :param keywords: of which it is given those that it takes. ``None`` is ``nothing``.
    :returns: ``True`` if it was called, else ``None``.
    :raises ConfigError: if a hyperparameter has no counterpart in Julia.
    :raises CustomCodeError: if the user's code fails.
    """
    words, target = {"output_dir": positional["output_dir"], **_words(keywords)}, positional["y"]
    if target is not None and target.ndim == 1:
        words["y"], target = target, None
    model = JuliaModel(code_dir, None, settings)
    try:
        if HOOK not in model.hooks:
            return None
        model.call(HOOK, CustomCodeError, data=positional["X"], takes_target=True, target=target, words=words)
        return True
    finally:
        model.close()


def _words(keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keywords as named values: those that are ``None`` are left out, hyperparameters stand one by one."""
    parameters = dict(_columns(keywords["parameters"]))
    given = {name: value for name, value in keywords.items() if value is not None and name != "parameters"}
    single = [name for name, value in keywords["parameters"].items() if isinstance(value, SCALARS)]
    return {**given, "parameters": list(parameters), "single": single, **{f".{k}": v for k, v in parameters.items()}}


def _columns(parameters: Mapping[str, Any]) -> Iterator[tuple[str, pd.Series[Any]]]:
    """Yield each hyperparameter as a column: of one value, or of those of a list."""
    import pandas as pd

    for name, value in parameters.items():
        values = [value] if isinstance(value, SCALARS) else value
        kinds = {type(one) for one in values} if isinstance(values, list) else set()
        if len(kinds) != 1 or not kinds <= set(SCALARS) or (kinds == {int} and max(map(abs, values)) > MOST_INTEGER):
            raise ConfigError(
                "Julia's 'fit' takes numbers (whole ones of 64 bits), truth values, text, and lists of one of these; "
                f"hyperparameter '{name}' is {value!r}."
            )
        yield name, pd.Series(values)
