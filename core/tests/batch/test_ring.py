"""The ring: order without locks, the earliest error, and no process or file left behind."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from drum.batch.csv_blocks import Block, CsvFile, Cursor
from drum.batch.progress import no_progress
from drum.batch.ring import work_in_ring
from drum.errors import MalformedInputError, ModelContractError, ModelHTTPError, WorkerDiedError

ROWS = 1000


@dataclass
class Copying:
    """Copies blocks to a file; ``before`` is called with the row that each block begins with."""

    file: CsvFile
    target: Path
    before: Callable[[int], None] = field(default=lambda row: None)

    def cut(self, cursor: Cursor) -> tuple[Block, Cursor] | None:
        return self.file.cut(cursor)

    def answer(self, block: Block) -> bytes:
        self.before(block.start.row)
        return b"%d: " % os.getpid() + block.records.text

    def write(self, text: bytes) -> None:
        with self.target.open("ab") as file:
            file.write(text)


@pytest.fixture
def copying(tmp_path: Path, numbers_csv: Path) -> Iterator[Copying]:
    with numbers_csv.open("rb") as file:
        yield Copying(CsvFile(file, block_rows=10), tmp_path / "out")


def run(work: Copying, processes: int, progress: Callable[[int, float], None] = no_progress) -> int:
    try:
        return work_in_ring(work, work.file.start, processes=processes, size=work.file.size, progress=progress)
    finally:
        assert multiprocessing.active_children() == []


@pytest.mark.parametrize("processes", [1, 2, 3, 5])
def test_all_blocks_are_written_in_order_by_all_processes(copying: Copying, numbers_csv: Path, processes: int) -> None:
    assert run(copying, processes) == ROWS
    lines = copying.target.read_text().splitlines()
    assert [line.partition(": ")[2] or line for line in lines] == numbers_csv.read_text().splitlines()[1:]
    assert len({line.partition(": ")[0] for line in lines if ": " in line}) == processes


def test_more_processes_than_blocks_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "small.csv"
    path.write_text("a\n1\n2\n")
    with path.open("rb") as file:
        assert run(Copying(CsvFile(file, block_rows=1), tmp_path / "out"), 4) == 2


def test_progress_is_told_in_order(copying: Copying) -> None:
    told: list[tuple[int, float]] = []
    run(copying, 2, lambda rows, share: told.append((rows, share)))
    assert told == sorted(told)
    assert told[-1] == (ROWS, 1.0)


@pytest.mark.parametrize("processes", [1, 2, 3])
@pytest.mark.parametrize("first_bad", [0, 10, 20, 990])
def test_the_earliest_error_is_raised_with_all_it_says(copying: Copying, processes: int, first_bad: int) -> None:
    def fail(row: int) -> None:
        if row >= first_bad:
            raise ModelContractError(f"row {row}", detail="frames")

    copying.before = fail
    with pytest.raises(ModelContractError) as raised:
        run(copying, processes)
    assert (raised.value.message, raised.value.detail) == (f"row {first_bad}", "frames")
    assert len(copying.target.read_text().splitlines() if first_bad else []) == first_bad


def test_an_error_while_cutting_waits_for_the_blocks_before_it(tmp_path: Path) -> None:
    path = tmp_path / "open.csv"
    path.write_text("a\n" + "1\n" * 200_000 + '"2\n')
    with path.open("rb") as file, pytest.raises(MalformedInputError, match="begins in line 200002 "):
        run(Copying(CsvFile(file, block_rows=50_000), tmp_path / "out"), 2)
    assert len((tmp_path / "out").read_text().splitlines()) >= 50_000


class StrangersError(ModelContractError):
    """A class that cannot be made again from its message alone."""

    def __init__(self, message: str, count: int) -> None:
        super().__init__(message, detail=str(count))


@pytest.mark.parametrize(
    ("error", "expected", "message"),
    [
        (ModelHTTPError("no", 418), ModelHTTPError, "no"),
        (StrangersError("odd", 3), ModelContractError, "odd"),
        (ZeroDivisionError("by zero"), ZeroDivisionError, "by zero"),
        (multiprocessing.ProcessError("strange"), RuntimeError, "ProcessError: strange"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_errors_of_a_child_arrive(
    copying: Copying, in_child: Callable[[], bool], error: Exception, expected: type[Exception], message: str
) -> None:
    def fail(row: int) -> None:
        if in_child():
            raise error

    copying.before = fail
    with pytest.raises(Exception, match=message) as raised:
        run(copying, 2)
    assert type(raised.value) is expected
    assert getattr(raised.value, "detail", "") == getattr(error, "detail", "")
    assert getattr(raised.value, "status_code", 0) == getattr(error, "status_code", 0)


def test_an_unexpected_error_of_a_child_says_where_it_was(copying: Copying, in_child: Callable[[], bool]) -> None:
    def divide(row: int) -> None:
        if in_child():
            row // 0

    copying.before = divide
    with pytest.raises(ZeroDivisionError) as raised:
        run(copying, 2)
    assert "in divide" in raised.value.__notes__[0]


@pytest.mark.parametrize("processes", [2, 3])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_child_that_is_killed_is_noticed(
    copying: Copying, in_child: Callable[[], bool], processes: int, number: signal.Signals
) -> None:
    def die(row: int) -> None:
        if in_child() and row > 100:
            faulthandler.disable()
            os.kill(os.getpid(), number)

    copying.before = die
    with pytest.raises(WorkerDiedError, match=f"was killed by {number.name}"):
        run(copying, processes)


def test_a_child_that_exits_is_noticed(copying: Copying, in_child: Callable[[], bool]) -> None:
    def leave(row: int) -> None:
        if in_child():
            os._exit(3)

    copying.before = leave
    with pytest.raises(WorkerDiedError, match="exited with status 3"):
        run(copying, 2)


def test_an_interrupt_of_the_parent_ends_the_children(copying: Copying, in_child: Callable[[], bool]) -> None:
    def interrupt(row: int) -> None:
        if in_child():
            signal.pause()
        elif row > 0:
            raise KeyboardInterrupt

    copying.before = interrupt
    with pytest.raises(KeyboardInterrupt):
        run(copying, 3, lambda rows, share: interrupt(rows))


def test_children_ignore_the_interrupt_of_the_terminal(copying: Copying, in_child: Callable[[], bool]) -> None:
    def interrupt(row: int) -> None:
        if in_child():
            os.kill(os.getpid(), signal.SIGINT)

    copying.before = interrupt
    assert run(copying, 2) == ROWS


def test_an_error_while_writing_ends_the_run(copying: Copying, in_child: Callable[[], bool]) -> None:
    copying.target.mkdir()
    with pytest.raises(IsADirectoryError):
        run(copying, 2)
