"""The rules that every runtime keeps, as a test class to derive from."""

from __future__ import annotations

import importlib
import os
import pickle
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from drum.detection import detect
from drum.errors import DrumError
from drum.plugins import PluginManager
from drum.scorer import Scorer
from drum.testing.probe import ask
from drum.testing.scorers import scorer
from drum.types import PREDICTIONS, Concurrency, ModelSpec, TargetType

if TYPE_CHECKING:
    import pandas as pd

CUSTOM_SCORE = """
import pandas as pd

def score(data, model, **kwargs):
    labels = kwargs.get("class_labels") or [kwargs.get("negative_class_label"), kwargs.get("positive_class_label")]
    columns = labels if labels[0] is not None else ["Predictions"]
    return pd.DataFrame([[1.0] + [0.0] * (len(columns) - 1)] * len(data), columns=columns)
"""


@dataclass(frozen=True, slots=True)
class Model:
    """A code directory with a real artifact of the runtime, and what is declared about it."""

    code_dir: os.PathLike[str]
    target_type: TargetType
    labels: tuple[str, ...] = ()


class RuntimeConformance:
    """Derive from this class, name the plugin, and give the two fixtures.

    ``plugin`` is the module's import name. ``framework`` is the import name of the package that must not be
    imported before a model is loaded; ``None`` if the runtime needs none. ``tolerance`` is how far a
    prediction may move when a batch is cut. Models that are costly to train belong into a fixture of the module's
    scope, which ``models`` then uses.
    """

    plugin: str
    framework: str | None = None
    tolerance: float = 1e-12

    @pytest.fixture
    def models(self) -> Sequence[Model]:
        """Return a model for every target type that the runtime supports."""
        raise NotImplementedError("give a fixture 'models'")

    @pytest.fixture
    def data(self) -> pd.DataFrame:
        """Return at least four different rows that all models score."""
        raise NotImplementedError("give a fixture 'data'")

    # -- before a model is loaded

    def test_import_is_cheap(self) -> None:
        """Importing the plugin imports neither its framework nor numpy and its friends."""
        heavy = ask("imports", self.plugin, self.framework or "")
        assert not heavy, f"importing {self.plugin} imports {heavy}: move the import into the functions that need it"

    def test_votes_for_its_own_artifacts_only(self, models: Sequence[Model], tmp_path: Path) -> None:
        """The runtime votes for its own models, and for no folder without one."""
        for model in models:
            assert self._votes(Path(model.code_dir)), f"no vote for {model.code_dir}"
        for number, name in enumerate(["", "README.md", "custom.py", "model.unheard_of"]):
            foreign = tmp_path / f"foreign-{number}"
            foreign.mkdir()
            if name:
                (foreign / name).write_text("nothing for a runtime")
            assert not self._votes(foreign), f"a vote for a folder with {name or 'nothing'} in it"

    def test_detection_only_looks(self, models: Sequence[Model], tmp_path: Path) -> None:
        """Voting imports no framework and executes nothing that lies in a file."""
        folders = [os.fspath(model.code_dir) for model in models]
        marker = tmp_path / "executed"
        for extension in getattr(self._module(), "ARTIFACTS", ()):
            folder = tmp_path / f"hostile{extension}"
            folder.mkdir()
            (folder / f"model{extension}").write_bytes(pickle.dumps(_Hostile(marker)))
            folders.append(str(folder))
        imported = ask("detection", self.plugin, self.framework or "", *folders)
        assert not imported, f"voting imports {imported}"
        assert not marker.exists(), "voting executes what a pickle holds"

    def test_missing_framework_is_named(self, models: Sequence[Model]) -> None:
        """Where the framework is not installed, the error says so, and is the right one."""
        if self.framework is None:
            pytest.skip("this runtime needs no framework")
        model = models[0]
        kind, message = ask(
            "missing", self.plugin, self.framework, os.fspath(model.code_dir), model.target_type.value, *model.labels
        )
        assert kind == "PluginDependencyError", f"{kind}: {message}"
        assert self.framework.partition(".")[0] in message or "pip install" in message

    # -- loading and scoring

    def test_loads(self, models: Sequence[Model]) -> None:
        """Every model loads."""
        for model in models:
            with self._scorer(model) as opened:
                opened.load()

    def test_predictions_keep_the_contract(self, models: Sequence[Model], data: pd.DataFrame) -> None:
        """Predictions have a row for each row, labels as columns in the declared order, and proper probabilities."""
        for model in models:
            for labels in (model.labels, model.labels[::-1]):
                with self._loaded(Model(model.code_dir, model.target_type, labels)) as opened:
                    frame = opened.predict(data).frame
                assert len(frame) == len(data)
                if model.target_type is not TargetType.TRANSFORM:
                    assert list(frame.columns) == list(labels or (PREDICTIONS,))

    def test_custom_score_hook_wins(self, models: Sequence[Model], data: pd.DataFrame, tmp_path: Path) -> None:
        """A ``score`` hook in custom.py replaces the runtime's prediction."""
        for number, model in enumerate(models):
            if model.target_type is TargetType.TRANSFORM:
                continue
            folder = tmp_path / f"custom-{number}"
            shutil.copytree(model.code_dir, folder)
            (folder / "custom.py").write_text(CUSTOM_SCORE)
            with self._loaded(Model(folder, model.target_type, model.labels)) as opened:
                frame = opened.predict(data).frame
            assert (frame.iloc[:, 0] == 1.0).all(), "the runtime's predictions came in place of the hook's"

    def test_concurrent_scores_agree(self, models: Sequence[Model], data: pd.DataFrame) -> None:
        """Where the runtime declares threads, scores from several threads are those of one."""
        for model in models:
            with self._loaded(model) as opened:
                if Concurrency.THREADS not in opened.concurrency:
                    continue
                slices = [data.iloc[[row % len(data)]].reset_index(drop=True) for row in range(32)]
                alone = [self._predict(opened, part) for part in slices]
                with ThreadPoolExecutor(8) as pool:
                    together = list(pool.map(lambda part: opened.predict(part).frame, slices))
            for one, other in zip(alone, together, strict=True):
                self._assert_same(one, other, "concurrent scores differ from serial ones")

    def test_splitting_a_batch_changes_nothing(self, models: Sequence[Model], data: pd.DataFrame) -> None:
        """A row's prediction does not depend on its neighbours."""
        import pandas as pd

        for model in models:
            with self._loaded(model) as opened:
                whole = self._predict(opened, data)
                parts = [data.iloc[[row]].reset_index(drop=True) for row in range(len(data))]
                pieces = pd.concat([opened.predict(part).frame for part in parts], ignore_index=True)
            self._assert_same(whole, pieces, "predictions change when the batch is cut")

    # -- what the rules share

    def _module(self) -> Any:
        return importlib.import_module(self.plugin)

    def _scorer(self, model: Model) -> Scorer:
        return scorer(model.code_dir, model.target_type, labels=model.labels or None, plugins=[self._module()])

    def _loaded(self, model: Model) -> Scorer:
        """Return a loaded scorer; that models load is a rule of its own."""
        opened = self._scorer(model)
        try:
            opened.load()
        except DrumError as error:
            pytest.skip(f"does not load: {error}")
        return opened

    def _predict(self, opened: Scorer, data: pd.DataFrame) -> pd.DataFrame:
        """Return predictions; that they keep the contract is a rule of its own."""
        try:
            return opened.predict(data).frame
        except DrumError as error:
            pytest.skip(f"does not score: {error}")

    def _votes(self, code_dir: Path) -> bool:
        manager = PluginManager()
        manager.add(self._module(), "under test")
        spec = ModelSpec(code_dir=code_dir, target_type=TargetType.REGRESSION)
        return detect(manager, spec, runtime=None, language=None) is not None

    def _assert_same(self, one: pd.DataFrame, other: pd.DataFrame, message: str) -> None:
        import numpy as np

        assert np.allclose(one.to_numpy(float), other.to_numpy(float), rtol=self.tolerance, atol=self.tolerance), (
            message
        )


class _Hostile:
    """Pickles into a call that leaves a marker behind: whoever unpickles it is found out."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self._marker,))
