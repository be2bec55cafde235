"""``drum plugins``: what is installed, and what it can do."""

from __future__ import annotations

import argparse
import json
from collections.abc import Collection

from drum.cli.commands import KNOWN_COMMANDS, Command, Context
from drum.detection import KNOWN_RUNTIMES
from drum.engines import KNOWN_ENGINES
from drum.plugins import InstalledPlugin, PluginManager


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def _run(context: Context) -> None:
    rows = [_describe(plugin, context.manager) for plugin in context.manager.installed]
    if context.arguments.json:
        print(json.dumps(rows, indent=2))
    else:
        _print_table(rows)


def _describe(plugin: InstalledPlugin, manager: PluginManager) -> dict[str, object]:
    hooks = sorted(caller.name for caller in manager.get_hookcallers(plugin.module) or ())
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "hooks": hooks,
        "artifacts": list(getattr(plugin.module, "ARTIFACTS", ()) if "drum_detect" in hooks else ()),
    }


def _print_table(rows: list[dict[str, object]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("plugin", "version", "artifacts", "hooks"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("plugin", "version"))
    for row in rows:
        hooks = " ".join(name.removeprefix("drum_") for name in _words(row["hooks"]))
        title = f"{row['name']} ({row['distribution']})"
        table.add_row(title, str(row["version"]), " ".join(_words(row["artifacts"])), hooks)
    console = Console()
    console.print(table)
    missing = _missing({str(row["distribution"]) for row in rows})
    if missing:
        told = f"Not installed: {', '.join(missing)}. Install one with: pip install 'NAME'"
        console.print(told, highlight=False, markup=False, soft_wrap=True)


def _missing(installed: Collection[str]) -> list[str]:
    """Return what could be installed, each distribution with the extras that bring its frameworks."""
    extras: dict[str, set[str]] = {}
    for requirement, _ in KNOWN_RUNTIMES.values():
        distribution, _, extra = requirement.rstrip("]").partition("[")
        extras.setdefault(distribution, set()).update({extra} - {""})
    for distribution in (*KNOWN_COMMANDS.values(), *KNOWN_ENGINES.values()):
        extras.setdefault(distribution, set())
    return [
        f"{name}[{','.join(sorted(extras[name]))}]" if extras[name] else name
        for name in sorted(extras)
        if name not in installed
    ]


def _words(value: object) -> list[str]:
    return [str(word) for word in value] if isinstance(value, list) else []


COMMAND = Command(
    name="plugins",
    help="list installed plugins, their versions, artifact types and hooks",
    run=_run,
    add_arguments=_add_arguments,
    uses_model=False,
    examples=("drum plugins", "drum plugins --json"),
)
