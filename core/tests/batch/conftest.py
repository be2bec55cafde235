"""A scorer that is small, real, and does what a test tells it to."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy
import pytest

from drum import hookspecs
from drum.formats import arrow, csv, json, parquet
from drum.types import Batch, Concurrency, InputSchema, ModelSpec, Payload, Predictions, TargetType

if TYPE_CHECKING:
    import pandas as pd


SPEC = ModelSpec(code_dir=Path(), target_type=TargetType.TRANSFORM)


def formats() -> pluggy.HookRelay:
    manager = pluggy.PluginManager("drum")
    manager.add_hookspecs(hookspecs)
    for plugin in (csv, json, arrow, parquet):
        manager.register(plugin)
    return manager.hook


@dataclass
class RowNumberScorer:
    """Answers each row with its number in the file and with what ``answer`` makes of its batch."""

    answer: Callable[[pd.DataFrame], Any] = field(default=lambda batch: batch.iloc[:, 0])
    concurrency: Concurrency = Concurrency.SERIAL
    row_wise: bool = True
    reads_own_payload: bool = False
    is_observed: bool = False
    schema: InputSchema | None = None
    loaded: int = 0
    batches: list[tuple[int, int]] = field(default_factory=list)
    dtypes: list[str] = field(default_factory=list)

    def load(self) -> None:
        self.loaded += 1

    def read(self, payload: Payload) -> Batch:
        frame = formats().drum_read_input(payload=payload, spec=SPEC, model=None)
        return payload if frame is None else frame

    def predict(self, batch: Batch, *, first_row: int = 0) -> Predictions:
        import pandas as pd

        self.batches.append((first_row, len(batch)))
        self.dtypes.append(",".join(str(dtype) for dtype in batch.dtypes))
        columns = {"row": range(first_row, first_row + len(batch)), "answer": list(self.answer(batch))}
        return Predictions(frame=pd.DataFrame(columns))

    def write(self, predictions: Predictions, media_type: str) -> bytes:
        text: bytes = formats().drum_write_output(predictions=predictions, media_type=media_type, spec=SPEC)
        return text


@pytest.fixture
def scorer() -> RowNumberScorer:
    return RowNumberScorer()


@pytest.fixture
def forked_scorer() -> RowNumberScorer:
    return RowNumberScorer(concurrency=Concurrency.FORK)


@pytest.fixture
def in_child() -> Callable[[], bool]:
    """Tell whether the code runs in a process forked from the test."""
    test = os.getpid()
    return lambda: os.getpid() != test


@pytest.fixture
def numbers_csv(tmp_path: Path) -> Path:
    """A thousand rows of a number, a text and a fraction."""
    path = tmp_path / "numbers.csv"
    path.write_text("n,t,x\n" + "".join(f"{row},text {row % 7},{row / 8}\n" for row in range(1000)))
    return path
