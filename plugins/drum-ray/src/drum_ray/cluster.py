"""A connection to Ray: a cluster that runs, or one of this machine alone, for as long as it is needed."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from drum.errors import ConfigError, UnavailableError
from drum.settings import cores
from drum_ray.options import ActorRange

PATIENCE_S = 5.0
"""How long a cluster may take to answer at all."""
GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
SETTINGS_FRAME = 4
QUIET = ("ray", "ray.data")


@contextmanager
def connected(
    address: str | None, actors: ActorRange | None, num_gpus: float, *, verbose: bool
) -> Iterator[ActorRange]:
    """Connect to a cluster, or start one on this machine; yield how many actors there may be.

    A Ray that this program has started itself is used as it is, and left running.

    :param address: ``HOST:PORT``, ``ray://HOST:PORT`` or ``auto``; ``None`` for this machine.
    :raises UnavailableError: if there is no such cluster.
    :raises ConfigError: if this machine has fewer GPUs than an actor needs.
    """
    import ray.data  # sets up the log that _quiet turns off

    if ray.is_initialized():
        with _quiet(verbose):
            yield actors or _as_many_as_cores(ray)
        return
    if address is not None:
        _check_presence(address)
    with _quiet(verbose), _silent(verbose), _signals_kept():
        try:
            _start(ray, address, actors, verbose)
        except (OSError, RuntimeError, ValueError, AssertionError) as error:
            where = f"The Ray cluster at '{address}'" if address else "Ray"
            raise UnavailableError(f"{where} cannot be used: {' '.join(str(error).split())}") from error
    try:
        if address is None and num_gpus > _resource(ray, "GPU"):
            raise ConfigError(f"Each actor is to have {num_gpus:g} GPUs, but Ray finds none or fewer on this machine.")
        with _quiet(verbose):
            yield actors or _as_many_as_cores(ray)
    finally:
        ray.shutdown()


def _start(ray: Any, address: str | None, actors: ActorRange | None, verbose: bool) -> None:
    told = {"logging_level": "info" if verbose else "critical", "log_to_driver": verbose}
    if address is not None:
        ray.init(address=address, **told)
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    ray.init(address="local", num_cpus=max(cores(), actors.most if actors else 0), include_dashboard=False, **told)


def _as_many_as_cores(ray: Any) -> ActorRange:
    """Return a fixed number of actors: what a cluster has now, or what this machine has."""
    count = max(1, int(_resource(ray, "CPU")))
    return ActorRange(count, count)


def _resource(ray: Any, name: str) -> float:
    return float(ray.cluster_resources().get(name, 0))


def _check_presence(address: str) -> None:
    """Ask whether anybody is there, and speaks as Ray does; Ray itself would wait for minutes."""
    if address in ("auto", "local"):
        return
    host, separator, port = address.removeprefix("ray://").rpartition(":")
    if not separator or not port.isdigit():
        raise ConfigError(f"'{address}' is no address of a Ray cluster. Say HOST:PORT, ray://HOST:PORT or auto.")
    try:
        with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as connection:
            if os.environ.get("RAY_USE_TLS", "0") == "1":
                return
            connection.sendall(GREETING)
            answer = connection.recv(9)
    except (OSError, OverflowError) as error:
        raise UnavailableError(
            f"There is no Ray cluster at '{address}': {getattr(error, 'strerror', None) or error}. Start one with "
            "'ray start --head', give the address of one that runs, or leave out --ray-address."
        ) from error
    if len(answer) < 4 or answer[3] != SETTINGS_FRAME:
        raise UnavailableError(
            f"What answers at '{address}' is no Ray cluster. Look up the port: it is 6379 by default."
        )


@contextmanager
def _quiet(verbose: bool) -> Iterator[None]:
    """Keep Ray's own log and bars off the terminal; drum has a bar of its own."""
    from ray.data import DataContext

    context = DataContext.get_current()
    bars, context.enable_progress_bars = context.enable_progress_bars, False
    loggers = [logging.getLogger(name) for name in QUIET]
    before = [logger.level for logger in loggers]
    try:
        if not verbose:
            for logger in loggers:
                logger.setLevel(logging.CRITICAL + 1)
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
        context.enable_progress_bars = bars


@contextmanager
def _silent(verbose: bool) -> Iterator[None]:
    """Keep what the native part of Ray says off standard error: at its start for good, whatever it says meanwhile.

    It would report as an error that Ray Data's actors may be started again. What does go wrong is raised.
    """
    if verbose:
        yield
        return
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Put back what handled SIGTERM before Ray did, so that the run unwinds and Ray is shut down."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
