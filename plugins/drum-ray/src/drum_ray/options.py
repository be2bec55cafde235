"""The options of this engine, and what their values must be."""

from __future__ import annotations

import math
from dataclasses import dataclass

OPTIONS = ("ray_address", "actors", "num_gpus", "max_failed_partitions", "output_format")


@dataclass(frozen=True, slots=True)
class ActorRange:
    """How many actors there are at least and at most."""

    least: int
    most: int

    def __str__(self) -> str:
        return str(self.most) if self.least == self.most else f"{self.least}:{self.most}"


def actor_range(text: str) -> ActorRange:
    """Parse ``N`` or ``MIN:MAX``, both 1 or more."""
    least, _, most = text.partition(":")
    found = ActorRange(int(least), int(most or least))
    if not 1 <= found.least <= found.most:
        raise ValueError("say N or MIN:MAX, from 1 up")
    return found


def gpu_share(text: str) -> float:
    """Parse a number of GPUs: whole ones, or a share of one."""
    number = float(text)
    if not 0 <= number < math.inf or (number > 1 and number != int(number)):
        raise ValueError("must be 0 or more, and whole above 1")
    return number


def failure_count(text: str) -> int:
    """Parse a number of files, 0 or more."""
    number = int(text)
    if number < 0:
        raise ValueError("must be 0 or more")
    return number
