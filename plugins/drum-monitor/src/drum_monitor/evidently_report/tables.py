"""Bring reference and current rows into the two forms that Evidently knows: numbers, and names of categories."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from drum.errors import ConfigError
from drum_monitor.drift.profile import Profile
from drum_monitor.drift.reference import load_table, make_reference, read_table, with_predicted_class
from drum_monitor.drift.values import names, numbers
from drum_monitor.roles import Roles

TAG = re.compile(r"<(?=[/!?a-zA-Z])")
ANGLE = "\u2039"
"""A character that looks like ``<`` and is none."""


def harmless(text: str) -> str:
    """Put another character for the ``<`` that begins a tag.

    Evidently writes names and categories into a script of its page as they are: one that holds ``</script>`` would end
    it, and what follows would be the page's own HTML, whoever sent it.
    """
    return TAG.sub(ANGLE, text)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """Two tables with the same columns: float64 where ``numerical``, text where ``categorical``.

    ``notes`` are sentences about what was left out, or counts as missing.
    """

    reference: pd.DataFrame
    current: pd.DataFrame
    numerical: tuple[str, ...]
    categorical: tuple[str, ...]
    notes: tuple[str, ...]


def compare(reference: Path, current: Path, prediction: Sequence[str], target: str | None) -> Comparison:
    """Read both files and hold the current rows to the reference.

    A column is a number or a category as it is to the monitor: numbers of few values are categories.

    :param prediction: the score columns, if the reference does not state them.
    :param target: the column with the true answer, likewise.
    :raises ConfigError: if a file cannot be read, has no rows, or they do not fit together.
    """
    table, roles = load_table(reference, prediction, target)
    rows = _read_current(current)
    _check_fit(rows, roles, reference, current)
    for path, one in ((reference, table), (current, rows)):
        if one.empty:
            raise ConfigError(f"'{path}' has no rows to compare.")
    profiles, notes = _profiles(table, roles, rows, current)
    sides = (_Side(reference, with_predicted_class(table, roles)), _Side(current, with_predicted_class(rows, roles)))
    kept = []
    for profile in profiles:
        empty = [side.path for side in sides if not side.take(profile)]
        if empty:
            notes.append(f"'{profile.name}' has no value in '{empty[0]}': it is left out.")
        else:
            kept.append(profile)
    if not kept:
        raise ConfigError(f"No column has a value in both '{reference}' and '{current}': there is nothing to compare.")
    taken = [profile.name for profile in kept]
    return Comparison(
        reference=sides[0].table(taken), current=sides[1].table(taken),
        numerical=tuple(harmless(one.name) for one in kept if one.is_continuous),
        categorical=tuple(harmless(one.name) for one in kept if not one.is_continuous),
        notes=(*notes, *(note for side in sides for note in side.notes(taken))),
    )  # fmt: skip


def _read_current(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise ConfigError(f"The file '{path}' with the current rows does not exist.")
    try:
        return read_table(path)[0]
    except ConfigError as error:
        raise ConfigError(f"'{path}' cannot be read as Parquet or CSV: {error.__cause__}") from error


def _check_fit(rows: pd.DataFrame, roles: Roles, reference: Path, current: Path) -> None:
    lacking = [name for name in roles.sent if name not in rows.columns]
    if not lacking:
        return
    named = ", ".join(f"'{name}'" for name in lacking)
    if set(lacking) <= set(roles.prediction):
        raise ConfigError(
            f"'{current}' lacks the scores {named}. Score it first, and give --current what comes out:\n"
            f"  drum monitor reference --code-dir DIR --input '{current}' --output current.parquet"
        )
    raise ConfigError(
        f"'{current}' does not fit the reference '{reference}': it lacks {named}. "
        f"It has: {', '.join(map(str, rows.columns))}."
    )


def _profiles(table: pd.DataFrame, roles: Roles, rows: pd.DataFrame, current: Path) -> tuple[list[Profile], list[str]]:
    """Return the profiles of the columns to compare, and a note if the true answer is not among them."""
    made = make_reference(table, roles)
    profiles = list(made.profiles)
    if made.target is None:
        return profiles, []
    (target,) = made.target.profiles
    if target.name in rows.columns:
        return [*profiles, target], []
    return profiles, [f"'{current}' has no column '{target.name}' with the true answer: it is left out."]


class _Side:
    """One of the two files, column by column as Evidently takes it."""

    def __init__(self, path: Path, table: pd.DataFrame) -> None:
        self.path = path
        self._given = table
        self._taken: dict[str, pd.Series[Any]] = {}
        self._unusable: dict[str, int] = {}

    def take(self, profile: Profile) -> bool:
        """Read a column; tell whether it has any value."""
        column = self._given[profile.name]
        taken = self._take_numbers(profile, column) if profile.numeric else _take_names(column)
        self._taken[profile.name] = taken
        return bool(taken.notna().any())

    def _take_numbers(self, profile: Profile, column: pd.Series[Any]) -> pd.Series[Any]:
        values = numbers(column).values
        values = np.where(np.isfinite(values), values, np.nan)
        self._unusable[profile.name] = int(np.isnan(values).sum() - column.isna().sum())
        taken = pd.Series(values)
        if profile.is_continuous:
            return taken
        # Not str(column): a column of integers is one of doubles where a value is missing.
        return taken.astype(object).map(lambda number: repr(number).removesuffix(".0"), na_action="ignore")

    def table(self, names: Sequence[str]) -> pd.DataFrame:
        """Return columns that were read, by names that are harmless."""
        return pd.DataFrame({harmless(name): self._taken[name] for name in names})

    def notes(self, names: Sequence[str]) -> Iterator[str]:
        """Say which of the columns hold values that Evidently gets as missing ones."""
        for name in names:
            if count := self._unusable.get(name):
                yield f"'{name}' in '{self.path}': {count:,} that are no finite numbers count as missing."


def _take_names(column: pd.Series[Any]) -> pd.Series[Any]:
    return names(column)[0].reset_index(drop=True).map(harmless, na_action="ignore")
