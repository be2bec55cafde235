"""Who scores a model, how it is loaded, and how it is let go."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from toys import plugin, runtime

from drum.errors import (
    HookContractError,
    LoadError,
    ModelContractError,
    NoArtifactError,
    NoScorerError,
    PluginDependencyError,
)
from drum.testing import CodeDir, scorer
from drum.types import Artifact, Concurrency, Detection, Payload

DATA = pd.DataFrame({"a": [1.0, 2.0, 3.0]})


@pytest.fixture
def code_dir(tmp_path: Path) -> CodeDir:
    return CodeDir(tmp_path, {"model.toy": "weights"})


def test_model_is_loaded_once(code_dir: CodeDir) -> None:
    loads: list[Artifact] = []
    opened = scorer(
        code_dir, "regression", plugins=[runtime(drum_load_model=lambda artifact: loads.append(artifact) or 1)]
    )
    assert not loads
    opened.load()
    opened.score(DATA)
    assert loads == [Artifact(runtime="toy", path=code_dir / "model.toy", concurrency=Concurrency.THREADS)]


def fails(error: BaseException) -> Callable[..., Any]:
    def hook() -> Any:
        raise error

    return hook


def test_failure_to_load_names_runtime_file_and_reason(code_dir: CodeDir) -> None:
    opened = scorer(code_dir, "regression", plugins=[runtime(drum_load_model=fails(ValueError("bad magic")))])
    with pytest.raises(
        LoadError, match=r"Runtime 'toy' cannot load 'model.toy'. Exception: ValueError: bad magic"
    ) as caught:
        opened.load()
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ModuleNotFoundError("No module named 'torch.nn'", name="torch.nn"), "pip install torch"),
        (ImportError("DLL load failed"), "pip install -r requirements.txt"),
    ],
)
def test_missing_framework_comes_with_the_line_that_installs_it(code_dir: CodeDir, error: Exception, line: str) -> None:
    opened = scorer(code_dir, "regression", plugins=[runtime(drum_load_model=fails(error))])
    with pytest.raises(PluginDependencyError, match=rf"Runtime 'toy' cannot load 'model.toy': .* environment: {line}"):
        opened.load()


def test_winner_that_loads_nothing_is_at_fault(code_dir: CodeDir) -> None:
    opened = scorer(code_dir, "regression", plugins=[runtime(drum_load_model=lambda: None)])
    with pytest.raises(HookContractError, match="Runtime 'toy' won the vote but returned no model"):
        opened.load()


@pytest.mark.parametrize("target_type", ["regression", "transform", "unstructured"])
def test_custom_code_that_answers_needs_no_artifact(tmp_path: Path, target_type: str) -> None:
    code_dir = CodeDir(tmp_path, {
        "custom.py": """
            def score(data, model, **kwargs): return data
            def transform(data, model): return data
            def score_unstructured(model, data, **kwargs): return data
        """
    })  # fmt: skip
    opened = scorer(code_dir, target_type)
    assert opened.artifact == Artifact(runtime="custom")
    if target_type == "unstructured":
        assert opened.score_unstructured(Payload(body=b"hi")).body == b"hi"
    else:
        assert len(opened.score(DATA).frame) == 3


@pytest.mark.parametrize(
    ("target_type", "hook"), [("regression", "transform"), ("transform", "score"), ("unstructured", "score")]
)
def test_custom_code_without_the_answering_hook_is_no_model(tmp_path: Path, target_type: str, hook: str) -> None:
    code_dir = CodeDir(tmp_path, {"custom.py": f"def {hook}(data, model, **kwargs): return data"})
    with pytest.raises(NoArtifactError) as caught:
        scorer(code_dir, target_type)
    assert "nor a custom.py" not in str(caught.value), "the folder has a custom.py: the message must not deny it"


class Recognized:
    """A model that only the runtime *toy* can score."""


def recognize(model: Any) -> Detection | None:
    return Detection(runtime="toy") if type(model).__name__ == "Recognized" else None


def test_custom_load_model_leaves_scoring_to_the_runtime_that_recognises_it(tmp_path: Path) -> None:
    code_dir = CodeDir(tmp_path, {"custom.py": "class Recognized: ...\ndef load_model(code_dir): return Recognized()"})
    opened = scorer(code_dir, "regression", plugins=[runtime(drum_recognize=recognize), runtime("other")])
    assert opened.score(DATA).frame["Predictions"].tolist() == [1.0, 2.0, 3.0]
    assert opened.artifact.runtime == "toy"


def test_custom_load_model_admits_several_artifacts(tmp_path: Path) -> None:
    code_dir = CodeDir(tmp_path, {
        "a.pkl": "", "b.pkl": "", "custom.py": "class Recognized: ...\ndef load_model(code_dir): return Recognized()"
    })  # fmt: skip
    assert len(scorer(code_dir, "regression", plugins=[runtime(drum_recognize=recognize)]).score(DATA).frame) == 3


def test_model_that_nobody_recognises_is_named(tmp_path: Path) -> None:
    code_dir = CodeDir(tmp_path, {"custom.py": "class Odd: ...\ndef load_model(code_dir): return Odd()"})
    opened = scorer(code_dir, "regression", plugins=[runtime(drum_recognize=recognize)])
    with pytest.raises(NoScorerError, match=r"returned a custom.Odd, which no installed runtime recognises"):
        opened.load()


def test_custom_code_promises_no_concurrency(code_dir: CodeDir) -> None:
    assert scorer(code_dir, "regression", plugins=[runtime()]).concurrency is Concurrency.THREADS
    code_dir.add("custom.py", "def init(code_dir): pass")
    assert scorer(code_dir, "regression", plugins=[runtime()]).concurrency is Concurrency.SERIAL


@pytest.mark.parametrize(
    ("hook", "row_wise"),
    [("init", True), ("load_model", True), ("transform", False), ("score", False), ("post_process", False),
     ("read_input_data", False)],
)  # fmt: skip
def test_hooks_that_see_a_batch_forbid_to_cut_it(code_dir: CodeDir, hook: str, row_wise: bool) -> None:
    assert scorer(code_dir, "regression", plugins=[runtime()]).row_wise
    code_dir.add("custom.py", f"def {hook}(*args, **kwargs): return 1")
    opened = scorer(code_dir, "regression", plugins=[runtime()])
    assert (opened.row_wise, opened.custom_hooks) == (row_wise, (hook,))


@pytest.mark.parametrize(
    ("hooks", "row_wise", "reads"),
    [((), True, False), (("init",), True, False), (("score",), False, False), (("read_input_data",), False, True)],
)
def test_hooks_in_the_runtimes_own_language_count_like_those_in_python(
    code_dir: CodeDir, hooks: tuple[str, ...], row_wise: bool, reads: bool
) -> None:
    toy = runtime(drum_custom_hooks=lambda: hooks, drum_read_input=lambda: DATA if reads else None)
    opened = scorer(code_dir, "regression", plugins=[toy])
    assert (opened.row_wise, opened.reads_own_payload, opened.custom_hooks) == (row_wise, reads, hooks)
    assert opened.reads_built_in_formats_only is not reads
    assert len(opened.score(b"a\n1\n").frame) == (3 if reads else 1)


def test_what_a_hook_in_another_language_returns_is_said_to_be_the_hooks(code_dir: CodeDir) -> None:
    toy = runtime(drum_custom_hooks=lambda: ["score"], drum_score=lambda: pd.DataFrame({"Predictions": [1.0]}))
    with pytest.raises(ModelContractError, match="Model 'score' hook"):
        scorer(code_dir, "regression", plugins=[toy]).score(DATA)


# ------------------------------------------------------------------------------------- the end


def test_model_is_unloaded_once_however_often_it_is_closed(code_dir: CodeDir) -> None:
    unloaded: list[Any] = []
    watcher = plugin("watcher", drum_unload_model=lambda model: unloaded.append(("watcher", model)))
    toy = runtime(drum_unload_model=lambda model: unloaded.append(("toy", model)))
    with scorer(code_dir, "regression", plugins=[toy, watcher]) as opened:
        opened.score(DATA)
    opened.close()
    assert sorted(unloaded) == [("toy", "model of model.toy"), ("watcher", "model of model.toy")]


def test_nothing_is_unloaded_that_was_not_loaded(code_dir: CodeDir) -> None:
    scorer(
        code_dir, "regression", plugins=[runtime(drum_unload_model=lambda: pytest.fail("nothing was loaded"))]
    ).close()


def test_watchers_are_told_of_the_end_where_custom_code_scores_without_a_model(tmp_path: Path) -> None:
    """They may have something to send; the runtimes that are not seated are not told."""
    code_dir = CodeDir(tmp_path, {"custom.py": "def score(data, model, **kwargs): return data"})
    unloaded: list[Any] = []
    watcher = plugin("watcher", drum_unload_model=lambda model: unloaded.append(model))
    toy = runtime(drum_detect=lambda: None, drum_unload_model=lambda: pytest.fail("not seated"))
    with scorer(code_dir, "regression", plugins=[toy, watcher]) as opened:
        opened.score(DATA)
    assert unloaded == [None]


def test_failure_to_unload_is_logged(code_dir: CodeDir, caplog: pytest.LogCaptureFixture) -> None:
    with scorer(code_dir, "regression", plugins=[runtime(drum_unload_model=fails(OSError("stuck")))]) as opened:
        opened.load()
    assert "stuck" in caplog.text


def test_loading_is_logged(code_dir: CodeDir, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "drum.model")
    scorer(code_dir, "regression", plugins=[runtime()]).load()
    assert "Loaded the model with runtime 'toy'" in caplog.text
