"""Show on a terminal what a command is doing, and how far it has come; elsewhere show nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

Steps = Callable[[str, float], None]
"""Called with what begins now, and with the share of all, from 0 to 1, that is done."""


@contextmanager
def shown_steps(stream: TextIO, purpose: str) -> Iterator[Steps]:
    """Show steps on a terminal.

    :param purpose: one word in front of the bar.
    """
    if not stream.isatty():
        yield lambda step, share: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = (TextColumn(purpose), BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(file=stream), transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda step, share: bar.update(task, description=escape(step), completed=share)
