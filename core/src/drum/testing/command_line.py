"""Call ``drum`` in this process and see what it wrote and how it ended."""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import BinaryIO, cast

import pytest

from drum.cli import main


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call of ``drum`` ended: exit code, standard output and standard error."""

    exit_code: int
    out: str
    err: str


def run_cli(arguments: Sequence[object], *, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Outcome:
    """Call ``drum`` with these arguments, as a shell would, but without a new process.

    What native code writes to the file descriptors is caught too. Modules and paths that user code
    added are forgotten afterwards.

    :param stdin: what standard input holds.
    :param env: environment variables beside those of this process.
    """
    words = [os.fspath(cast("os.PathLike[str] | str", a)) if not isinstance(a, int) else str(a) for a in arguments]
    with ExitStack() as stack:
        given, out, err = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(3))
        given.write(stdin)
        given.seek(0)
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in (env or {}).items():
            patch.setenv(name, value)  # variables that a runtime sets for good, such as R's, stay
        stack.enter_context(_process_state_kept())
        with _descriptors_replaced(cast(BinaryIO, given), cast(BinaryIO, out), cast(BinaryIO, err)):
            code = _main(words)
        return Outcome(code, _content(cast(BinaryIO, out)), _content(cast(BinaryIO, err)))


def _main(words: list[str]) -> int:
    try:
        return main(words)
    except SystemExit as left:  # argparse ends this way
        return left.code if isinstance(left.code, int) else 1


def _content(file: BinaryIO) -> str:
    file.seek(0)
    return file.read().decode("utf-8", errors="replace")


@contextmanager
def _descriptors_replaced(given: BinaryIO, out: BinaryIO, err: BinaryIO) -> Iterator[None]:
    kept = [os.dup(number) for number in range(3)]
    streams = sys.stdin, sys.stdout, sys.stderr
    for stream in streams[1:]:
        stream.flush()
    for number, file in enumerate((given, out, err)):
        os.dup2(file.fileno(), number)
    replaced = [io.TextIOWrapper(io.FileIO(number, mode, closefd=False), encoding="utf-8", write_through=True)
                for number, mode in enumerate(("r", "w", "w"))]  # fmt: skip
    sys.stdin, sys.stdout, sys.stderr = replaced
    try:
        yield
    finally:
        for stream in replaced[1:]:
            stream.flush()
        sys.stdin, sys.stdout, sys.stderr = streams
        for number, descriptor in enumerate(kept):
            os.dup2(descriptor, number)
            os.close(descriptor)


@contextmanager
def _process_state_kept() -> Iterator[None]:
    """Put back what a call leaves behind in a process: modules of user code, paths, signals, log settings."""
    path, modules = list(sys.path), set(sys.modules)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    drum_level = logging.getLogger("drum").level
    try:
        yield
    finally:
        added = [entry for entry in sys.path if entry not in path]
        for name in set(sys.modules) - modules:
            origin = getattr(sys.modules[name], "__file__", None) or ""
            if name == "custom" or any(origin.startswith(entry + os.sep) for entry in added):
                del sys.modules[name]
        sys.path[:] = path
        for number, handler in before.items():
            signal.signal(number, handler)
        root.handlers[:], root.level = handlers, level
        logging.getLogger("drum").setLevel(drum_level)
