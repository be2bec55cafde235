"""The options that the scorer takes, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drum.settings import Options, Settings

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
    number = float(text)
    if not 0 < number <= 1:
        raise ValueError("must be above 0 and at most 1")
    return number


def port(text: str) -> int:
    """Parse a port."""
    number = int(text)
    if not 0 < number < 65536:
        raise ValueError("must be from 1 to 65535")
    return number


def positive_seconds(text: str) -> float:
    """Parse a number of seconds above 0."""
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError("must be above 0")
    return number


def at_least_one(text: str) -> int:
    """Parse a number from 1 on."""
    number = int(text)
    if number < 1:
        raise ValueError("must be 1 or more")
    return number
