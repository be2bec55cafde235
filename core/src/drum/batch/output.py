"""Where predictions wait until all are there: a result is complete or absent."""

from __future__ import annotations

import os
import secrets
import stat
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from drum.errors import OutputError

COPY_BYTES = 2**20


class PendingOutput(ABC):
    """A file that nobody sees before :meth:`deliver`. Forked processes may write to it, one at a time."""

    def __init__(self, descriptor: int, name: str) -> None:
        self._descriptor = descriptor
        self._name = name

    def write(self, data: bytes) -> None:
        """Append bytes.

        :raises OutputError: if the disk is full or fails.
        """
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self._descriptor, left) :]
        except OSError as error:
            raise self._failed(error) from error

    def restart(self) -> None:
        """Forget all that was written."""
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)

    @abstractmethod
    def deliver(self) -> None:
        """Put the complete result in its place.

        :raises OutputError: if that fails; what was there before is untouched then, if it was a file.
        """

    def close(self) -> None:
        """Let go of the file, delivered or not."""
        os.close(self._descriptor)

    def _failed(self, error: OSError) -> OutputError:
        return OutputError(f"Predictions cannot be written to {self._name}: {error.strerror}.")


class ReplacingOutput(PendingOutput):
    """A file beside the one that it replaces, whose mode it takes over."""

    def __init__(self, path: Path) -> None:
        self._path = Path(os.path.realpath(path))
        self._part = self._path.with_name(f".{self._path.name[:200]}.{secrets.token_hex(4)}.part")
        self._name = f"'{path}'"
        try:
            super().__init__(os.open(self._part, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_APPEND, 0o666), self._name)
            with suppress(FileNotFoundError):
                os.fchmod(self._descriptor, stat.S_IMODE(self._path.stat().st_mode))
        except OSError as error:
            raise self._failed(error) from error

    def deliver(self) -> None:
        """Replace the old file in one step."""
        try:
            os.replace(self._part, self._path)
        except OSError as error:
            raise self._failed(error) from error

    def close(self) -> None:
        """Remove the file, if it was not delivered."""
        super().close()
        self._part.unlink(missing_ok=True)


class CopyingOutput(PendingOutput):
    """A nameless file that is copied at the end, to a stream or a device that cannot be replaced."""

    def __init__(self, target: BinaryIO, name: str) -> None:
        self._target = target
        try:
            self._spool = tempfile.TemporaryFile("w+b", buffering=0)  # noqa: SIM115 - close() closes it
        except OSError as error:
            raise OutputError(f"No temporary file can be made for the predictions: {error.strerror}.") from error
        super().__init__(self._spool.fileno(), name)

    def deliver(self) -> None:
        """Copy all of it."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        try:
            while part := os.read(self._descriptor, COPY_BYTES):
                _write_all(self._target, part)
            self._target.flush()
        except BrokenPipeError as error:
            raise OutputError(f"The reader of {self._name} left before all predictions were written.") from error
        except OSError as error:
            raise self._failed(error) from error

    def close(self) -> None:
        """Let go of the spooled bytes; the stream is its owner's."""
        self._spool.close()


@contextmanager
def pending_output(target: Path | BinaryIO) -> Iterator[PendingOutput]:
    """Open the output before any work is done, and discard it unless it is delivered.

    :raises OutputError: if nothing can be written there.
    """
    if not isinstance(target, Path):
        yield from _closing(CopyingOutput(target, "standard output"))
    elif target.is_dir():
        raise OutputError(f"Predictions cannot be written to '{target}': it is a folder. Name a file in it.")
    elif not target.parent.is_dir():
        raise OutputError(f"Predictions cannot be written to '{target}': there is no folder '{target.parent}'.")
    elif target.exists() and not target.is_file():
        with _open_device(target) as device:
            yield from _closing(CopyingOutput(device, f"'{target}'"))
    else:
        yield from _closing(ReplacingOutput(target))


def _write_all(target: BinaryIO, data: bytes) -> None:
    """Write on where an unbuffered stream has taken only a part."""
    left = memoryview(data)
    while left:
        left = left[target.write(left) :]


def _closing(output: PendingOutput) -> Iterator[PendingOutput]:
    try:
        yield output
    finally:
        output.close()


def _open_device(path: Path) -> BinaryIO:
    try:
        return path.open("wb", buffering=0)
    except OSError as error:
        raise OutputError(f"Predictions cannot be written to '{path}': {error.strerror}.") from error
