"""Which folders are R's: told by files alone."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import drum
from drum.errors import AmbiguousArtifactError, LoadError
from drum.library import find
from drum.plugins import create_plugin_manager
from drum.testing import CodeDir
from drum.types import Match
from drum_r.artifacts import detect, is_workspace, looks_like_rds

RDS = b"X\n\0\0\0\3\0\4\2\2"
HOOK = "score <- function(data, model) data"
PICKLE = b"\x80\x04\x8c\x1bsklearn.linear_model._base\x94\x8c\x10LinearRegression\x94\x93\x94)\x81\x94."


@pytest.mark.parametrize("content", [RDS, gzip.compress(RDS), bz2.compress(RDS), lzma.compress(RDS), b"A\n3\n"])
def test_content_proves_an_artifact(tmp_path: Path, content: bytes) -> None:
    path = CodeDir(tmp_path, {"model.RDS": content}).path / "model.RDS"
    assert looks_like_rds(path)
    found = detect(tmp_path)
    assert found is not None
    assert (found.path, found.match) == (path, Match.PROVEN)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x1f\x8bbroken", b"BZhbroken", b"\xfd7zXZ\0broken"])
def test_extension_alone_is_a_weaker_vote(tmp_path: Path, content: bytes) -> None:
    CodeDir(tmp_path, {"model.rds": content})
    found = detect(tmp_path)
    assert found is not None
    assert found.match is Match.NAMED


def test_two_artifacts_are_ambiguous(tmp_path: Path) -> None:
    CodeDir(tmp_path, {"a.rds": RDS, "b.rds": RDS})
    with pytest.raises(AmbiguousArtifactError, match=r"Multiple serialized model files found.*a.rds, b.rds"):
        detect(tmp_path)


def test_custom_code_may_load_any_number_of_files(trained: Path, tmp_path: Path) -> None:
    code = """
        load_model <- function(dir) list(readRDS(file.path(dir, "a.rds")), readRDS(file.path(dir, "b.rds")))
        score <- function(data, model) {
          data.frame(predict(model[[1]], data, type = "response") + predict(model[[2]], data, type = "response"))
        }
    """
    model = (trained / "glm-poisson" / "model.rds").read_bytes()
    folder = CodeDir(tmp_path, {"custom.r": code, "a.rds": model, "b.rds": model})
    rows = pd.read_csv(trained / "rows.csv")
    with (
        drum.open(folder, target_type="regression") as twice,
        drum.open(trained / "glm-poisson", target_type="regression") as once,
    ):
        pd.testing.assert_frame_equal(twice.score(rows).frame, once.score(rows).frame * 2)
    (tmp_path / "custom.r").write_text(HOOK.replace("score", "transform"))
    with pytest.raises(AmbiguousArtifactError, match=r"a.rds, b.rds"):
        drum.open(folder, target_type="regression")


def test_custom_code_in_both_spellings_is_ambiguous(tmp_path: Path) -> None:
    CodeDir(tmp_path, {"custom.R": HOOK, "custom.r": HOOK})
    with pytest.raises(AmbiguousArtifactError, match=r"holds both custom.R and custom.r"):
        detect(tmp_path)


def test_other_files_of_r_are_no_artifact(tmp_path: Path) -> None:
    CodeDir(tmp_path, {"helpers.R": HOOK, "data.rda": b"RDX3\n"})
    assert detect(tmp_path) is None


# ------------------------------------------------------------------------------------- beside Python


def test_hooks_in_two_languages_are_refused(tmp_path: Path) -> None:
    folder = CodeDir(tmp_path, {"custom.R": HOOK, "custom.py": "def score(data, model): return data"})
    message = "holds hooks in two languages, custom.py and custom.R. Remove one of them, or say --language python"
    with pytest.raises(AmbiguousArtifactError, match=message):
        drum.open(folder, target_type="regression")


def test_language_leaves_the_hooks_in_r_alone(tmp_path: Path) -> None:
    folder = CodeDir(tmp_path, {"custom.R": "stop('not read')", "custom.py": "def score(data, model): return data * 3"})
    with drum.open(folder, target_type="regression", options={"language": "python"}) as scorer:
        assert scorer.score(pd.DataFrame({"x": [1.0]})).frame["Predictions"].tolist() == [3.0]


def test_hooks_in_python_around_a_model_in_r(copied: Callable[[str], Path], trained: Path) -> None:
    folder = copied("lm")
    (folder / "custom.py").write_text("def post_process(predictions, model): return predictions * 0 + 7")
    with drum.open(folder, target_type="regression") as scorer:
        assert set(scorer.score(trained / "rows.csv").frame["Predictions"]) == {7.0}


def other_runtime() -> object:
    """A runtime that has proven a pickle to be its own, as drum-sklearn does."""
    from types import ModuleType

    from drum.detection import only_file
    from drum.hookspecs import hookimpl
    from drum.types import Detection

    @hookimpl
    def drum_detect(code_dir: Path) -> Detection | None:
        path = only_file(code_dir, ".pkl")
        return None if path is None else Detection(runtime="other", path=path, match=Match.PROVEN)

    module = ModuleType("other")
    module.drum_detect = drum_detect  # type: ignore[attr-defined]
    return module


def test_artifact_of_another_framework_beside_hooks_in_r_is_ambiguous(tmp_path: Path) -> None:
    folder = CodeDir(tmp_path, {"custom.R": HOOK, "model.pkl": PICKLE})
    manager = create_plugin_manager()
    manager.add(other_runtime(), "other")
    with pytest.raises(
        AmbiguousArtifactError, match=r"custom.R \(r, proven, custom.R\).*model.pkl|model.pkl.*custom.R"
    ):
        find(manager, folder.path, target_type="regression")


def test_runtime_decides_between_them(tmp_path: Path) -> None:
    folder = CodeDir(tmp_path, {"custom.R": HOOK, "model.pkl": PICKLE})
    manager = create_plugin_manager()
    manager.add(other_runtime(), "other")
    with find(manager, folder.path, target_type="regression", runtime="r") as scorer:
        assert scorer.score(pd.DataFrame({"x": [1.0]})).frame["Predictions"].tolist() == [1.0]


# ------------------------------------------------------------------------------------- files that do not load


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"'model.rds' is empty \(0 bytes\)"),
        (b"hello, world", "is truncated, or no file of saveRDS .*unknown input format"),
        (gzip.compress(b"RDX3\nX\n\0\0\0\3"), r"was written by save\(\). Write it with saveRDS\(model, 'model.rds'\)"),
    ],
)
def test_broken_file_says_what_is_wrong(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(LoadError, match=message):
        drum.open(CodeDir(tmp_path, {"model.rds": content}), target_type="regression")


def test_truncated_file_says_so(tmp_path: Path, trained: Path) -> None:
    content = (trained / "rf" / "model.rds").read_bytes()
    folder = CodeDir(tmp_path, {"model.rds": content[: len(content) // 2]})
    with pytest.raises(LoadError, match=r"'model.rds' is truncated, or no file of saveRDS"):
        drum.open(folder, target_type="regression")


def test_workspace_is_told_from_an_artifact(tmp_path: Path) -> None:
    path = CodeDir(tmp_path, {"model.rds": gzip.compress(b"RDX3\n")}).path / "model.rds"
    assert is_workspace(path)
    assert not looks_like_rds(path)


def test_no_pickle_refuses_what_may_hold_code(trained: Path) -> None:
    with pytest.raises(LoadError, match=r"'model.rds' may hold functions .* which --no-pickle refuses"):
        drum.open(trained / "lm", target_type="regression", options={"no_pickle": True})
