"""Know when the world has changed: compare every scored row with a reference.

In the scorer, an observer hands rows on (``--monitor``); ``drum monitor serve`` is the service that they go to.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from drum.hookspecs import hookimpl
from drum.types import TargetType

if TYPE_CHECKING:
    from prometheus_client.registry import Collector

    from drum.cli.commands import Commands
    from drum.settings import Options, Settings
    from drum.types import ModelSpec

__all__: list[str] = []

log = logging.getLogger("drum.monitor")


@hookimpl
def drum_add_options(options: Options) -> None:
    """Add ``--monitor`` and its siblings."""
    from drum_monitor.options import add_options

    add_options(options)


@hookimpl
def drum_add_commands(commands: Commands) -> None:
    """Add ``drum monitor``."""
    from drum_monitor.command import COMMAND

    commands.add(COMMAND)


@hookimpl
def drum_configure(settings: Settings, spec: ModelSpec) -> object | None:
    """Return the observer of this run, if the monitor is on."""
    if not settings.get("monitor"):
        return None
    if spec.target_type in (TargetType.TRANSFORM, TargetType.UNSTRUCTURED):
        log.warning("The monitor is off: a model with target type '%s' gives no predictions.", spec.target_type.value)
        return None
    from drum_monitor.options import Destination, check_row_id

    check_row_id(settings, spec.schema)
    from drum_monitor.sending.counters import published_folder
    from drum_monitor.sending.observer import Observer

    return Observer(Destination.of(settings), published_folder())


@hookimpl
def drum_add_metrics(settings: Settings) -> list[Collector] | None:
    """Show on the server's ``/metrics`` what becomes of the rows."""
    if not settings.get("monitor"):
        return None
    from drum_monitor.sending.collector import SenderCollector
    from drum_monitor.sending.counters import publish_here

    return [SenderCollector(publish_here())]
