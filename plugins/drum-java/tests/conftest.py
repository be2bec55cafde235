"""Models of every kind, trained or written once for all tests."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from h2o_models import train_apart

import drum
from drum.scorer import Scorer
from drum.testing import CodeDir


@pytest.fixture(autouse=True)
def _import_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the code directories that a test has made importable."""
    monkeypatch.setattr(sys, "path", list(sys.path))


@pytest.fixture(autouse=True)
def _no_predictor_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do without what the machine's environment says of Java models."""
    for variable in ("DRUM_JAVA_CUSTOM_PREDICTOR_CLASS", "DRUM_JAVA_CUSTOM_CLASS_PATH", "DRUM_JAVA_XMX", "CLASSPATH"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture(scope="session")
def h2o_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return H2O's models, by name and extension."""
    return train_apart(tmp_path_factory.mktemp("h2o"))


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Scorer]]:
    """Return a function that puts files into a folder and opens it; it is closed after the test."""
    with ExitStack() as stack:

        def serve(
            files: dict[str, Any], target_type: str, labels: Sequence[str] | None = None, **options: Any
        ) -> Scorer:
            folder = CodeDir(tmp_path / "code", files)
            return stack.enter_context(drum.open(folder, target_type=target_type, labels=labels, options=options))

        yield serve
