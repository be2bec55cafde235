"""Print what was measured, and whether it meets the targets."""

from __future__ import annotations

from collections.abc import Sequence

from server_peers.contest import Medians
from server_peers.load import Result
from server_peers.targets import BEST_PEER, START_TARGET, Target
from server_peers.variants import PEERS, TYPED, Variant


def report(title: str, medians: Medians, targets: Sequence[Target]) -> None:
    """Print a table for each cell, with its targets below."""
    print(f"\n{title}")
    for cell, results in medians.items():
        print(f"  {cell!s:40} {'req/s':>10} {'p50 ms':>10} {'p99 ms':>10}")
        for variant, result in results.items():
            _row(variant, result)
        for target in targets:
            if target.cell == cell:
                _verdict(target, results)
        _aside(results)
    print(flush=True)


def _aside(results: dict[Variant, Result]) -> None:
    """Compare with who was sent typed tensors."""
    rates = {variant.contender: result.rate for variant, result in results.items() if not result.is_void}
    if {"drum", TYPED} <= rates.keys():
        what = f"drum: req/s against {TYPED}"
        print(f"    {what:38} {rates['drum'] / rates[TYPED]:10.2f}   (typed tensors, no CSV: beside the targets)")


def _row(variant: Variant, result: Result) -> None:
    print(f"    {variant!s:38} {result.rate:10,.1f} {result.p50_ms:10.2f} {result.p99_ms:10.2f}   {result.flaws}")


def _verdict(target: Target, results: dict[Variant, Result]) -> None:
    valid = {
        variant.contender: getattr(result, target.measure) for variant, result in results.items() if not result.is_void
    }
    if all(variant.contender != target.ours for variant in results):
        print(f"    {target.ours}: was not run")
        return
    peers = PEERS if target.against == BEST_PEER else (target.against,)
    rivals = {name: value for name, value in valid.items() if name in peers}
    if target.ours not in valid or not rivals:
        print(f"    {target.ours} against {target.against}: MISSED, for want of valid results")
        return
    best = (max if target.measure == "rate" else min)(rivals, key=lambda name: rivals[name])
    _judge(target, best, valid[target.ours] / rivals[best])


def _judge(target: Target, rival: str, ratio: float) -> None:
    is_rate = target.measure == "rate"
    is_met = ratio >= target.limit if is_rate else ratio <= target.limit
    what = f"{target.ours}: {'req/s' if is_rate else 'p99'} against {rival}"
    bound = f"{'at least' if is_rate else 'at most'} {target.limit:g}"
    print(f"    {what:38} {ratio:10.2f}   ({bound})  {'met' if is_met else 'MISSED'}")


def report_start(seconds: dict[str, float], cores: str) -> None:
    """Print the times from start to first answer."""
    print(f"\nfrom exec to the first right answer, {cores}")
    for name, median in seconds.items():
        print(f"    {name:38} {median:10.2f} s")
    if {"drum", "bare"} <= seconds.keys():
        ratio = seconds["drum"] / seconds["bare"]
        verdict = "met" if ratio <= START_TARGET else "MISSED"
        print(f"    {'drum against bare':38} {ratio:10.2f}   (at most {START_TARGET})  {verdict}")
    print(flush=True)
