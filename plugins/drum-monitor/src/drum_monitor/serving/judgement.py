"""What one look at the window came to, and which columns which monitor looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from drum_monitor.drift.judging import Finding
from drum_monitor.drift.profile import Profile
from drum_monitor.roles import FEATURE, PREDICTED_CLASS, Roles
from drum_monitor.serving.configuration import Configuration


class State(str, Enum):
    """What the service can say of the window."""

    WARMING = "warming"
    """There are not enough rows yet."""
    OK = "ok"
    DRIFT = "drift"
    INSUFFICIENT = "insufficient"
    """The reference has too few rows to compare with."""
    ERROR = "error"
    """The comparison failed; the log says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What was found; all but the state is empty where nothing was."""

    state: State
    at: float
    window_rows: int = 0
    findings: tuple[Finding, ...] = ()
    quality: Mapping[tuple[str, str], float] = field(default_factory=dict)
    performance: Mapping[str, float] = field(default_factory=dict)
    coverage: float | None = None

    @property
    def verdicts(self) -> tuple[Finding, ...]:
        """The finding on which the verdict hangs, for each column: of two that may decide, the one nearer to drift."""
        strongest: dict[tuple[str, str], Finding] = {}
        for finding in self.findings:
            key = finding.role, finding.column
            if finding.drives and (key not in strongest or finding.ratio > strongest[key].ratio):
                strongest[key] = finding
        return tuple(strongest.values())

    @property
    def drifted(self) -> tuple[Finding, ...]:
        """The verdicts of the columns that drift."""
        return tuple(finding for finding in self.verdicts if finding.detected)


def judged_places(profiles: Sequence[Profile], configuration: Configuration, roles: Roles) -> list[int]:
    """Return the places of the columns whose drift is looked for; the target is apart."""
    return [place for place, profile in enumerate(profiles) if _is_judged(profile, configuration, roles)]


def _is_judged(profile: Profile, configuration: Configuration, roles: Roles) -> bool:
    if profile.role == FEATURE:
        return configuration.watches("data_drift")
    if configuration.watches("prediction_drift"):
        return True
    if profile.name == PREDICTED_CLASS:
        return configuration.watches("cat_target_drift")
    return configuration.watches("num_target_drift") and not roles.tells_one_class


def judges_target(configuration: Configuration, roles: Roles) -> bool:
    """Tell whether drift of the target is looked for, as what it is."""
    return configuration.watches("cat_target_drift" if roles.labels else "num_target_drift")
