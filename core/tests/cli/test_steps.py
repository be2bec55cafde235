"""Progress is for terminals."""

from __future__ import annotations

import io

from drum.cli.steps import shown_steps


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_what_is_done() -> None:
    stream = Terminal()
    with shown_steps(stream, "Validating") as step:
        step("missing values [b]age[/b]", 0.5)
    assert "Validating" in stream.getvalue()
    assert "[b]age[/b]" in stream.getvalue()
    assert "50%" in stream.getvalue()


def test_elsewhere_there_is_silence() -> None:
    stream = io.StringIO()
    with shown_steps(stream, "Validating") as step:
        step("missing values", 0.5)
    assert stream.getvalue() == ""
