"""``drum monitor serve``: run the service until a signal comes."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from drum.errors import ConfigError
from drum_monitor.options import PORT

if TYPE_CHECKING:
    import pandas as pd
    from starlette.applications import Starlette

    from drum.cli.commands import Context
    from drum_monitor.roles import Roles
    from drum_monitor.serving.configuration import Configuration
    from drum_monitor.serving.engine import Engine

log = logging.getLogger("drum.monitor")

GRACE_S = 10
"""How long requests that are under way may take when a signal has come."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("--config", required=True, metavar="FILE", help="YAML file: what to compare, and how often")
    parser.add_argument(
        "--address",
        default=f"localhost:{PORT}",
        metavar="HOST:PORT",
        help=f"where to listen; default: localhost:{PORT}",
    )


def run(context: Context) -> None:
    """Serve.

    :raises ConfigError: if the configuration, the reference or the address is not right.
    """
    from drum_monitor.serving.app import create_app
    from drum_monitor.serving.configuration import read_configuration

    logging.getLogger("drum.monitor").setLevel(logging.INFO)
    configuration = read_configuration(Path(context.arguments.config).expanduser())
    with _listening(context.arguments.address) as listener:
        app = create_app(open_engine(configuration))
        host, port = listener.getsockname()[:2]
        log.info("listening on http://%s:%d", host, port)
        _serve(app, listener)


def open_engine(configuration: Configuration) -> Engine:
    """Read the reference and what an earlier process left; the engine is not started yet.

    :raises ConfigError: if they are not right.
    """
    from drum_monitor.drift.reference import load_table, make_reference
    from drum_monitor.serving import state
    from drum_monitor.serving.engine import Engine
    from drum_monitor.serving.watch import Watch

    table, roles = load_table(configuration.reference_path, configuration.prediction, configuration.target)
    _check_monitors(configuration, roles)
    path = state.prepare(configuration.state_path)
    fill = _sample(table, configuration.window_size) if configuration.use_reference and not path.exists() else None
    watch = Watch(configuration, make_reference(table, roles), fill)
    if not watch.is_sufficient:
        log.warning(
            "The reference '%s' has %d rows, fewer than the %d of 'service: min_reference_size': nothing will be "
            "compared with it. Write a larger one with 'drum monitor reference'.",
            configuration.reference_path, watch.reference.rows, configuration.min_reference_size,
        )  # fmt: skip
    return Engine(watch, path)


def _check_monitors(configuration: Configuration, roles: Roles) -> None:
    """Refuse monitors that could never say anything about this reference."""
    of_numbers = ("num_target_drift", "regression_performance")
    of_classes = ("cat_target_drift", "classification_performance", "prob_classification_performance")
    for name in of_numbers if roles.labels else of_classes:
        if name in configuration.monitors:
            kind = "classes" if roles.labels else "numbers"
            raise ConfigError(
                f"'service: monitors' in '{configuration.path}' asks for '{name}', but the model of "
                f"'{configuration.reference_path}' predicts {kind}. Leave it out."
            )


def _sample(table: pd.DataFrame, rows: int) -> pd.DataFrame:
    """Draw rows of the reference, in any order, the same at every start."""
    return table.sample(n=rows, replace=len(table) < rows, random_state=0)


@contextlib.contextmanager
def _listening(address: str) -> Iterator[socket.socket]:
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise ConfigError(f"The address '{address}' must be of the form host:port, such as 0.0.0.0:{PORT}.")
    host = host.strip("[]") or "0.0.0.0"
    try:
        family = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, int(port)), family=family)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise ConfigError(f"The address {address} cannot be had: {reason}.") from error
    with listener:
        yield listener


def _serve(app: Starlette, listener: socket.socket) -> None:
    """Run the application on uvicorn; SIGTERM and SIGINT end it with success."""
    import uvicorn

    class Server(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            kept = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
            try:
                yield
            finally:
                for number, before in kept.items():
                    signal.signal(number, before)

    config = uvicorn.Config(
        app, ws="none", log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=GRACE_S,
    )  # fmt: skip
    Server(config).run(sockets=[listener])
