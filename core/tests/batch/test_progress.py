"""Progress is for terminals."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from drum.batch.progress import no_progress, shown_progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_rows_and_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    with shown_progress(terminal) as progress:
        progress(1234, 0.5)
    assert "1,234 rows" in terminal.getvalue()
    assert "rows/s" in terminal.getvalue()
    assert "50%" in terminal.getvalue()


def test_a_pipe_stays_silent() -> None:
    pipe = io.StringIO()
    with shown_progress(pipe) as progress:
        progress(1234, 0.5)
    assert progress is no_progress
    assert pipe.getvalue() == ""


def test_rich_is_imported_for_terminals_only() -> None:
    code = """
import io, sys
from drum.batch.progress import shown_progress
with shown_progress(io.StringIO()) as progress:
    progress(1, 1.0)
print("rich" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
