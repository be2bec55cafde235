"""The registry of subcommands and of templates; the core and the plugins add to it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from drum.errors import PluginLoadError
from drum.plugins import PluginManager
from drum.settings import Settings

KNOWN_COMMANDS = {
    "fit": "drum-train", "test": "drum-train", "export": "drum-train", "monitor": "drum-monitor", "image": "drum-image",
}  # fmt: skip
"""Subcommands and the distributions that bring them: install hints, nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a subcommand gets to work with.

    ``settings`` holds the options of the command, ``arguments`` what its own parser added beside them.
    """

    manager: PluginManager
    settings: Settings
    arguments: argparse.Namespace
    templates: Mapping[str, Path]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A subcommand: how it is called, what it does, and whether it takes the options of a model."""

    name: str
    help: str
    run: Callable[[Context], None]
    description: str = ""
    add_arguments: Callable[[argparse.ArgumentParser], None] | None = None
    uses_model: bool = True
    examples: tuple[str, ...] = field(default=())


class Commands:
    """What ``drum_add_commands`` is given."""

    def __init__(self) -> None:
        self._commands: dict[str, Command] = {}
        self.templates: dict[str, Path] = {}

    def __iter__(self) -> Iterator[Command]:
        return iter(self._commands.values())

    def add(self, command: Command) -> None:
        """Add a subcommand.

        :raises PluginLoadError: if the name is taken.
        """
        if command.name in self._commands:
            raise PluginLoadError(f"Two plugins add the command '{command.name}'. Leave one out with --no-plugin NAME.")
        self._commands[command.name] = command

    def add_template(self, name: str, folder: Path) -> None:
        """Add a code directory that ``drum new model --language NAME``, or ``--framework NAME``, copies.

        :param folder: its files; each is copied as it is.
        """
        self.templates[name] = folder


def positive(text: str) -> int:
    """Parse a whole number of 1 or more, for the parser of a subcommand."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number of 1 or more")
    return number
