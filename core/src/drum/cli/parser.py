"""Build the parser of the command line from the registries of commands and options."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from drum.cli.commands import Command, Commands
from drum.settings import Option, Options

DESCRIPTION = """\
Score any model that comes in a folder: a plugin for its framework loads it, and the hooks of your own custom.py, if
there is one, go first. 'drum plugins' lists what is installed, and what there is to install."""

EPILOG = """\
examples:
  drum score --code-dir my-model --input data.csv --output predictions.csv --target-type regression
  drum new model --code-dir my-model --language python

Every option can also be set by the environment variable shown in brackets."""


def build_parser(commands: Commands, options: Options) -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="drum", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )  # fmt: skip
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    _add_plugin_option(parser)
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for command in commands:
        _add_command(subparsers, command, options)
    return parser


def _add_plugin_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--no-plugin", action="append", default=[], metavar="NAME",
        help="leave this plugin out; may be repeated [$DRUM_NO_PLUGINS]",
    )  # fmt: skip


def _add_command(subparsers: Any, command: Command, options: Options) -> None:
    examples = "examples:\n" + "\n".join(f"  {line}" for line in command.examples) if command.examples else None
    parser: argparse.ArgumentParser = subparsers.add_parser(
        command.name, help=command.help, description=command.description or command.help, epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False,
    )  # fmt: skip
    if command.add_arguments is not None:
        command.add_arguments(parser)
    for option in options_of(command, options):
        _add_option(parser, option)
    _add_plugin_option(parser)


def _takes(command: Command, option: Option) -> bool:
    return command.name in option.commands if option.commands else command.uses_model


def _add_option(parser: argparse.ArgumentParser, option: Option) -> None:
    """Add an option that yields text: its own parser then says what is wrong with it."""
    text = f"{option.help} [${option.variables[0]}]"
    if option.switch:
        parser.add_argument(*option.flags, dest=option.name, help=text, action="store_true", default=None)
        return
    metavar = option.metavar or ("{" + ",".join(option.choices) + "}" if option.choices else option.name.upper())
    parser.add_argument(
        *option.flags, dest=option.name, help=text, metavar=metavar, nargs="+" if option.many else None, default=None
    )


def options_of(command: Command, options: Options) -> list[Option]:
    """Return the options that a command takes: what the environment says of others is no concern of its."""
    return [option for option in options if _takes(command, option)]


def given_options(options: Sequence[Option], arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what the command line gave for each option, as text."""
    values = {option.name: getattr(arguments, option.name, None) for option in options}
    return {name: value for name, value in values.items() if value is not None}
