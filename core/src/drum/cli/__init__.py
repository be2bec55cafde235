"""The command line: parse, dispatch, and turn every error into one clear message and an exit code."""

from __future__ import annotations

import logging
import signal
import sys
import traceback
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, NoReturn

from drum import errors, logs

if TYPE_CHECKING:
    from drum.cli.commands import Command
    from drum.plugins import PluginManager

EXIT_CODES: dict[type[errors.DrumError], int] = {
    errors.ConfigError: 2,
    errors.DetectionError: 2,
    errors.PluginError: 3,
    errors.CustomCodeError: 4,
    errors.LoadError: 4,
    errors.NoScorerError: 4,
    errors.ModelError: 5,
    errors.InputError: 6,
    errors.ModelHTTPError: 6,
    errors.UnavailableError: 7,
    errors.DrumError: 1,
}
"""Exit code by class; the nearest parent counts. 0 is success, 1 unexpected, 130 interrupted, 143 terminated."""

UNEXPECTED, INTERRUPTED, TERMINATED = 1, 130, 143


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    :param argv: the words after ``drum``; those of the process by default.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["--version"]:
        return _print_version()
    logs.configure("drum")
    _terminate_cleanly()
    try:
        return _run(words)
    except errors.DrumError as error:
        return _report(error, words)
    except KeyboardInterrupt:
        print("drum: interrupted", file=sys.stderr)
        return INTERRUPTED
    except _Terminated:
        with suppress(OSError):  # the terminal is closed
            print("drum: terminated", file=sys.stderr)
        return TERMINATED
    except Exception as error:  # noqa: BLE001 - the top of the command line: nobody above could say more
        return _report(error, words)


def _print_version() -> int:
    import drum

    print(f"drum {drum.__version__}")
    return 0


def exit_code(error: BaseException) -> int:
    """Return the exit code that stands for ``error``."""
    return next((EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES), UNEXPECTED)


def _run(words: list[str]) -> int:
    from drum.cli import new, parser, perf_test, plugins, schema, score, server, validation
    from drum.cli.commands import Commands, Context
    from drum.options import core_options
    from drum.settings import log_level, resolve

    manager = _plugin_manager(words)
    commands, options = Commands(), core_options()
    for module in (score, server, validation, perf_test, schema, new, plugins):
        commands.add(module.COMMAND)
    new.add_core_templates(commands)
    manager.hook.drum_add_options(options=options)
    manager.hook.drum_add_commands(commands=commands)
    full_parser = parser.build_parser(commands, options)
    _hint_at_plugin(words, commands)
    arguments = full_parser.parse_args(words)
    if arguments.version:
        return _print_version()
    chosen = next((command for command in commands if command.name == arguments.command), None)
    if chosen is None:
        full_parser.print_help()
        return 0
    own_options = parser.options_of(chosen, options)
    settings = resolve(own_options, parser.given_options(own_options, arguments))
    if chosen.uses_model:
        logs.configure("drum", form=settings["log_format"], level=log_level(settings))
    chosen.run(Context(manager=manager, settings=settings, arguments=arguments, templates=commands.templates))
    return 0


def _hint_at_plugin(words: list[str], commands: Iterable[Command]) -> None:
    """Say which plugin brings a subcommand that is not there.

    :raises ConfigError: if the subcommand is one of a plugin that takes no part.
    """
    from drum.cli.commands import KNOWN_COMMANDS

    name = next((word for before, word in pairwise(["", *words]) if word[:1] != "-" and before != "--no-plugin"), "")
    if name in KNOWN_COMMANDS and name not in {command.name for command in commands}:
        distribution = KNOWN_COMMANDS[name]
        raise errors.ConfigError(
            f"'drum {name}' comes with {distribution}, which takes no part here. Install it: pip install {distribution}"
        )


def _plugin_manager(words: list[str]) -> PluginManager:
    """Register the plugins before the command line is parsed: they have a say in what it may hold."""
    from drum.plugins import create_plugin_manager
    from drum.settings import plugin_switches

    blocked, trace = plugin_switches()
    if trace:
        logging.getLogger("drum.trace").setLevel(logging.INFO)
    blocked += [name for flag, name in pairwise(words) if flag == "--no-plugin"]
    blocked += [word.partition("=")[2] for word in words if word.startswith("--no-plugin=")]
    return create_plugin_manager(blocked, trace=trace)


def _report(error: Exception, words: Sequence[str]) -> int:
    from drum.settings import is_on

    known = isinstance(error, errors.DrumError)
    message = str(error) if known else f"Unexpected {type(error).__name__}: {error}"
    print(f"drum: ERROR: {message}", file=sys.stderr)
    if isinstance(error, errors.DrumError) and error.detail:
        print(error.detail, file=sys.stderr)
    if "--show-stacktrace" in words or is_on("SHOW_STACKTRACE"):
        traceback.print_exception(error, file=sys.stderr)
    elif not known:
        print("Run again with --show-stacktrace and report this, please.", file=sys.stderr)
    return exit_code(error)


class _Terminated(BaseException):
    """SIGTERM or SIGHUP has come; unlike ``SystemExit``, user code does not raise this."""


def _terminate_cleanly() -> None:
    """Let SIGTERM, and a terminal that is closed, unwind the stack: temporary files go, the output stays whole."""

    def leave(signum: int, frame: object) -> NoReturn:
        raise _Terminated

    signal.signal(signal.SIGTERM, leave)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as under nohup
        signal.signal(signal.SIGHUP, leave)
