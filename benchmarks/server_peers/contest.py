"""Find each contender's fastest configuration for each cell, then let them run in turns, round by round."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from server_peers.bodies import Material
from server_peers.load import Result, measure, median
from server_peers.running import NoAnswerError, running
from server_peers.targets import Cell
from server_peers.variants import Variant

Chosen = dict[Cell, dict[str, Variant]]
Medians = dict[Cell, dict[Variant, Result]]
HEAT_S = 2


def contest(
    material: Material, cells: Sequence[Cell], variants: Sequence[Variant], rounds: int, seconds: int, folder: Path
) -> Medians:
    """Return the medians of the rounds, of each contender in its fastest configuration."""
    chosen = _choose(material, cells, variants, min(seconds, HEAT_S), folder)
    results: dict[tuple[Cell, Variant], list[Result]] = defaultdict(list)
    for number in range(rounds):
        print(f"{material.name}: round {number + 1} of {rounds}", flush=True)
        for variant in _of(chosen):
            mine = [cell for cell in cells if variant in chosen[cell].values()]
            for cell, result in _run(material, variant, mine, seconds, folder).items():
                results[cell, variant].append(result)
    return {
        cell: {variant: median(found) for variant in chosen[cell].values() if (found := results.get((cell, variant)))}
        for cell in cells
    }


def _of(chosen: Chosen) -> Iterable[Variant]:
    return dict.fromkeys(variant for by_contender in chosen.values() for variant in by_contender.values())


def _choose(
    material: Material, cells: Sequence[Cell], variants: Sequence[Variant], seconds: int, folder: Path
) -> Chosen:
    """Run heats among the configurations of each contender that has several."""
    by_contender: dict[str, list[Variant]] = defaultdict(list)
    for variant in variants:
        by_contender[variant.contender].append(variant)
    chosen: Chosen = {cell: {} for cell in cells}
    for contender, entries in by_contender.items():
        heats = {entry: _run(material, entry, cells, seconds, folder) for entry in entries if len(entries) > 1}
        _tell(material, contender, heats)
        for cell in cells:
            chosen[cell][contender] = _fastest(entries, {entry: heat.get(cell) for entry, heat in heats.items()})
    return chosen


def _fastest(entries: Sequence[Variant], heats: dict[Variant, Result | None]) -> Variant:
    right = {entry: result.rate for entry, result in heats.items() if result and not result.is_void}
    return max(right, key=lambda entry: right[entry]) if right else entries[0]


def _tell(material: Material, contender: str, heats: dict[Variant, dict[Cell, Result]]) -> None:
    for entry, heat in heats.items():
        rates = (f"{cell}: {result.flaws or f'{result.rate:,.0f}/s'}" for cell, result in heat.items())
        print(f"{material.name}: heat of {contender} ({entry.note or 'plain'}): {'; '.join(rates)}", flush=True)


def _run(material: Material, variant: Variant, cells: Sequence[Cell], seconds: int, folder: Path) -> dict[Cell, Result]:
    """Run a server through cells; it has no results if it does not come to answer."""
    try:
        with running(variant, material, folder) as server:
            return {cell: measure(server, cell, seconds) for cell in cells}
    except NoAnswerError as error:
        print(error, flush=True)
        return {}
