"""The reference: what the columns looked like when the model was trained or accepted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from drum.errors import ConfigError
from drum.types import TargetType
from drum_monitor.drift.profile import Profile, fingerprint, profile_column
from drum_monitor.drift.tally import Counter, Tally
from drum_monitor.drift.values import is_number_column, numbers
from drum_monitor.roles import FEATURE, PREDICTED_CLASS, PREDICTION, TARGET, Roles, guess_roles

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reference:
    """Profiles and counts of the reference; ``target`` has a counter of its own, for labels come later than rows."""

    roles: Roles
    rows: int
    sha256: str
    counter: Counter
    tally: Tally
    target: Counter | None
    target_tally: Tally | None

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """The profiles of all columns but the target."""
        return self.counter.profiles

    @property
    def target_is_number(self) -> bool:
        """Tell whether labels are numbers: the model predicts one, and the reference's own labels are no texts."""
        if self.roles.target_type != TargetType.REGRESSION.value or self.roles.labels:
            return False
        return self.target is None or self.target.profiles[0].numeric


def make_reference(table: pd.DataFrame, roles: Roles) -> Reference:
    """Fix the cells of every column by its values in ``table``, and count them."""
    described = with_predicted_class(table, roles)
    columns = [(name, FEATURE) for name in roles.features] + [(name, PREDICTION) for name in roles.prediction]
    if PREDICTED_CLASS in described and roles.tells_one_class:
        columns.append((PREDICTED_CLASS, PREDICTION))
    counter = _counter(described, [profile_column(name, role, described[name]) for name, role in columns])
    target = target_tally = None
    if roles.target is not None and roles.target in table and table[roles.target].notna().any():
        classes = True if roles.labels else None
        target = _counter(table, [profile_column(roles.target, TARGET, table[roles.target], as_categories=classes)])
        target_tally = target.count(target.encode(table))
    return Reference(
        roles=roles, rows=len(table), sha256=fingerprint(table), counter=counter,
        tally=counter.count(counter.encode(described)), target=target, target_tally=target_tally,
    )  # fmt: skip


def _counter(table: pd.DataFrame, profiles: Sequence[Profile]) -> Counter:
    return Counter(profiles, [_middle(table[profile.name]) if profile.numeric else 0.0 for profile in profiles])


def _middle(column: pd.Series[Any]) -> float:
    """Return the median: sums of squares are taken around it."""
    values = numbers(column).values
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else 0.0


def with_predicted_class(table: pd.DataFrame, roles: Roles) -> pd.DataFrame:
    """Add the label with the highest score as a column, where the scores are of classes."""
    if not roles.tells_one_class or PREDICTED_CLASS in roles.features:
        return table
    scores = np.column_stack([numbers(table[name]).values for name in roles.prediction])
    labels = np.array(roles.labels or roles.prediction, dtype=object)
    missing = np.isnan(scores).any(axis=1)
    chosen = labels[np.where(np.isnan(scores), -np.inf, scores).argmax(axis=1)]
    chosen[missing] = None
    return table.assign(**{PREDICTED_CLASS: chosen})


def read_table(path: Path) -> tuple[pd.DataFrame, Roles | None]:
    """Read a reference file, Parquet or CSV, with its roles if it states them.

    :raises ConfigError: if it is not there, or no such file.
    """
    if not path.is_file():
        raise ConfigError(
            f"The reference '{path}' does not exist. Write one: drum monitor reference --output '{path}'."
        )
    try:
        if path.suffix.lower() == ".csv":
            return pd.read_csv(path), None
        import pyarrow.parquet as pq

        table = pq.read_table(path)
        return table.to_pandas(ignore_metadata=True), Roles.from_metadata(table.schema.metadata)
    except (ValueError, OSError) as error:
        raise ConfigError(f"The reference '{path}' cannot be read as Parquet or CSV: {error}") from error


def load_table(path: Path, prediction: Sequence[str], target: str | None) -> tuple[pd.DataFrame, Roles]:
    """Read a reference file and decide the roles of its columns.

    :param prediction: the score columns that the configuration names, if it does; they win.
    :raises ConfigError: if nobody says which columns are scores, or the file lacks one of them.
    """
    table, stated = read_table(path)
    columns = [str(name) for name in table.columns]
    if stated is not None and (not prediction or tuple(prediction) == stated.prediction) and target in (
        None, stated.target,
    ):  # fmt: skip
        return table, stated
    if not prediction:
        raise ConfigError(
            f"'{path}' does not say which of its columns are scores. Name them in the configuration as "
            "'prediction: [...]', or write the file with 'drum monitor reference'."
        )
    return table, guess_roles(columns, prediction, target, str(path))


def numeric_target(table: pd.DataFrame, roles: Roles) -> bool:
    """Tell whether the target is a number."""
    return roles.target is not None and not roles.labels and is_number_column(table[roles.target])
