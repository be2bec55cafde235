"""Options and their values: command line before environment before ``model-metadata.yaml`` before default.

Every value remembers its source, so that a contradiction can name both. This is the one place that
reads environment variables.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drum.errors import ConfigError

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"", "0", "false", "no", "off"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option, on the command line and in the environment.

    ``commands`` are the subcommands that take it; an empty tuple means all that work on a model.
    ``many`` collects several words into a tuple; ``switch`` takes no value.
    """

    name: str
    flags: tuple[str, ...]
    help: str
    type: Callable[[str], Any] = str
    default: Any = None
    choices: tuple[str, ...] = ()
    metavar: str | None = None
    many: bool = False
    switch: bool = False
    variables: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()

    def parse(self, given: Any, source: str) -> Any:
        """Turn text, or for ``many`` a sequence of words, into a value; what is no text is a value already.

        :param source: where it came from, for messages.
        :raises ConfigError: if it is no valid value.
        """
        try:
            value = self._convert(given)
        except (ValueError, TypeError) as error:
            raise ConfigError(f"{source} is '{given}', which is no value for {self.flags[-1]}: {error}") from error
        if self.choices and value not in self.choices:
            raise ConfigError(f"{source} is '{given}'; it must be one of {', '.join(self.choices)}.")
        return value

    def _convert(self, given: Any) -> Any:
        if self.many:
            return tuple(self.type(word) for word in (given.split() if isinstance(given, str) else given))
        if not isinstance(given, str):
            return given
        return _parse_switch(given) if self.switch else self.type(given)


def _parse_switch(text: str) -> bool:
    word = text.strip().lower()
    if word not in TRUE_WORDS | FALSE_WORDS:
        raise ValueError("say true or false")
    return word in TRUE_WORDS


class Options:
    """The registry of options; the core and the plugins add to it."""

    def __init__(self) -> None:
        self._options: dict[str, Option] = {}

    def __iter__(self) -> Iterator[Option]:
        return iter(self._options.values())

    def add(
        self,
        *flags: str,
        help: str,
        type: Callable[[str], Any] = str,
        default: Any = None,
        choices: Iterable[str] = (),
        metavar: str | None = None,
        many: bool = False,
        switch: bool = False,
        variables: Sequence[str] = (),
        commands: Sequence[str] = (),
    ) -> None:
        """Add an option; its name is the last flag without dashes, its variable the same in capitals.

        :param flags: such as ``"-cd", "--code-dir"``; the last one names the option.
        :param variables: environment variables to look up instead of the option's own, first one first.
        :raises ConfigError: if the name is taken.
        """
        name = flags[-1].lstrip("-").replace("-", "_")
        if name in self._options:
            raise ConfigError(f"Option {flags[-1]} is defined twice; a plugin must choose another name.")
        self._options[name] = Option(
            name=name, flags=flags, help=help, type=type, default=default, choices=tuple(choices), metavar=metavar,
            many=many, switch=switch, variables=tuple(variables) or (name.upper(),), commands=tuple(commands),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and where it came from (``--flag``, ``$VARIABLE``, a file, ``default``)."""

    value: Any
    source: str


class Settings(Mapping[str, Any]):
    """The value of every option, by the option's name."""

    def __init__(self, values: Mapping[str, Setting]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> Any:
        return self._values[name].value

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def source(self, name: str) -> str:
        """Return where the value of ``name`` came from."""
        return self._values[name].source

    def is_default(self, name: str) -> bool:
        """Tell whether nobody set ``name``."""
        return self.source(name) == "default"


def resolve(options: Iterable[Option], given: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> Settings:
    """Decide the value of every option.

    :param given: what the command line (or the caller of the library) gave, as text or as values; ``None``
        means nothing.
    :param environ: the environment; the process's own by default.
    :raises ConfigError: if one of them is no valid value, or ``given`` names no option.
    """
    unknown = sorted(set(given) - {option.name for option in options})
    if unknown:
        raise ConfigError(f"There is no option '{unknown[0]}'.")
    env = os.environ if environ is None else environ
    return Settings({option.name: _resolve_one(option, given.get(option.name), env) for option in options})


def _resolve_one(option: Option, given: Any, environ: Mapping[str, str]) -> Setting:
    if given is not None:
        return Setting(option.parse(given, option.flags[-1]), option.flags[-1])
    for variable in option.variables:
        text = environ.get(variable)
        if text:  # container files set unused variables to the empty string
            return Setting(option.parse(text, f"${variable}"), f"${variable}")
    return Setting(option.default, "default")


def log_level(settings: Mapping[str, Any]) -> str:
    """Return how much is to be logged."""
    return settings["logging_level"] or ("info" if settings["verbose"] else "warning")


def cores() -> int:
    """Return the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads_per_call(settings: Mapping[str, Any]) -> int:
    """Return the threads that one call of a model may take, so that all calls made at once share the cores."""
    calls = (settings.get("workers") or 1) * (settings.get("threads") or 1)
    return max(1, min(settings.get("jobs") or cores(), cores()) // calls)


def plugin_switches(environ: Mapping[str, str] | None = None) -> tuple[list[str], bool]:
    """Return the blocked plugins and whether to trace; both are needed before any option is known."""
    env = os.environ if environ is None else environ
    return env.get("DRUM_NO_PLUGINS", "").replace(",", " ").split(), is_on("DRUM_TRACE_PLUGINS", env)


def is_on(variable: str, environ: Mapping[str, str] | None = None) -> bool:
    """Tell whether an environment variable holds a word for *true*."""
    return (os.environ if environ is None else environ).get(variable, "").strip().lower() in TRUE_WORDS
