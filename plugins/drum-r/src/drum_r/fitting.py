"""Train with the hook ``fit`` of ``custom.R``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from drum.errors import ConfigError, CustomCodeError
from drum.settings import Settings
from drum_r.artifacts import custom_file
from drum_r.calling import Making, attempt, failed
from drum_r.engine import engine
from drum_r.loading import open_code
from drum_r.session import RError, Session
from drum_r.to_r import MOST_INTEGER, to_r

HOOK = "fit"


def fit(positional: Mapping[str, Any], keywords: Mapping[str, Any], code_dir: Path, settings: Settings) -> bool | None:
    """Call the hook, if the user wrote it.

    :param positional: its arguments, in order; see :func:`drum.custom_hooks.fit_arguments`.
    :param keywords: of which it is given those that it takes. ``None`` is ``NULL``.
    :returns: ``True`` if it was called, else ``None``.
    :raises ConfigError: if a hyperparameter has no counterpart in R.
    :raises CustomCodeError: if the user's code fails.
    """
    custom = custom_file(code_dir)
    if custom is None:
        return None

    def call(session: Session) -> bool | None:
        loaded, hooks = open_code(session, code_dir, custom, settings)
        if HOOK not in hooks:
            return None
        arguments = {name: _value(session, name, value) for name, value in positional.items()}
        words: dict[str, Making] = {name: partial(_value, name=name, value=value) for name, value in keywords.items()}
        try:
            attempt(session, loaded, HOOK, arguments, words)
        except RError as error:
            raise failed(HOOK, "train", error.failure, CustomCodeError) from None
        return True

    return engine().run(call)


def _value(session: Session, name: str, value: Any) -> Any:
    """Return the value of an argument, or of a hyperparameter, in R."""
    if value is None:
        return session.null
    if hasattr(value, "to_frame"):
        return session.call("only_column", to_r(session, value.to_frame()))
    if hasattr(value, "columns"):
        return to_r(session, value)
    match value:
        case str():
            return session.text(value)
        case bool():
            return session.logical(value)
        case int() if abs(value) <= MOST_INTEGER:
            return session.interface.IntSexpVector([value])
        case int() | float():
            return session.interface.FloatSexpVector([float(value)])
        case Mapping():
            return session.named({str(key): _value(session, f"{name} '{key}'", part) for key, part in value.items()})
        case list() | tuple():
            return session.call("as_vector", session.list([_value(session, name, part) for part in value]))
    raise ConfigError(f"R has no counterpart of {name}, which is of type {type(value).__name__}.")
