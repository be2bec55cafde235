"""Models fitted by ``julia`` itself, and ways to open small ones."""

import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import drum
from drum.scorer import Scorer
from drum.testing import CodeDir

SCRIPTS = Path(__file__).parent / "julia"
CODE = {"linear": "linear.jl", "logistic": "logistic.jl", "tree": "tree.jl", "callable": None}
JULIA_SECONDS = 300


def make_rows(count: int) -> pd.DataFrame:
    """Return rows with numbers, gaps and words, and the target that they explain."""
    random = np.random.default_rng(3)
    rows = pd.DataFrame(
        {
            "age": random.normal(size=count).round(6),
            "count": random.integers(-5, 5, count),
            "weight": np.where(random.random(count) < 0.2, np.nan, random.normal(3, 1, count).round(4)),
            "city": random.choice(["Zürich", "Łódź", "東京", None], count),
        }
    )
    return rows.assign(target=(rows["age"] + rows["count"] / 3 + 0.1 * random.normal(size=count)).round(6))


@dataclass(frozen=True)
class Fitted:
    """Folders of models, their input, and what ``julia`` itself predicts for it."""

    folder: Path

    @property
    def input(self) -> Path:
        return self.folder / "input.csv"

    def model(self, name: str) -> Path:
        return self.folder / name

    def expected(self, name: str) -> pd.DataFrame:
        path = self.folder / name / "expected.csv"
        names = path.read_text(encoding="utf-8").splitlines()[0]
        bits = np.loadtxt(path, dtype=np.uint64, delimiter=",", skiprows=1, ndmin=2)
        labels = [names] if bits.shape[1] == 1 else names.split(",")
        if name == "tree":
            labels = ["[low]", "high, sir", 'it\'s "middling"']
        return pd.DataFrame(bits.view(np.float64), columns=labels)


@pytest.fixture(scope="session")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    folder = tmp_path_factory.mktemp("julia")
    make_rows(300).to_csv(folder / "train.csv", index=False)
    make_rows(1000)[400:].drop(columns="target").to_csv(folder / "input.csv", index=False)
    for name, code in CODE.items():
        CodeDir(folder / name, {"custom.jl": (SCRIPTS / code).read_text(encoding="utf-8")} if code else {})
    subprocess.run(
        ["julia", "--startup-file=no", SCRIPTS / "fit.jl", folder], check=True, timeout=JULIA_SECONDS, text=True
    )
    return Fitted(folder)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Scorer]]:
    """Return a function that opens a folder with this ``custom.jl``, and closes it after the test."""
    with ExitStack() as stack:

        def serve(
            code: str, target_type: str = "regression", labels: Sequence[str] | None = None, **more: Any
        ) -> Scorer:
            folder = CodeDir(tmp_path / f"code-{len(list(tmp_path.iterdir()))}", {"custom.jl": code, **more})
            return stack.enter_context(drum.open(folder, target_type=target_type, labels=labels))

        yield serve
