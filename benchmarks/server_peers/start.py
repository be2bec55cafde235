"""Measure the time from a server's exec to its first right answer."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from server_peers.bodies import Material
from server_peers.running import SERVER_CORE, running
from server_peers.variants import Variant

ROUNDS = 5


def measure(
    material: Material, variants: Sequence[Variant], folder: Path, cores: str = SERVER_CORE
) -> dict[str, float]:
    """Return each contender's median, of its first configuration; a first round warms the caches and is left out.

    :param cores: those that a server may use.
    """
    first = {variant.contender: variant for variant in reversed(variants)}
    seconds: dict[str, list[float]] = defaultdict(list)
    for number in range(ROUNDS + 1):
        for contender, variant in reversed(first.items()):
            with running(variant, material, folder, cores) as server:
                if number:
                    seconds[contender].append(server.started_s)
    return {contender: statistics.median(values) for contender, values in seconds.items()}
