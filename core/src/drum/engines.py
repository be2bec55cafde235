"""The registry of engines: who scores the rows of ``drum score``, on this machine or on many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from drum.errors import ConfigError, PluginLoadError

if TYPE_CHECKING:
    from drum.batch.progress import Progress
    from drum.batch.scoring import Summary
    from drum.scorer import Scorer
    from drum.settings import Settings

LOCAL = "local"
"""The engine that is part of the core, and the default."""

KNOWN_ENGINES = {"ray": "drum-ray"}
"""Engines and the distributions that bring them: install hints, nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringJob:
    """What an engine gets to work with.

    ``scorer`` knows the model but has not loaded it: an engine that scores elsewhere never needs to. ``input`` and
    ``output`` are as the user wrote them: ``-`` is standard input, no output is ``stdout``, which takes nothing but
    predictions. ``parts`` came beside the input. ``progress`` may be told how far the work has come. ``left_out``
    names the plugins that take no part: elsewhere they must not either.
    """

    scorer: Scorer
    settings: Settings
    input: str
    output: str | None
    stdout: BinaryIO
    parts: Mapping[str, bytes]
    progress: Progress
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """An engine: how it is called, what it does, and which options are for it alone.

    ``run`` scores all rows and tells what it has done, or ``None`` if there were no rows to count. ``options`` are
    names of options: with another engine they are an error. ``unstructured`` tells whether it takes models of that
    target type.
    """

    name: str
    help: str
    run: Callable[[ScoringJob], Summary | None]
    options: tuple[str, ...] = ()
    unstructured: bool = False


class Engines:
    """What ``drum_add_engines`` is given."""

    def __init__(self) -> None:
        self._engines: dict[str, Engine] = {}

    def __iter__(self) -> Iterator[Engine]:
        return iter(self._engines.values())

    def add(self, engine: Engine) -> None:
        """Add an engine.

        :raises PluginLoadError: if the name is taken.
        """
        if engine.name in self._engines:
            raise PluginLoadError(f"Two plugins add the engine '{engine.name}'. Leave one out with --no-plugin NAME.")
        self._engines[engine.name] = engine

    def get(self, name: str) -> Engine:
        """Return the engine of a name.

        :raises ConfigError: if there is none, with those that there are and, where it is known, how to install it.
        """
        try:
            return self._engines[name]
        except KeyError:
            known = KNOWN_ENGINES.get(name)
            hint = f" Run: pip install {known}" if known else ""
            raise ConfigError(
                f"There is no engine '{name}'. Installed are: {', '.join(sorted(self._engines))}.{hint}"
            ) from None
