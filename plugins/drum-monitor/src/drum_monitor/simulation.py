"""``drum monitor simulate``: before anything is deployed, see how often the monitor would err, and what it would see.

The reference is cut in two at random: one half stays the reference, windows are drawn from the other, so that nothing
has changed. Then one column is changed more and more, until that is seen: numbers are shifted by a part of their
standard deviation; of categories, truth values and numbers of few values, a share of the rows takes the second most
frequent value in the place of the most frequent one.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

    from drum.cli.commands import Context
    from drum_monitor.drift.reference import Reference
    from drum_monitor.drift.tally import EncodedRows, Tally

WINDOWS = 300
SHIFTS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0)
SHARES = (0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0)
SEEN = 0.99
"""The share of windows in which a change must be detected to count as seen."""
SHIFT_WINDOWS = 100
LEAST_ROWS = 60


@dataclass(frozen=True, slots=True)
class Mix:
    """A change of a mix: ``share`` of all rows go from one value to another; ``None`` if no share of them is seen."""

    share: float | None
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """For one window size: the share of windows with a false alarm, and by column the smallest change that is seen."""

    size: int
    false_alarms: float
    shifts: dict[str, float | None]
    mixes: dict[str, Mix]


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
    if outcome.mixes:
        yield f"  smallest change of a mix seen in {SEEN:.0%} of windows, in rows that change their value:"
    for column, mix in outcome.mixes.items():
        if mix.share is None:
            yield f"    {column}: none up to all rows of '{mix.before}' becoming '{mix.after}'"
        else:
            yield f"    {column}: {mix.share:.0%} from '{mix.before}' to '{mix.after}'"


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
        changing = _Changing(reference, other, encoded, drawn[:SHIFT_WINDOWS], tallies, level)
        shifts = {one.name: changing.shift(place) for place, one in enumerate(reference.profiles) if one.is_continuous}
        mixes = {one.name: changing.mix(place) for place, one in enumerate(reference.profiles) if one.categories}
        yield Outcome(size, alarms / windows, shifts, mixes)


def _count(reference: Reference, encoded: Any, rows: Any) -> Tally:
    from drum_monitor.drift.tally import EncodedRows

    return reference.counter.count(EncodedRows(encoded.codes[rows], encoded.faults[rows], encoded.values[rows]))


def _drifted(reference: Reference, tally: Tally, level: float, places: Sequence[int] | None = None) -> list[str]:
    """Return the columns that drift; ``places`` are those to look at, as members of the whole family."""
    from drum_monitor.drift.judging import judge

    family = range(len(reference.profiles))
    found = judge(reference.counter, reference.tally, tally, places or family, level / len(family))
    return sorted({one.column for one in found if one.drives and one.detected})


class _Changing:
    """Change one column further and further until it is seen.

    :param other: rows like those of the reference, and the same ``encoded``.
    :param drawn: of each window, the places of its rows in ``other``; ``tallies`` are their counts.
    """

    def __init__(
        self, reference: Reference, other: pd.DataFrame, encoded: EncodedRows, drawn: Sequence[Any],
        tallies: Sequence[Tally], level: float,
    ) -> None:  # fmt: skip
        self._reference = reference
        self._other = other
        self._encoded = encoded
        self._drawn = drawn
        self._tallies = tallies
        self._level = level

    def shift(self, place: int) -> float | None:
        """Return the smallest shift of numbers that is seen, in standard deviations."""
        from drum_monitor.drift.tally import sigma

        profile = self._reference.profiles[place]
        deviation = sigma(self._reference.tally.moments[place])
        values = self._other[profile.name]
        return self._smallest(place, SHIFTS, lambda shift: profile.encode(values + shift * deviation).codes)

    def mix(self, place: int) -> Mix:
        """Return the smallest share of the rows that is seen when it leaves the most frequent value for the next."""
        import numpy as np

        counter = self._reference.counter
        counts = counter.cells_of(self._reference.tally, place)
        # The last cell is that of missing values; a column of one value goes over to the cell before, of new ones.
        before, after = (int(cell) for cell in np.argsort(-counts[:-1], kind="stable")[:2])
        names = self._reference.profiles[place].names_of_cells
        codes = self._encoded.codes[:, place] - place * counter.width
        there = codes == before
        ranks = np.cumsum(there) - 1  # the rows are in random order, so that the first ones are as good as any

        def changed(share: float) -> Any:
            return np.where(there & (ranks < share * len(codes)), after, codes)

        most = float(there.mean())
        shares = [*(share for share in SHARES if share < most), most]
        return Mix(self._smallest(place, shares, changed), names[before], names[after])

    def _smallest(self, place: int, sizes: Sequence[float], change: Callable[[float], Any]) -> float | None:
        import numpy as np

        for size in sizes:
            codes = change(size)
            seen = 0
            for rows, tally in zip(self._drawn, self._tallies, strict=False):
                kept = tally.cells[place].copy()
                tally.cells[place] = np.bincount(codes[rows], minlength=self._reference.counter.width)
                seen += bool(_drifted(self._reference, tally, self._level, [place]))
                tally.cells[place] = kept
            if seen >= SEEN * len(self._drawn):
                return size
        return None
