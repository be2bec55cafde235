"""Put load on a server with wrk, which compares every answer with the right one."""

from __future__ import annotations

import json
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from server_peers.bodies import CONTENT_TYPES
from server_peers.running import LOAD_CORE, Server, settle
from server_peers.targets import Cell

SCRIPT = Path(__file__).parent / "load.lua"
WARM_UP_S = 1
ANSWER_LIMIT_S = 60


@dataclass(frozen=True)
class Result:
    """What wrk has seen; a result with anything but right answers is void."""

    rate: float
    p50_ms: float
    p99_ms: float
    checked: int
    wrong: int
    refused: int
    broken: int
    example: str

    @property
    def is_void(self) -> bool:
        """Tell whether anything but right answers came."""
        return self.checked == 0 or self.wrong + self.refused + self.broken > 0

    @property
    def flaws(self) -> str:
        """Return why the result is void; nothing if it is not."""
        if not self.is_void:
            return ""
        counts = f"{self.wrong} wrong, {self.refused} refused, {self.broken} broken of {self.checked}"
        return f"VOID: {counts}. {self.example}"


def measure(server: Server, cell: Cell, seconds: int) -> Result:
    """Warm the server up, then load it, each time once it has done with what was before."""
    settle(server)
    _wrk(server, cell, WARM_UP_S)
    settle(server)
    return _wrk(server, cell, seconds)


def _wrk(server: Server, cell: Cell, seconds: int) -> Result:
    variant = server.variant
    bodies = server.material.bodies(cell.rows, variant.payload)
    words = f"--threads {cell.clients} --connections {cell.clients} --duration {seconds}s --timeout {ANSWER_LIMIT_S}s"
    given = [str(bodies), CONTENT_TYPES[variant.payload], variant.key, str(cell.clients)]
    command = ["taskset", "--cpu-list", LOAD_CORE, "wrk", *words.split(), "--script", str(SCRIPT), server.url, "--"]
    output = subprocess.run([*command, *given], check=True, capture_output=True, text=True).stdout
    return Result(**json.loads(output.splitlines()[-1]))


def median(results: Sequence[Result]) -> Result:
    """Return the medians of what was measured and the sums of what was counted."""
    middle = {
        name: statistics.median(vars(result)[name] for result in results) for name in ("rate", "p50_ms", "p99_ms")
    }
    counts = {name: sum(vars(result)[name] for result in results) for name in ("checked", "wrong", "refused", "broken")}
    example = next((result.example for result in results if result.example), "")
    return Result(**middle, **counts, example=example)
