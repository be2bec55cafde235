"""What ``drum perf-test`` makes of its options: the requests to send, and the options of the server to send them to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from drum import media_types
from drum.cli import inputs
from drum.cli.commands import Context
from drum.errors import ConfigError, OptionConflictError
from drum.types import ModelSpec, Payload, TargetType

if TYPE_CHECKING:
    from drum.perf.cases import Case, Rows
    from drum.perf.tuning import Candidate

REQUESTS, TUNING_REQUESTS = 100, 500
LONG_TIMEOUT_S = 3600
BODY_MARGIN = 8
"""How many times as large a body as the largest one the server is told to expect: it allows memory by that."""
QUEUE_MB = 1024
NOT_THE_SERVERS = frozenset({"input", "query", "content_type"})
TUNED = frozenset({"workers", "threads", "batch"})


def declared(context: Context) -> ModelSpec:
    """Return what is declared about the model, which is loaded by the server alone."""
    from drum.metadata import declare, read_metadata

    folder = inputs.code_dir(context.settings).expanduser().resolve()
    if not folder.is_dir():
        raise ConfigError(f"The code directory '{folder}' is not a folder.")
    return declare(folder, context.settings, read_metadata(folder))


def requested_cases(context: Context, spec: ModelSpec) -> list[Case]:
    """Return the requests to send, as the options ask for them.

    :raises InputError: if the input cannot be read, or its rows cannot be repeated.
    """
    from drum.perf.cases import case_as_it_is, case_of_rows, default_cases

    arguments = context.arguments
    if spec.target_type is TargetType.UNSTRUCTURED:
        if arguments.samples is not None:
            raise OptionConflictError("--samples counts rows, but target type 'unstructured' has none.")
        payload = inputs.unstructured_payload(context.settings)
        return [case_as_it_is(payload, arguments.iterations or (TUNING_REQUESTS if arguments.tune else REQUESTS))]
    rows = _rows(context, spec)
    if arguments.tune:
        return [case_of_rows(rows, arguments.samples or 1, arguments.iterations or TUNING_REQUESTS)]
    if arguments.samples is not None:
        return [case_of_rows(rows, arguments.samples, arguments.iterations or REQUESTS)]
    return default_cases(rows, arguments.iterations)


def _rows(context: Context, spec: ModelSpec) -> Rows:
    from drum.perf.cases import rows_of
    from drum.trial.features import Features

    source = inputs.input_name(context.settings)
    if source == "-":
        payload = Payload(body=inputs.read_all(source), media_type=media_types.CSV, room=None)
    else:
        payload = media_types.payload_of_file(Path(source).expanduser())
    return rows_of(payload, Features(context.manager, spec.code_dir))


def options_to_try(context: Context, spec: ModelSpec) -> list[Candidate]:
    """Return the options to try; those that were given stay as they are."""
    from drum.detection import detect
    from drum.perf.tuning import Fixed, candidates
    from drum.settings import cores
    from drum.types import Concurrency

    settings = context.settings
    given = {name: None if settings.is_default(name) else settings[name] for name in ("workers", "threads", "batch")}
    has_hooks = any(path.stem == "custom" for path in spec.code_dir.iterdir())
    vote = None if has_hooks else detect(context.manager, spec, settings["runtime"], settings["language"])
    has_threads = vote is not None and Concurrency.THREADS in vote.artifact.concurrency
    return list(candidates(cores(), has_threads=has_threads, has_hooks=has_hooks, fixed=Fixed(**given)))


def server_words(context: Context, cases: Sequence[Case], concurrency: int, tuned: Sequence[str] = ()) -> list[str]:
    """Return the options of ``drum server``: those that were given, with limits that let the requests in.

    :param tuned: options to use instead of those of the command line.
    """
    largest = max(case.bytes for case in cases) / 2**20
    left_out = NOT_THE_SERVERS | (TUNED if tuned else frozenset())
    words: list[str] = []
    for name in context.settings:
        given = getattr(context.arguments, name, None)
        if name not in left_out and given is not None:
            words += _spelled(f"--{name.replace('_', '-')}", given)
    words += [f"--no-plugin={name}" for name in context.manager.left_out]
    if context.settings.is_default("request_timeout"):
        words.append(f"--request-timeout={LONG_TIMEOUT_S}")
    body = max(context.settings["max_body_mb"], int(BODY_MARGIN * largest) + 1)
    queue = max(QUEUE_MB, int(2 * concurrency * largest) + 1)
    return [*words, f"--max-body-mb={body}", f"--max-queue-mb={queue}", f"--queue-limit={1024 + concurrency}", *tuned]


def _spelled(flag: str, given: str | bool | Sequence[str]) -> list[str]:
    if given is True:
        return [flag]
    return [f"{flag}={given}"] if isinstance(given, str) else [flag, *map(str, given or ())]
