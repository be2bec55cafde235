"""What subcommands that score share: where the model and the data are, and a standard output of their own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import parse_qs

from drum import media_types
from drum.errors import ConfigError, MalformedInputError
from drum.settings import Settings
from drum.types import Payload


@contextmanager
def output_apart() -> Iterator[BinaryIO]:
    """Yield the real standard output, and send there nothing but results.

    Whatever user code or a native library prints meanwhile goes to standard error.
    """
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    stdout = os.fdopen(kept, "wb", buffering=0)  # nothing left to flush when the reader has gone
    try:
        yield stdout
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        stdout.close()


def code_dir(settings: Settings) -> Path:
    """Return the folder of the model.

    :raises ConfigError: if none is given.
    """
    if settings["code_dir"] is None:
        raise ConfigError("Say which model to use: --code-dir DIR (or CODE_DIR).")
    return Path(settings["code_dir"])


def input_name(settings: Settings) -> str:
    """Return the file to score, or ``-``.

    :raises ConfigError: if none is given.
    """
    if settings["input"] is None:
        raise ConfigError("Say what to score: --input FILE (or INPUT), or - for standard input.")
    return str(settings["input"])


def parts(settings: Settings) -> Mapping[str, bytes]:
    """Return what comes beside the input: the column names of a sparse matrix.

    :raises ConfigError: if they cannot be read.
    """
    names = settings["sparse_column_file"]
    if names is None:
        return {}
    try:
        return {"X.colnames": Path(names).read_bytes()}
    except OSError as error:
        raise ConfigError(f"The file of column names '{names}' cannot be read: {error.strerror}.") from error


def unstructured_payload(settings: Settings) -> Payload:
    """Read the whole input as it is, for target type *unstructured*.

    :raises MalformedInputError: if it cannot be read.
    """
    media_type, charset = media_types.parse(settings["content_type"] or "")
    text = (settings["query"] or "").lstrip("?")
    query = {name: values[-1] for name, values in parse_qs(text, keep_blank_values=True).items()}
    return Payload(body=read_all(input_name(settings)), media_type=media_type, charset=charset, query=query)


def read_all(source: str) -> bytes:
    """Read a file, or standard input for ``-``.

    :raises MalformedInputError: if it cannot be read.
    """
    try:
        return sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        raise MalformedInputError(f"'{source}' cannot be read: {error.strerror}.") from error
