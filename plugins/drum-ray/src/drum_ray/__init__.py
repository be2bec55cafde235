"""Score inputs of many files on a Ray cluster, or on this machine's cores: ``drum score --engine ray``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drum.engines import Engine, Engines, ScoringJob
from drum.hookspecs import hookimpl
from drum.settings import Options
from drum_ray.options import OPTIONS, actor_range, failure_count, gpu_share

if TYPE_CHECKING:
    from drum.batch.partitions import Summary

SCORE = ("score",)


@hookimpl
def drum_add_options(options: Options) -> None:
    """Add what only this engine asks for."""
    options.add(
        "--ray-address", metavar="ADDRESS", commands=SCORE, variables=("RAY_ADDRESS",),
        help="ray: the cluster, as HOST:PORT, ray://HOST:PORT or auto; without it, Ray is started on this machine",
    )  # fmt: skip
    options.add(
        "--actors", type=actor_range, metavar="N|MIN:MAX", commands=SCORE, variables=("DRUM_RAY_ACTORS",),
        help="ray: processes that hold the model, one core each; default: as many as there are cores",
    )  # fmt: skip
    options.add(
        "--num-gpus", type=gpu_share, metavar="N", default=0.0, commands=SCORE, variables=("DRUM_RAY_NUM_GPUS",),
        help="ray: GPUs for each of them, or a share of one such as 0.5",
    )  # fmt: skip
    options.add(
        "--max-failed-partitions", type=failure_count, metavar="N", default=0, commands=SCORE,
        variables=("DRUM_RAY_MAX_FAILED_PARTITIONS",), help="ray: files that may fail before the run does; default: 0",
    )  # fmt: skip
    options.add(
        "--output-format", choices=("parquet", "csv"), default="parquet", commands=SCORE,
        variables=("DRUM_RAY_OUTPUT_FORMAT",), help="ray: format of the files of predictions; default: parquet",
    )  # fmt: skip


@hookimpl
def drum_add_engines(engines: Engines) -> None:
    """Bring the engine."""
    engines.add(Engine(name="ray", help="score files in parallel, on Ray Data", run=_run, options=OPTIONS))


def _run(job: ScoringJob) -> Summary:
    from drum_ray.engine import run

    return run(job)
