"""``drum monitor simulate``: before anything is deployed, see how often the monitor would err, and what it would see.

The reference is cut in two at random: one half stays the reference, windows are drawn from the other, so that nothing
has changed. Then the numbers of one column are shifted, by more and more of their standard deviation.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

    from drum.cli.commands import Context
    from drum_monitor.drift.reference import Reference
    from drum_monitor.drift.tally import Tally

WINDOWS = 300
SHIFTS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0)
SEEN = 0.99
"""The share of windows in which a shift must be detected to count as seen."""
SHIFT_WINDOWS = 100
LEAST_ROWS = 60


@dataclass(frozen=True, slots=True)
class Outcome:
    """For one window size: the share of windows with a false alarm, and by column the smallest shift that is seen."""

    size: int
    false_alarms: float
    shifts: dict[str, float | None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add = parser.add_argument
    add("--reference", required=True, metavar="FILE", help="a reference, as 'drum monitor reference' writes it")
    add("--window-size", type=_size, nargs="+", default=[30, 100, 300, 1000], metavar="N", help="rows of a window")
    add("--level", type=_level, default=0.01, metavar="P", help="false alarms wanted, in a window; default: 0.01")
    add("--windows", type=_size, default=WINDOWS, metavar="N", help=f"windows to draw; default: {WINDOWS}")
    add("--prediction", nargs="+", default=[], metavar="COLUMN", help="score columns, if the file does not state them")
    add("--seed", type=int, default=0, metavar="N", help="for drawing; default: 0")


def _size(text: str) -> int:
    if not text.isdigit() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number of 2 or more")
    return int(text)


def _level(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number < 0.5:
        raise argparse.ArgumentTypeError(f"'{text}' is no number above 0 and below 0.5")
    return number


def run(context: Context) -> None:
    """Print what comes out.

    :raises ConfigError: if the reference cannot be read or is too small.
    """
    from drum_monitor.drift.reference import load_table

    given = context.arguments
    path = Path(given.reference).expanduser()
    table, roles = load_table(path, given.prediction, None)
    if len(table) < LEAST_ROWS:
        raise ConfigError(f"'{path}' has {len(table)} rows; a simulation needs {LEAST_ROWS} to cut in two.")
    lines = [
        f"{len(table):,} rows, {len(roles.sent)} columns; level {given.level:g}, {given.windows} windows of each size"
    ]
    for outcome in simulate(table, roles, given.window_size, given.level, given.windows, given.seed):
        lines += _lines(outcome)
    print("\n".join(lines))  # noqa: T201 - a command speaks to who called it


def _lines(outcome: Outcome) -> Iterator[str]:
    yield f"\nwindow of {outcome.size:,} rows: false alarms {outcome.false_alarms:.2%}"
    if outcome.shifts:
        yield f"  smallest shift seen in {SEEN:.0%} of windows, in standard deviations:"
    for column, shift in outcome.shifts.items():
        yield f"    {column}: {f'{shift:g}' if shift is not None else f'none up to {SHIFTS[-1]:g}'}"


def simulate(
    table: pd.DataFrame, roles: Any, sizes: Sequence[int], level: float, windows: int, seed: int = 0
) -> Iterator[Outcome]:
    """Yield an outcome for each window size."""
    import numpy as np

    from drum_monitor.drift.reference import make_reference, with_predicted_class

    random = np.random.default_rng(seed)
    order = random.permutation(len(table))
    half = len(table) // 2
    reference = make_reference(table.iloc[order[:half]].reset_index(drop=True), roles)
    other = with_predicted_class(table.iloc[order[half:]].reset_index(drop=True), roles)
    encoded = reference.counter.encode(other)
    for size in sizes:
        drawn = [random.integers(0, len(other), size) for _ in range(windows)]
        tallies = [_count(reference, encoded, rows) for rows in drawn]
        alarms = sum(bool(_drifted(reference, tally, level)) for tally in tallies)
        shifts = {
            profile.name: _smallest_shift(reference, place, other, drawn[:SHIFT_WINDOWS], tallies, level)
            for place, profile in enumerate(reference.profiles)
            if profile.is_continuous
        }
        yield Outcome(size, alarms / windows, shifts)


def _count(reference: Reference, encoded: Any, rows: Any) -> Tally:
    from drum_monitor.drift.tally import EncodedRows

    return reference.counter.count(EncodedRows(encoded.codes[rows], encoded.faults[rows], encoded.values[rows]))


def _drifted(reference: Reference, tally: Tally, level: float, places: Sequence[int] | None = None) -> list[str]:
    """Return the columns that drift; ``places`` are those to look at, as members of the whole family."""
    from drum_monitor.drift.judging import judge

    family = range(len(reference.profiles))
    found = judge(reference.counter, reference.tally, tally, places or family, level / len(family))
    return sorted({one.column for one in found if one.drives and one.detected})


def _smallest_shift(
    reference: Reference, place: int, other: pd.DataFrame, drawn: Sequence[Any], tallies: Sequence[Tally], level: float
) -> float | None:
    """Shift the numbers of one column further and further until it is seen."""
    import numpy as np

    from drum_monitor.drift.tally import sigma

    profile = reference.profiles[place]
    deviation = sigma(reference.tally.moments[place])
    cells = reference.counter.width
    for shift in SHIFTS:
        codes = profile.encode(other[profile.name] + shift * deviation).codes
        seen = 0
        for rows, tally in zip(drawn, tallies, strict=False):
            kept = tally.cells[place].copy()
            tally.cells[place] = np.bincount(codes[rows], minlength=cells)
            seen += bool(_drifted(reference, tally, level, [place]))
            tally.cells[place] = kept
        if seen >= SEEN * len(drawn):
            return shift
    return None
