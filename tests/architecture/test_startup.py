"""The start-up budget: what the command line must not do before it is asked to."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

BUDGET = 0.300
HEAVY = ("numpy", "pandas", "pyarrow", "scipy", "sklearn", "starlette", "uvicorn", "rich")


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["score", "--help"]])
def test_starts_within_the_budget(words: list[str]) -> None:
    """The best of several starts counts: the budget is the program's, not the machine's."""
    assert min(_seconds(words) for _ in range(7)) < BUDGET


def _seconds(words: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "drum", *words], check=True, capture_output=True)
    return time.perf_counter() - started


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["score", "--help"]])
def test_imports_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys; from drum.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], check=True, capture_output=True, text=True)
    assert done.stderr.splitlines()[-1] == "[]"
