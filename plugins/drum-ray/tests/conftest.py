"""One Ray of two cores for all tests, and what they score on it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
import ray.data  # here, because run_cli would forget the paths that Ray adds
from partitioned import ECHO, metadata

from drum.testing import CodeDir, Outcome, run_cli

ACCESS = {
    "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}  # fmt: skip
Run = Callable[..., Outcome]


def pytest_configure(config: pytest.Config) -> None:
    """Let Ray copy its own deprecated settings, at which it warns of them."""
    config.addinivalue_line("filterwarnings", "ignore:.use_.* is deprecated.*onfigure:DeprecationWarning")


@pytest.fixture(scope="session")
def ray_address() -> Iterator[str]:
    """Start Ray, which every run in this process then uses; return its address for those in others."""
    os.environ.update({"RAY_USAGE_STATS_ENABLED": "0", "RAY_BACKEND_LOG_LEVEL": "fatal", **ACCESS})
    context = ray.init(
        address="local", num_cpus=2, include_dashboard=False, logging_level=logging.CRITICAL, log_to_driver=False
    )
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    yield context.address_info["gcs_address"]
    ray.shutdown()


@pytest.fixture
def on_ray(ray_address: str, tmp_path: Path) -> Run:
    """Run ``drum score --engine ray`` with one actor."""

    def run(model: object, source: object, *words: object, output: object = tmp_path / "out", **env: str) -> Outcome:
        fixed = ["score", "--engine", "ray", "-cd", model, "--input", source, "--output", output]
        return run_cli([*fixed, *([] if "--actors" in words else ["--actors", 1]), *words], env=env)

    return run


@pytest.fixture
def locally(tmp_path: Path) -> Callable[..., pd.DataFrame]:
    """Run ``drum score`` on this machine, and read the predictions."""

    def run(model: object, source: object, *words: object) -> pd.DataFrame:
        outcome = run_cli(["score", "-cd", model, "--input", source, "--output", tmp_path / "local.parquet", *words])
        assert outcome.exit_code == 0, outcome.err
        return pd.read_parquet(tmp_path / "local.parquet")

    return run


@pytest.fixture
def echo(tmp_path: Path) -> CodeDir:
    """A model whose predictions show values and types."""
    return CodeDir(tmp_path / "echo", {"custom.py": ECHO, **metadata("textgeneration")})
