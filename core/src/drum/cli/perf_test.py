"""``drum perf-test``: how fast a model is served, where the time goes, and which options make it faster."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from drum.cli import inputs
from drum.cli.commands import Command, Context
from drum.cli.perf_options import declared, options_to_try, requested_cases, server_words
from drum.errors import ConfigError, OptionConflictError, OutputError
from drum.types import ModelSpec

if TYPE_CHECKING:
    from drum.perf.cases import Case
    from drum.perf.results import Result
    from drum.perf.tuning import Candidate, Trial

TUNING_CONCURRENCY = 8
NUMBERS = ("samples", "iterations", "concurrency", "p99_ms")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--samples", type=int, metavar="N", help="rows of a request, instead of the usual sizes")
    parser.add_argument(
        "--iterations", type=int, metavar="N", help="requests of each size, instead of the usual number"
    )
    parser.add_argument("--concurrency", type=int, metavar="N", help="requests that are sent at once; default: 1")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--html", metavar="FILE", help="write a page with plots too")
    parser.add_argument(
        "--tune", action="store_true",
        help=f"try workers, threads and batching, with {TUNING_CONCURRENCY} requests at once; needs --p99-ms",
    )  # fmt: skip
    parser.add_argument("--p99-ms", type=float, metavar="MS", help="how fast 99 in 100 requests shall be answered")


def _run(context: Context) -> None:
    _check(context.arguments)
    spec = declared(context)
    with inputs.output_apart() as stdout:
        if context.arguments.tune:
            _tune(context, spec, stdout)
        else:
            _measure(context, spec, stdout)


def _check(arguments: argparse.Namespace) -> None:
    for name in NUMBERS:
        value = getattr(arguments, name)
        if value is not None and not 0 < value < float("inf"):
            raise ConfigError(f"--{name.replace('_', '-')} must be above 0.")
    if arguments.tune != (arguments.p99_ms is not None):
        raise ConfigError("--tune and --p99-ms go together: say how fast it shall be, and options are tried.")
    if arguments.tune and arguments.html:
        raise OptionConflictError("--html shows one configuration: give it without --tune, with the options found.")
    if arguments.html and not _page(arguments).parent.is_dir():
        raise OutputError(f"'{arguments.html}' cannot be written: there is no folder '{_page(arguments).parent}'.")


def _page(arguments: argparse.Namespace) -> Path:
    return Path(arguments.html).expanduser()


# ------------------------------------------------------------------------------------- one configuration


def _measure(context: Context, spec: ModelSpec, stdout: BinaryIO) -> None:
    from drum.cli.perf_tables import print_results, report_as_json
    from drum.cli.steps import shown_steps
    from drum.perf.measuring import measure_all
    from drum.perf.report_page import report_page
    from drum.perf.results import raise_if_failed
    from drum.perf.server_process import running_server

    arguments, settings = context.arguments, context.settings
    cases, concurrency = requested_cases(context, spec), arguments.concurrency or 1
    words = server_words(context, cases, concurrency)
    connections = max(concurrency, settings["workers"] * settings["threads"])
    with shown_steps(sys.stderr, "Measuring") as step:
        step("starting the server", 0.0)
        with running_server(words) as server:
            results = measure_all(server, cases, concurrency=concurrency, connections=connections, step=step)
            log = server.last_words()
    about = _about(context, concurrency)
    if arguments.html:
        _write_page(_page(arguments), report_page(f"drum perf-test of {spec.code_dir.name}", about, results))
    if arguments.json:
        stdout.write(report_as_json(about, results))
    else:
        print_results(stdout, results)
    raise_if_failed(results, log)


def _write_page(path: Path, page: str) -> None:
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"'{path}' cannot be written: {error.strerror}.") from error


def _about(context: Context, concurrency: int) -> dict[str, str]:
    import platform
    from datetime import UTC, datetime

    import drum
    from drum.settings import cores

    settings = context.settings
    return {
        "code directory": str(settings["code_dir"]),
        "input": str(settings["input"]),
        "server": f"drum {drum.__version__}, {settings['workers']} workers of {settings['threads']} threads"
        + (", batching" if settings["batch"] else ""),
        "requests at once": str(concurrency),
        "machine": f"{platform.machine()}, {cores()} cores, Python {platform.python_version()}",
        "measured": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }


# ------------------------------------------------------------------------------------- many configurations


def _tune(context: Context, spec: ModelSpec, stdout: BinaryIO) -> None:
    from drum.cli.perf_tables import print_trials, trials_as_json
    from drum.cli.steps import shown_steps
    from drum.perf.tuning import fast_enough, try_all

    arguments = context.arguments
    (case,), concurrency = requested_cases(context, spec), arguments.concurrency or TUNING_CONCURRENCY
    tried = options_to_try(context, spec)
    with shown_steps(sys.stderr, "Tuning") as step:

        def measure(candidate: Candidate) -> Result:
            step(" ".join(candidate.words), tried.index(candidate) / len(tried))
            return _of_candidate(context, candidate, case, concurrency)

        trials = try_all(tried, measure)
    p99 = arguments.p99_ms / 1000
    if arguments.json:
        stdout.write(trials_as_json(trials, p99))
    else:
        print_trials(stdout, trials, p99)
    if not fast_enough(trials, p99):
        raise ConfigError(_none_help(trials, p99, case, concurrency))


def _of_candidate(context: Context, candidate: Candidate, case: Case, concurrency: int) -> Result:
    from drum.perf.measuring import measure_all
    from drum.perf.server_process import running_server

    words = server_words(context, [case], concurrency, candidate.words)
    connections = max(concurrency, candidate.workers * candidate.threads)
    with running_server(words) as server:
        (result,) = measure_all(server, [case], concurrency=concurrency, connections=connections)
    return result


def _none_help(trials: Sequence[Trial], p99: float, case: Case, concurrency: int) -> str:
    from drum.perf.tuning import fastest

    asked = f"{case.name} a request, {concurrency} at once"
    best = fastest(trials)
    if best is None:
        told = next(message for trial in trials for _, message in trial.result.failures)
        return f"None of the {len(trials)} configurations answered all requests ({asked}): {told}"
    slow = max(best.result.shares, key=lambda stage: best.result.shares[stage])
    return (
        f"None of the {len(trials)} configurations answers 99 in 100 requests within {1000 * p99:g} ms ({asked}). "
        f"The fastest, {' '.join(best.candidate.words)}, takes {1000 * (best.result.latency(0.99) or 0):,.1f} ms, most "
        f"of it in: {slow}. Send fewer requests at once, use more cores or a faster model."
    )


COMMAND = Command(
    name="perf-test",
    help="measure how fast a model is served, and where the time goes",
    description="Start the server, send it rows of the input in requests of several sizes, and tell how long the "
    "answers take, where the time goes, and how much memory that needs. With --tune, tell which options of the server "
    "are fast enough.",
    run=_run,
    add_arguments=_add_arguments,
    examples=(
        "drum perf-test --code-dir my-model --input data.csv --target-type regression --workers 2",
        "drum perf-test --code-dir my-model --input data.csv --samples 10 --iterations 1000 --concurrency 8",
        "drum perf-test --code-dir my-model --input data.csv --html report.html",
        "drum perf-test --code-dir my-model --input data.csv --tune --p99-ms 20",
    ),
)
