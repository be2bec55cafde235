"""How fast does ``drum server`` answer? Against MLServer, LitServe, MLflow, and a bare Starlette endpoint with pandas.

    python benchmarks/server.py --rounds 3 --seconds 5
    python benchmarks/server.py --only messy start --peers bare mlserver

All serve the same model file with one worker process, on core 0, in turns; wrk asks from core 1. Rows differ, and each
answer is compared with the one that is right for its row: a result with a wrong answer is void. Each peer runs in the
configuration that a short heat finds fastest for the load at hand. Medians of the rounds count; the ratios are to the
best of the peers that are sent the same CSV, or to the bare endpoint. MLServer's own protocol (V2) carries typed
tensors instead, which the client must have made of its data; it is shown beside them, with its ratio. The time to the
first answer is measured on all cores too: nobody else needs them meanwhile.

Peers are installed into environments of their own below --dir, as are models and rows, and found there the next time.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from server_peers import environments

SCENARIOS = ("ridge", "columns", "messy", "start")
PEERS = ("bare", "mlserver", "litserve", "mlflow")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5, help="of load a cell, in each round")
    parser.add_argument("--only", nargs="+", choices=SCENARIOS, default=SCENARIOS)
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=PEERS)
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()) / "drum-benchmark-server")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))  # so that servers are ended too
    environments.need_tools()
    environments.run_where_drum_is(arguments.dir)
    compare(arguments.only, arguments.peers, arguments.rounds, arguments.seconds, arguments.dir)


def compare(only: Sequence[str], peers: Sequence[str], rounds: int, seconds: int, folder: Path) -> None:
    """Run the scenarios and print what came out."""
    from server_peers import bodies, contest, report, start, targets, variants
    from server_peers.running import ALL_CORES
    from server_peers.scenarios import SCENARIOS as MODELS

    os.sched_setaffinity(0, {1})  # servers move to core 0
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}", flush=True)
    for name in (name for name in only if name != "start"):
        cells = targets.CELLS[name]
        material = bodies.prepare(folder, name, {cell.rows for cell in cells})
        entered = variants.entered(name, peers)
        medians = contest.contest(material, cells, entered, rounds, seconds, folder)
        report.report(f"{name}: {MODELS[name].title}", medians, targets.TARGETS[name])
    if "start" in only:
        material = bodies.prepare(folder, "ridge", {1})
        contenders = variants.entered("start", peers)
        report.report_start(start.measure(material, contenders, folder, ALL_CORES), "on all cores")
        report.report_start(start.measure(material, contenders, folder), "on one core")


if __name__ == "__main__":
    main()
