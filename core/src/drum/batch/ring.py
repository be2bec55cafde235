"""Forked processes that stand in a ring and work on the blocks of one file in turn.

Two things go round. Whoever gets the *cursor* cuts a block from there and passes the cursor on at once, so that
the neighbour cuts the next block. Whoever gets the *pen* has waited until all earlier blocks are written, writes
one more and passes the pen on. So blocks are written in order, no more of them are in flight than there are
processes, the error that is raised is that of the earliest block, and nobody needs a lock or a clock: a process
that dies closes its ends of the pipes, which wakes its neighbours.
"""

from __future__ import annotations

import multiprocessing
import signal
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from typing import Protocol, TypeVar

from drum.batch.csv_blocks import Block, Cursor
from drum.batch.progress import Progress
from drum.errors import DrumError, WorkerDiedError

T = TypeVar("T")

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PATIENCE_S = 5.0
"""How long a process that has been told to end may take until it is killed."""


class RingWork(Protocol):
    """What the processes do."""

    def cut(self, cursor: Cursor) -> tuple[Block, Cursor] | None:
        """Cut off the block at the cursor, unless the file has ended."""

    def answer(self, block: Block) -> bytes:
        """Turn a block into output."""

    def write(self, text: bytes) -> None:
        """Append output to the file that all processes share."""


@dataclass(frozen=True, slots=True)
class _Pen:
    """The right to write; ``written`` is how far the input is answered, ``error`` stops everybody."""

    written: Cursor
    error: Exception | None = None


class _NeighbourLostError(Exception):
    """The other end of a pipe was closed before its time."""


def work_in_ring(work: RingWork, start: Cursor, *, processes: int, size: int, progress: Progress) -> int:
    """Work on a file in this process and in forked ones until all is written; return the number of rows.

    :param size: bytes of the input, for progress.
    :raises WorkerDiedError: if a process ends before its time.
    """
    pipes = [multiprocessing.Pipe(duplex=False) for _ in range(processes)]
    places = [_Place(pipes[number - 1][0], pipes[number][1], work) for number in range(processes)]
    places[-1].pass_on(start)
    places[-1].pass_on(_Pen(start))
    with _forked(places) as children:
        try:
            for pen in places[0].turns():
                progress(pen.written.row, pen.written.offset / size)
        except _NeighbourLostError:
            places[0].leave()
            raise _death_notice(children) from None
    if pen.error is not None:
        raise pen.error
    return pen.written.row


class _Place:
    """One process's place in the ring: tokens come by the inbox and leave by the outbox."""

    def __init__(self, inbox: Connection, outbox: Connection, work: RingWork) -> None:
        self._inbox = inbox
        self._outbox = outbox
        self._work = work

    def turns(self) -> Iterator[_Pen]:
        """Answer block after block, until none is left or somebody has failed; yield the pen after each."""
        while True:
            outcome = self._outcome()
            pen = self._receive_pen()
            if pen.error is None and outcome is not None:
                pen = self._written(pen, outcome)
            self.pass_on(pen)
            yield pen
            if pen.error is not None or outcome is None:
                return

    def _outcome(self) -> tuple[Cursor, bytes] | Exception | None:
        """Take the next block and answer it; keep an error until the earlier blocks have had their turn."""
        cursor = self._receive_cursor()
        cut = None if cursor is None else _attempted(partial(self._work.cut, cursor))
        self.pass_on(cut[1] if isinstance(cut, tuple) else None)
        if not isinstance(cut, tuple):
            return cut
        block, after = cut
        text = _attempted(partial(self._work.answer, block))
        return text if isinstance(text, Exception) else (after, text)

    def _written(self, pen: _Pen, outcome: tuple[Cursor, bytes] | Exception) -> _Pen:
        if isinstance(outcome, Exception):
            return replace(pen, error=_portable(outcome))
        after, text = outcome
        error = _attempted(partial(self._work.write, text))
        return replace(pen, written=after) if error is None else replace(pen, error=_portable(error))

    def pass_on(self, token: Cursor | _Pen | None) -> None:
        """Give a token to the neighbour, who may have left already when all is done."""
        with suppress(BrokenPipeError):
            self._outbox.send(token)

    def _receive_cursor(self) -> Cursor | None:
        token = self._receive()
        assert not isinstance(token, _Pen), "cursor and pen take turns"
        return token

    def _receive_pen(self) -> _Pen:
        token = self._receive()
        assert isinstance(token, _Pen), "cursor and pen take turns"
        return token

    def _receive(self) -> Cursor | _Pen | None:
        try:
            token: Cursor | _Pen | None = self._inbox.recv()
        except (EOFError, ConnectionResetError):
            raise _NeighbourLostError from None
        return token

    def leave(self) -> None:
        """Close the pipes, which tells the neighbours."""
        self._inbox.close()
        self._outbox.close()


