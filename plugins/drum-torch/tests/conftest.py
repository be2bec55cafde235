"""Data with odd names, and a way to serve a saved model."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import drum
from drum.scorer import Scorer
from drum.testing import CodeDir
from drum.testing.code_dir import Content

COLUMNS = ("age [years]", "in/out", 'it\'s "quoted"', "a b")
ROWS = 1_100


@pytest.fixture(autouse=True)
def _import_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the code directories that a test has made importable."""
    monkeypatch.setattr(sys, "path", list(sys.path))


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    """Put back the number of threads, which is the whole process's."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def rows() -> pd.DataFrame:
    """Return rows whose columns have odd names."""
    return pd.DataFrame(np.random.default_rng(7).normal(size=(ROWS, 4)), columns=list(COLUMNS))


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Scorer]]:
    """Return a function that writes files, opens their folder, and closes it after the test."""
    with ExitStack() as stack:

        def serve(
            files: Mapping[str, Content], target_type: str, labels: Sequence[str] | None = None, **options: Any
        ) -> Scorer:
            folder = CodeDir(tmp_path / "code", files)
            return stack.enter_context(drum.open(folder, target_type=target_type, labels=labels, options=options))

        yield serve
