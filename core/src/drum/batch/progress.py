"""Tell how far a run has come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

Progress = Callable[[int, float], None]
"""Called with the rows that are done and with the share of the input, from 0 to 1, that they are."""


def no_progress(rows: int, share: float) -> None:
    """Show nothing."""


@contextmanager
def shown_progress(stream: TextIO) -> Iterator[Progress]:
    """Show rows, rows per second and the time left on a terminal; elsewhere show nothing."""
    if not stream.isatty():
        yield no_progress
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("Scoring"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
        TextColumn("{task.fields[pace]:,.0f} rows/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(file=stream), transient=True) as bar:
        task = bar.add_task("", total=1.0, rows=0, pace=0.0)

        def show(rows: int, share: float) -> None:
            elapsed = bar.tasks[task].elapsed or 0.0
            bar.update(task, completed=share, rows=rows, pace=rows / elapsed if elapsed else 0.0)

        yield show
