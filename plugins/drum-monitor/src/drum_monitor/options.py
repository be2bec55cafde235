"""The options that the scorer takes, and what they come to."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drum.errors import ConfigError

if TYPE_CHECKING:
    from drum.settings import Options, Settings
    from drum.types import InputSchema

PORT = 5001
FORMATS = ("auto", "json", "arrow")
COMMANDS = ("server", "score")


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where rows go, and how many of them at most wait on the way."""

    host: str = "localhost"
    port: int = PORT
    format: str = "auto"
    timeout: float = 5.0
    sample: float = 1.0
    row_id: str | None = None
    queue_rows: int = 20_000
    queue_bytes: int = 64 * 2**20

    @classmethod
    def of(cls, settings: Settings) -> Destination:
        """Read it from the settings of a run."""
        return cls(
            host=settings["monitor_host"], port=settings["monitor_port"], format=settings["monitor_format"],
            timeout=settings["monitor_timeout"], sample=settings["monitor_sample"], row_id=settings["monitor_row_id"],
            queue_rows=settings["monitor_queue_rows"], queue_bytes=settings["monitor_queue_mb"] * 2**20,
        )  # fmt: skip


def check_row_id(settings: Settings, schema: InputSchema | None) -> None:
    """Refuse a row id that no row can have: what the recorded schema does not name is left out of the input.

    :raises ConfigError: naming the columns that there are.
    """
    row_id = settings["monitor_row_id"]
    if row_id is not None and schema is not None and row_id not in schema.names:
        raise ConfigError(
            f"{settings.source('monitor_row_id')} is '{row_id}', but {schema.source} has no such column, and what it "
            f"does not name is left out of the input. Its columns: {', '.join(schema.names)}."
        )


def add_options(options: Options) -> None:
    """Add them all; each has an environment variable."""
    options.add(
        "--monitor", switch=True, default=False, variables=("DRUM_MONITOR",), commands=COMMANDS,
        help="hand every scored row on to a monitoring service ('drum monitor serve')",
    )  # fmt: skip
    _add(options, "host", "HOST", "localhost", "where the monitoring service is", variable="EVIDENTLY_HOST")
    options.add(
        "--monitor-port", type=port, default=PORT, metavar="PORT", variables=("EVIDENTLY_PORT",), commands=COMMANDS,
        help=f"its port; default: {PORT}",
    )  # fmt: skip
    options.add(
        "--monitor-sample", type=share, default=1.0, metavar="SHARE", variables=("DRUM_MONITOR_SAMPLE",),
        commands=COMMANDS, help="share of the rows to hand on, above 0 and up to 1; default: 1",
    )  # fmt: skip
    _add(options, "row-id", "COLUMN", None, "the input's column by which labels will name a row; it is no feature")
    options.add(
        "--monitor-format", choices=FORMATS, default="auto", variables=("DRUM_MONITOR_FORMAT",), commands=COMMANDS,
        help="json, arrow, or auto: Arrow where the service takes it; default: auto",
    )  # fmt: skip
    options.add(
        "--monitor-timeout", type=positive_seconds, default=5.0, metavar="S", variables=("DRUM_MONITOR_TIMEOUT",),
        commands=COMMANDS, help="seconds that the service may take to answer; default: 5",
    )  # fmt: skip
    for name, default, text in (("rows", 20_000, "rows"), ("mb", 64, "megabytes")):
        options.add(
            f"--monitor-queue-{name}", type=at_least_one, default=default, metavar="N", commands=COMMANDS,
            variables=(f"DRUM_MONITOR_QUEUE_{name.upper()}",),
            help=f"{text} that may wait in each process until older rows give way to newer ones; default: {default}",
        )  # fmt: skip


def _add(options: Options, name: str, metavar: str, default: str | None, text: str, variable: str = "") -> None:
    variable = variable or f"DRUM_MONITOR_{name.upper().replace('-', '_')}"
    options.add(
        f"--monitor-{name}", metavar=metavar, default=default, variables=(variable,), commands=COMMANDS, help=text
    )


def share(text: str) -> float:
    """Parse a share above 0 and up to 1."""
    return _number(text, lambda number: 0 < number <= 1, "must be a number above 0 and at most 1")


def port(text: str) -> int:
    """Parse a port."""
    return _whole(text, range(1, 65536), "must be a whole number from 1 to 65535")


def positive_seconds(text: str) -> float:
    """Parse a number of seconds above 0."""
    return _number(text, lambda number: 0 < number < float("inf"), "must be a number above 0")


def at_least_one(text: str) -> int:
    """Parse a number from 1 on."""
    return _whole(text, range(1, sys.maxsize), "must be a whole number, 1 or more")


def _number(text: str, fits: Callable[[float], bool], rule: str) -> float:
    with suppress(ValueError):
        number = float(text)
        if fits(number):
            return number
    raise ValueError(rule)


def _whole(text: str, allowed: range, rule: str) -> int:
    with suppress(ValueError):
        number = int(text)
        if number in allowed:
            return number
    raise ValueError(rule)
