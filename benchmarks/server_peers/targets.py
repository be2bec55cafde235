"""What is measured, and what it should come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BEST_PEER = "best peer"
Measure = Literal["rate", "p99_ms"]


@dataclass(frozen=True)
class Cell:
    """A kind of load: so many clients, each sending bodies of so many rows, one after the other."""

    rows: int
    clients: int

    def __str__(self) -> str:
        rows, clients = ("" if count == 1 else "s" for count in (self.rows, self.clients))
        return f"{self.rows:,} row{rows}, {self.clients} client{clients}"


@dataclass(frozen=True)
class Target:
    """What a cell should come to: a rate of at least ``limit`` times the other's, a latency of at most that."""

    cell: Cell
    limit: float
    against: str = BEST_PEER
    measure: Measure = "rate"
    ours: str = "drum"


ONE, MANY, SOME_ROWS, BIG = Cell(1, 1), Cell(1, 64), Cell(100, 8), Cell(10_000, 1)
CELLS = {"ridge": (ONE, MANY, SOME_ROWS, BIG), "columns": (ONE, MANY), "messy": (ONE, MANY)}
TARGETS = {
    "ridge": (
        Target(ONE, 2.5),
        Target(MANY, 15),
        Target(MANY, 1 / 5, measure="p99_ms"),
        Target(SOME_ROWS, 2),
        Target(BIG, 0.95, against="bare"),
    ),
    "columns": (Target(ONE, 1, against="bare"), Target(MANY, 15)),
    "messy": (
        Target(ONE, 1, against="bare"),
        Target(ONE, 1, against="bare", ours="drum, schema"),
        Target(MANY, 4),
        Target(MANY, 12, ours="drum, schema"),
    ),
}
START_TARGET = 1.25
