"""Print tables on the standard output that a command has for itself."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from rich.table import Table

WIDTH = 120
"""Of what is no terminal, in columns."""


def new_table(*headings: str, right: Iterable[str] = ()) -> Table:
    """Return a table without rows.

    :param right: the headings of the columns of numbers.
    """
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    numbers = set(right)
    for heading in headings:
        is_number = heading in numbers
        table.add_column(heading, overflow="fold", justify="right" if is_number else "left", no_wrap=is_number)
    return table


def print_all(stdout: BinaryIO, *parts: Table | str) -> None:
    """Print tables, and lines of text as they are, one below the other."""
    from rich.console import Console

    stream = io.TextIOWrapper(stdout, encoding="utf-8", write_through=True)
    try:
        console = Console(file=stream, highlight=False, width=None if stream.isatty() else WIDTH)
        for part in parts:
            console.print(part, markup=False, soft_wrap=isinstance(part, str))
    finally:
        stream.detach()  # the stream beneath is its owner's to close
