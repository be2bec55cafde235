"""Train what drum scores: ``drum fit``, ``drum test`` and ``drum export``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from drum.hookspecs import hookimpl

if TYPE_CHECKING:
    from drum.cli.commands import Commands

__all__: list[str] = []

TEMPLATES = Path(__file__).parent / "template"


@hookimpl
def drum_add_commands(commands: Commands) -> None:
    """Add the commands, and the folders that ``drum new model --layout class`` writes."""
    from drum_train import export_command, fit_command, test_command

    for module in (fit_command, test_command, export_command):
        commands.add(module.COMMAND)
    for name in ("sklearn", "torch"):
        commands.add_template(f"class-{name}", TEMPLATES / name)
