"""The options that the core itself knows, for the command line, the environment and the library alike."""

from __future__ import annotations

from drum.detection import LANGUAGES
from drum.engines import LOCAL
from drum.logs import FORMATS
from drum.metadata import parse_target_type
from drum.settings import Options
from drum.types import TargetType


def core_options() -> Options:
    """Return a registry with the core's options in it; plugins add theirs."""
    options = Options()
    _add_model_options(options)
    _add_label_options(options)
    _add_file_options(options)
    _add_server_options(options)
    _add_log_options(options)
    return options


def _add_model_options(options: Options) -> None:
    options.add("-cd", "--code-dir", metavar="DIR", help="folder with the model artifact and, if needed, custom code")
    options.add(
        "--target-type", type=parse_target_type, metavar="TYPE",
        help=f"what the model predicts: {', '.join(member.value for member in TargetType)}; "
        "model-metadata.yaml may say it instead",
    )  # fmt: skip
    options.add("--target-name", metavar="NAME", help="name of the target column (text generation)")
    options.add("--runtime", metavar="NAME", help="the runtime to use, where several could; see 'drum plugins'")
    options.add(
        "--language",
        choices=LANGUAGES,
        variables=("DRUM_LANGUAGE",),  # LANGUAGE itself is gettext's, and is set on many machines
        help="look only for artifacts of this language",
    )
    options.add(
        "--runtime-params-file", metavar="FILE",
        help="YAML file with values for the runtimeParameterDefinitions of model-metadata.yaml",
    )  # fmt: skip
    options.add(
        "--device", default="auto", metavar="NAME", variables=("DRUM_DEVICE",),
        help="where to score, if the runtime has a choice: auto (a GPU if there is one), cpu, cuda, cuda:1 and so on",
    )  # fmt: skip
    options.add(
        "--no-pickle", switch=True, default=False, variables=("DRUM_NO_PICKLE",),
        help="refuse artifacts whose loading executes code that lies in the file, such as pickles",
    )  # fmt: skip
    options.add("--allow-nan", switch=True, default=False, help="let missing and infinite predictions pass")


def _add_label_options(options: Options) -> None:
    options.add("--positive-class-label", metavar="LABEL", help="binary: label of the positive class")
    options.add("--negative-class-label", metavar="LABEL", help="binary: label of the negative class")
    options.add("--class-labels", many=True, metavar="LABEL", help="multiclass, multilabel: the labels, in order")
    options.add("--class-labels-file", metavar="FILE", help="multiclass, multilabel: a file with a label a line")


def _add_file_options(options: Options) -> None:
    score, tried = ("score",), ("score", "validation")
    asked = (*tried, "perf-test")
    options.add(
        "--input", metavar="FILE", commands=asked,
        help="data to score: .csv .csv.gz .parquet .arrow .feather .mtx .json .jsonl, or - for CSV on standard input",
    )  # fmt: skip
    options.add(
        "--output", metavar="FILE", commands=score,
        help="where predictions go, in the format of the extension; standard output (CSV) if not given",
    )  # fmt: skip
    options.add(
        "--batch-rows", type=row_count, metavar="N", commands=score,
        help="rows per batch; 0 = the whole file at once (the default if custom hooks could look across rows)",
    )  # fmt: skip
    options.add(
        "--engine", metavar="NAME", default=LOCAL, commands=score, variables=("DRUM_ENGINE",),
        help="who scores: local, which is this machine and the default, or what a plugin brings, such as ray",
    )  # fmt: skip
    options.add("--jobs", type=job_count, metavar="N", commands=score, help="cores to use; default: all there are")
    options.add("--sparse-column-file", metavar="FILE", commands=tried, help="column names of .mtx input, a line each")
    options.add("--query", metavar="A=1&B=2", commands=asked, help="unstructured: query parameters for the hook")
    options.add("--content-type", metavar="TYPE", commands=asked, help="unstructured: media type of the input")
    options.add(
        "--show-perf", switch=True, default=False, commands=score, help="report rows, time and memory at the end"
    )


def _add_server_options(options: Options) -> None:
    server, measured = ("server",), ("server", "perf-test")
    options.add("--address", metavar="HOST:PORT", default="localhost:6789", commands=server, help="where to listen")
    options.add(
        "--max-workers", "--workers", type=row_count, default=1, metavar="N", commands=measured,
        variables=("WORKERS", "MAX_WORKERS"), help="processes that score; 0 = all in one process, for debugging",
    )  # fmt: skip
    options.add(
        "--threads", type=job_count, default=1, metavar="N", commands=measured,
        help="calls that a worker makes at once, where the runtime can ('drum plugins' says so)",
    )  # fmt: skip
    options.add(
        "--batch", switch=True, default=False, commands=measured,
        help="let requests share calls of custom hooks too: they answer each row on its own",
    )  # fmt: skip
    options.add(
        "--spare", type=row_count, default=0, metavar="N", commands=server,
        help="further processes that stand by with the model loaded, to step in where one dies",
    )  # fmt: skip
    options.add(
        "--queue-limit", type=job_count, default=1024, metavar="N", commands=server, help="requests that may wait"
    )
    options.add(
        "--max-queue-mb", type=job_count, default=1024, metavar="MB", commands=server,
        help="how large they may be together",
    )  # fmt: skip
    options.add(
        "--request-timeout", type=seconds, default=60.0, metavar="S", commands=measured,
        help="seconds until a request is answered 504, and its worker replaced",
    )  # fmt: skip
    options.add(
        "--receive-timeout", type=seconds, default=30.0, metavar="S", commands=server,
        help="seconds for a request to arrive",
    )  # fmt: skip
    options.add(
        "--max-header-kb", type=job_count, default=64, metavar="KB", commands=server, help="largest request headers"
    )
    options.add("--max-body-mb", type=job_count, default=128, metavar="MB", commands=measured, help="largest request")
    options.add(
        "--grace", type=seconds, default=30.0, metavar="S", commands=server, help="seconds to finish after SIGTERM"
    )
    options.add("--url-prefix", metavar="PATH", commands=server, help="what stands before every route")
    options.add(
        "--exit-on-load-error", switch=True, default=False, commands=server,
        help="end if the model cannot be loaded; without it, the server stays up and answers 513",
    )  # fmt: skip
    options.add("--with-error-server", switch=True, default=False, commands=server, help="accepted; it is the default")


def _add_log_options(options: Options) -> None:
    options.add("--verbose", switch=True, default=False, help="log what happens; the same as --logging-level info")
    options.add(
        "--logging-level", choices=("debug", "info", "warning", "error"), type=str.lower,
        help="how much to log on standard error; default: warning",
    )  # fmt: skip
    options.add(
        "--log-format", choices=FORMATS, default="text", help="text for people, json for machines; default: text"
    )
    options.add("--show-stacktrace", switch=True, default=False, help="show Python's traceback with an error")


def row_count(text: str) -> int:
    """Parse a number of rows, 0 or more."""
    return _at_least(0, text)


def job_count(text: str) -> int:
    """Parse a number of processes, 1 or more."""
    return _at_least(1, text)


def seconds(text: str) -> float:
    """Parse a number of seconds above 0."""
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError("must be above 0")
    return number


def _at_least(least: int, text: str) -> int:
    number = int(text)
    if number < least:
        raise ValueError(f"must be {least} or more")
    return number
