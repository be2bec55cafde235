"""What a validation found, check by check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from drum.errors import DrumError, ModelError

if TYPE_CHECKING:
    import pandas as pd


class Status(str, Enum):
    """How a check ended."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of a check, in words; ``data`` is what the model was given, where it failed on that.

    ``refused`` tells that the model passed by refusing the data as the caller's fault.
    """

    status: Status
    details: str
    data: pd.DataFrame | bytes | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """A check that is still to be made; ``column`` is the one that it is about, if it is about one."""

    name: str
    run: Callable[[], Finding]
    column: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check that was made; ``kept`` is the file that holds what failed, if it was to be kept."""

    name: str
    status: Status
    details: str
    seconds: float
    column: str | None = None
    refused: bool = False
    kept: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All checks on one model with one input.

    ``rows`` and ``columns`` are those of the input (``None`` where the model takes none), ``sampled`` the rows that
    were tried over and over. ``error`` is what ended the validation early: the model does not even score its input.
    """

    checks: tuple[Check, ...]
    seconds: float
    rows: int | None = None
    columns: int | None = None
    sampled: int | None = None
    error: DrumError | None = None

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.status is Status.FAILED)

    def raise_if_failed(self) -> None:
        """Raise what stands for the exit code.

        :raises DrumError: the error of the basic prediction, if that failed.
        :raises ModelError: if any other check failed.
        """
        if self.error is not None:
            raise self.error
        if self.failed:
            names = ", ".join(dict.fromkeys(check.name for check in self.failed))
            raise ModelError(f"{len(self.failed)} of {len(self.checks)} checks failed: {names}.")

    def as_json(self) -> Mapping[str, Any]:
        """Return what JSON can hold of it."""
        counted = Counter(check.status.value for check in self.checks)
        return {
            "passed": not self.failed,
            "rows": self.rows,
            "columns": self.columns,
            "sampled_rows": self.sampled,
            "seconds": round(self.seconds, 3),
            "counts": {status.value: counted[status.value] for status in Status},
            "checks": [
                {
                    "name": check.name,
                    "column": check.column,
                    "status": check.status.value,
                    "refused": check.refused,
                    "details": check.details,
                    "seconds": round(check.seconds, 6),
                    "kept": check.kept,
                }
                for check in self.checks
            ],
        }