def _attempted(action: Callable[[], T]) -> T | Exception:
    """Return an error instead of raising it: it waits for its turn, and is raised where the ring was formed."""
    try:
        return action()
    except Exception as error:  # noqa: BLE001 - see above
        return error


@contextmanager
def _forked(places: list[_Place]) -> Iterator[list[ForkProcess]]:
    """Fork a process for each place but the first, which is the caller's; at the end none is left."""
    children: list[ForkProcess] = []
    try:
        for place in places[1:]:
            children.append(_fork(place, places))
        _leave_others(places[0], places)
        yield children
    finally:
        places[0].leave()
        for child in children:
            child.terminate()
        for child in children:
            _join(child)


def _fork(place: _Place, places: list[_Place]) -> ForkProcess:
    child = multiprocessing.get_context("fork").Process(target=_be_child, args=(place, places))
    with _signals_kept_waiting(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of threads, which are idle here
        child.start()
    return child


@contextmanager
def _signals_kept_waiting() -> Iterator[None]:
    """Hold back the signals that end a run: what their handlers raise is lost among Python's own hooks for forks."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _be_child(place: _Place, places: list[_Place]) -> None:
    for number in (signal.SIGINT, signal.SIGHUP):  # a terminal tells all; the parent decides
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING_SIGNALS)
    _leave_others(place, places)
    with suppress(_NeighbourLostError):
        for _ in place.turns():
            pass


def _leave_others(own: _Place, places: list[_Place]) -> None:
    """Close the ends of all pipes but those of one place, so that a death is noticed."""
    for place in places:
        if place is not own:
            place.leave()


def _join(child: ForkProcess) -> None:
    child.join(PATIENCE_S)
    if child.is_alive():
        child.kill()
        child.join()


def _death_notice(children: list[ForkProcess]) -> WorkerDiedError:
    """Say how the process ended that did so before its time; the others have left in peace."""
    for child in children:
        child.join(PATIENCE_S)
    code = next((child.exitcode for child in children if child.exitcode), None)
    how = "ended unexpectedly" if code is None else f"exited with status {code}"
    if code is not None and code < 0:
        how = f"was killed by {signal.Signals(-code).name}"
    return WorkerDiedError(
        f"A scoring process {how}, perhaps for lack of memory or by a crash of the framework. "
        "Nothing was written. Score in one process to find out: --jobs 1."
    )


def _portable(error: Exception) -> Exception:
    """Return the error, or a substitute if its class is a stranger's, which may not survive the way through a pipe."""
    if not isinstance(error, DrumError):
        error.add_note("".join(traceback.format_exception(error)))
    if type(error).__module__.partition(".")[0] in ("drum", "builtins"):
        return error
    if not isinstance(error, DrumError):
        return RuntimeError(f"{type(error).__name__}: {error}")
    known = next(base for base in type(error).__mro__ if base.__module__ == DrumError.__module__)
    substitute: DrumError = known(error.message)
    substitute.detail = error.detail
    return substitute
