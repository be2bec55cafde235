"""``drum server``: answer HTTP requests."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.cli.commands import Command, Context
from drum.errors import ConfigError
from drum.garbage import spared_by_garbage_collection
from drum.settings import Settings, cores, log_level, plugin_switches, threads_per_call

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prometheus_client.registry import Collector
    from starlette.routing import BaseRoute

    from drum.workers.inline import InlinePool
    from drum.workers.pool import Pool


def _run(context: Context) -> None:
    settings = context.settings
    if settings["code_dir"] is None:
        raise ConfigError("Say which model to serve: --code-dir DIR (or CODE_DIR).")
    code_dir = Path(settings["code_dir"]).expanduser().resolve()
    address = _address(settings["address"])
    hooks = context.manager.hook
    further = [route for routes in hooks.drum_add_routes(settings=settings) for route in routes]
    collectors = [collector for added in hooks.drum_add_metrics(settings=settings) for collector in added]
    pool = _pool(context, code_dir)
    if settings["exit_on_load_error"]:
        pool.on_failure = lambda: signal.raise_signal(signal.SIGTERM)
    try:
        pool.launch()  # it loads the model while the front imports what it needs itself
        _serve(settings, pool, code_dir, address, further, collectors)
    finally:
        pool.abandon()  # nobody, unless the front has failed


def _serve(
    settings: Settings,
    pool: Pool | InlinePool,
    code_dir: Path,
    address: tuple[str, int],
    routes: Sequence[BaseRoute],
    collectors: Sequence[Collector],
) -> None:
    with spared_by_garbage_collection():
        from drum.server.app import create_app
        from drum.server.errors import error_named
        from drum.server.payloads import Limits
        from drum.server.run import serve

        limits = Limits(
            body=settings["max_body_mb"] * 2**20,
            head=settings["max_header_kb"] * 2**10,
            receive=settings["receive_timeout"],
        )
        app = create_app(pool, code_dir, limits, settings["url_prefix"] or "", routes, collectors)
    serve(app, *address, limits=limits, grace=settings["grace"])
    if settings["exit_on_load_error"] and pool.failure is not None:
        raise error_named(*pool.failure)


def _pool(context: Context, code_dir: Path) -> Pool | InlinePool:
    from drum.workers.pool import Pool

    settings = context.settings
    if settings["workers"] == 0:
        from drum.scorer import Scorer
        from drum.workers.inline import InlinePool

        return InlinePool(lambda: Scorer(code_dir, settings, context.manager))
    return Pool(
        _start(context, code_dir),
        workers=settings["workers"],
        threads=settings["threads"],
        spare=settings["spare"],
        queue_limit=settings["queue_limit"],
        queue_bytes=settings["max_queue_mb"] * 2**20,
        timeout=settings["request_timeout"],
        one_core=cores() == 1,
    )


def _start(context: Context, code_dir: Path) -> dict[str, Any]:
    """Return what a worker needs to come to the same settings: the environment it inherits anyway."""
    _, trace = plugin_switches()
    return {
        "code_dir": str(code_dir),
        "log_format": context.settings["log_format"],
        "log_level": log_level(context.settings),
        "options": given_options(context.settings),
        "blocked": context.manager.left_out,
        "trace": trace,
        "math_threads": threads_per_call(context.settings),
    }


def given_options(settings: Settings) -> dict[str, Any]:
    """Return the options that the command line gave, as JSON can hold them."""
    return {name: settings[name] for name in settings if settings.source(name).startswith("-")}


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise ConfigError(f"The address '{text}' must be of the form host:port, such as 0.0.0.0:8080.")
    return host.strip("[]") or "0.0.0.0", int(port)


COMMAND = Command(
    name="server",
    help="answer HTTP requests",
    description="Answer HTTP requests: POST rows to /predict/, ask /health/ and /info/, have /metrics scraped.",
    run=_run,
    examples=(
        "drum server --code-dir my-model --target-type regression --address 0.0.0.0:8080 --workers 2",
        "curl -F X=@data.csv http://localhost:6789/predict/",
        "curl --data-binary @data.csv -H 'Content-Type: text/csv' http://localhost:6789/predict/",
    ),
)
