"""Build container images that serve a model: ``drum image``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drum.hookspecs import hookimpl

if TYPE_CHECKING:
    from drum.cli.commands import Commands

__all__: list[str] = []


@hookimpl
def drum_add_commands(commands: Commands) -> None:
    """Add ``drum image``."""
    from drum_image.command import COMMAND

    commands.add(COMMAND)
