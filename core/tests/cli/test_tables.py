"""Tables go to the stream that they are given, as text."""

from __future__ import annotations

import os

from drum.cli.tables import new_table, print_all


def test_what_is_printed_comes_out_as_it_is() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb", buffering=0) as stream:
        table = new_table("name", "count", right=("count",))
        table.add_row("é" * 200, "1,000")
        print_all(stream, table, "a line of its own [b]with[/b] brackets, " + "long " * 40)
        assert not stream.closed
    with os.fdopen(reading, encoding="utf-8") as pipe:
        lines = pipe.read().splitlines()
    assert sum(line.count("é") for line in lines) == 200
    assert max(map(len, lines[:-1])) <= 120
    assert lines[-1].startswith("a line of its own [b]with[/b] brackets, long long")
    assert "\x1b" not in "".join(lines)
