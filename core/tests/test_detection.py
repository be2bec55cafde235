"""The vote: who wins, what a tie says, and what a folder says in which nobody finds anything."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from drum import detection
from drum.detection import KNOWN_RUNTIMES, LANGUAGES, detect, install_line, nothing_found, only_file, recognize
from drum.errors import (
    AmbiguousArtifactError,
    ConfigError,
    HookContractError,
    LoadError,
    NoArtifactError,
    RuntimeNotInstalledError,
)
from drum.hookspecs import hookimpl
from drum.plugins import PluginManager
from drum.testing import CodeDir
from drum.types import Artifact, Concurrency, Detection, Match, ModelSpec, TargetType

MULTIPLE = "Multiple serialized model files found. Remove extra artifacts or overwrite custom.load_model()"


def voter(name: str, vote: Callable[..., Any] | None = None, **hooks: Callable[..., Any]) -> ModuleType:
    module = ModuleType(name)
    vars(module)["drum_detect"] = hookimpl(vote or (lambda: None))
    vars(module).update({hook: hookimpl(function) for hook, function in hooks.items()})
    return module


def by_extension(name: str, extension: str, match: Match = Match.NAMED, note: str = "") -> ModuleType:
    def drum_detect(code_dir: Path) -> Detection | None:
        path = only_file(code_dir, extension)
        return path and Detection(runtime=name, path=path, match=match, note=note)

    return voter(name, drum_detect)


def manager_of(*voters: ModuleType) -> PluginManager:
    manager = PluginManager()
    for module in voters:
        manager.add(module, module.__name__)
    return manager


def winner(
    code_dir: CodeDir, *voters: ModuleType, runtime: str | None = None, language: str | None = None
) -> str | None:
    spec = ModelSpec(code_dir=code_dir.path, target_type=TargetType.REGRESSION)
    vote = detect(manager_of(*voters), spec, runtime, language)
    return vote and vote.artifact.runtime


@pytest.fixture
def code_dir(tmp_path: Path) -> CodeDir:
    return CodeDir(tmp_path, {"model.pkl": "x"})


# ------------------------------------------------------------------------------------- only_file


@pytest.mark.parametrize("name", ["model.pkl", "MODEL.PKL", "a.b.Pkl"])
@pytest.mark.parametrize("extension", [".pkl", ".PKL"])
def test_extension_counts_in_any_case(tmp_path: Path, name: str, extension: str) -> None:
    (tmp_path / name).touch()
    assert only_file(tmp_path, ".joblib", extension) == tmp_path / name


@pytest.mark.parametrize("name", ["model.pkl.bak", "pkl", "folder.pkl/file", "folder/model.pkl"])
def test_only_files_at_the_top_level_count(tmp_path: Path, name: str) -> None:
    CodeDir(tmp_path, {name: ""})
    assert only_file(tmp_path, ".pkl") is None


def test_several_files_are_listed(tmp_path: Path) -> None:
    CodeDir(tmp_path, {"b.pkl": "", "a.JOBLIB": "", "c.txt": ""})
    with pytest.raises(AmbiguousArtifactError) as caught:
        only_file(tmp_path, ".pkl", ".joblib")
    assert str(caught.value) == f"{MULTIPLE}: a.JOBLIB, b.pkl."


# ------------------------------------------------------------------------------------- the vote


def test_without_votes_there_is_no_winner(code_dir: CodeDir) -> None:
    assert winner(code_dir, voter("shy")) is None
    assert winner(code_dir) is None


def test_vote_becomes_the_artifact_of_the_run(code_dir: CodeDir) -> None:
    found = Detection(runtime="r", path=code_dir / "model.pkl", concurrency=Concurrency.FORK, note="proven by opcodes")
    spec = ModelSpec(code_dir=code_dir.path, target_type=TargetType.REGRESSION)
    vote = detect(manager_of(voter("r", lambda: found)), spec, None, None)
    assert vote is not None
    assert vote.artifact == Artifact(runtime="r", path=code_dir / "model.pkl", concurrency=Concurrency.FORK)


@pytest.mark.parametrize("turn", [1, -1])
def test_content_goes_before_name_whatever_the_order(code_dir: CodeDir, turn: int) -> None:
    voters = [by_extension("named", ".pkl"), by_extension("proven", ".pkl", Match.PROVEN)]
    assert winner(code_dir, *voters[::turn]) == "proven"


def test_tie_lists_the_votes_and_the_way_out(code_dir: CodeDir) -> None:
    voters = [by_extension("a", ".pkl", Match.PROVEN, "by class"), by_extension("b", ".pkl", Match.PROVEN)]
    with pytest.raises(AmbiguousArtifactError) as caught:
        winner(code_dir, *voters)
    assert str(caught.value) == (
        "Several runtimes want this artifact: model.pkl (b, proven), model.pkl (a, proven, by class). "
        "Choose one with --runtime NAME."
    )


def test_tie_over_two_files_says_to_remove_one(code_dir: CodeDir) -> None:
    code_dir.add("model.onnx", "x")
    with pytest.raises(AmbiguousArtifactError) as caught:
        winner(code_dir, by_extension("a", ".pkl"), by_extension("b", ".onnx"))
    assert str(caught.value).startswith(f"{MULTIPLE}: ")
    assert "model.pkl (a, named)" in str(caught.value)
    assert "model.onnx (b, named)" in str(caught.value)


@pytest.mark.parametrize("name", ["named", "proven"])
def test_runtime_option_decides(code_dir: CodeDir, name: str) -> None:
    voters = [by_extension("named", ".pkl"), by_extension("proven", ".pkl", Match.PROVEN)]
    assert winner(code_dir, *voters, runtime=name) == name


def test_runtime_option_decides_where_the_vote_of_another_fails(code_dir: CodeDir) -> None:
    code_dir.add("second.pkl", "x")
    code_dir.add("model.onnx", "x")
    assert winner(code_dir, by_extension("a", ".pkl"), by_extension("b", ".onnx"), runtime="b") == "b"


def test_runtime_that_does_not_vote_lists_the_installed(code_dir: CodeDir) -> None:
    with pytest.raises(
        ConfigError, match=r"Runtime 'torch' .* finds nothing to score here. Installed are: shy, sklearn-like\."
    ):
        winner(code_dir, by_extension("sklearn-like", ".pkl"), voter("shy"), runtime="torch")


def test_runtime_option_without_any_runtime(code_dir: CodeDir) -> None:
    with pytest.raises(ConfigError, match="Installed are: none"):
        winner(code_dir, runtime="torch")


@pytest.mark.parametrize(("language", "expected"), [("python", "py"), ("r", "r"), ("julia", None)])
def test_language_option_leaves_out_other_languages(code_dir: CodeDir, language: str, expected: str | None) -> None:
    code_dir.add("model.rds", "x")
    assert winner(code_dir, by_extension("py", ".pkl"), by_extension("r", ".rds"), language=language) == expected


@pytest.mark.parametrize("vote", ["sklearn", True, Path("model.pkl")])
def test_vote_that_is_no_detection_names_the_plugin(code_dir: CodeDir, vote: object) -> None:
    with pytest.raises(HookContractError, match="Plugin 'odd' must return a Detection or None from drum_detect, not"):
        winner(code_dir, voter("odd", lambda: vote))


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"'model.pkl' is empty \(0 bytes\). Save the model again."),
        (POINTER, "'model.pkl' is a Git-LFS pointer, not the model itself. Run 'git lfs pull' to fetch it."),
    ],
    ids=["empty", "pointer"],
)
@pytest.mark.parametrize(
    "look",
    [lambda code_dir: winner(code_dir, by_extension("toy", ".pkl")), lambda code_dir: nothing_found(code_dir.path)],
    ids=["installed", "not installed"],
)
def test_artifact_without_a_model_in_it_is_said_to_be_so(
    code_dir: CodeDir, content: str, message: str, look: Callable[[CodeDir], object]
) -> None:
    code_dir.add("model.pkl", content)
    with pytest.raises(LoadError, match=message):
        look(code_dir)


def test_artifact_that_is_gone_is_said_to_be_so(code_dir: CodeDir) -> None:
    found = Detection(runtime="r", path=code_dir / "gone.pkl")
    with pytest.raises(LoadError, match=r"'gone.pkl' cannot be read: No such file or directory"):
        winner(code_dir, voter("r", lambda: found))


# ------------------------------------------------------------------------------------- a model that is in memory


def test_recognised_model_has_a_runtime() -> None:
    voters = manager_of(
        voter("ints", drum_recognize=lambda model: Detection(runtime="ints") if isinstance(model, int) else None),
        voter("texts", drum_recognize=lambda model: Detection(runtime="texts") if isinstance(model, str) else None),
    )
    vote = recognize(voters, "model", None)
    assert vote is not None
    assert (vote.artifact, voters.get_name(vote.plugin)) == (Artifact(runtime="texts"), "texts")
    assert recognize(voters, 1.5, None) is None


def test_two_who_recognise_a_model_tie() -> None:
    voters = [voter(name, drum_recognize=lambda name=name: Detection(runtime=name)) for name in "ab"]
    with pytest.raises(AmbiguousArtifactError, match=r"the model \(b, named\), the model \(a, named\)"):
        recognize(manager_of(*voters), object(), None)
    vote = recognize(manager_of(*voters), object(), "a")
    assert vote is not None
    assert vote.artifact.runtime == "a"


# ------------------------------------------------------------------------------------- nobody votes


@pytest.mark.parametrize(
    "extension", sorted(extension for extension in KNOWN_RUNTIMES if extension not in (".json", ".zip"))
)
def test_missing_plugin_comes_with_the_line_that_installs_it(
    tmp_path: Path, extension: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detection, "is_installed", lambda name: False)
    code_dir = CodeDir(tmp_path, {f"model{extension.upper()}": "x"})
    error = nothing_found(code_dir.path)
    assert isinstance(error, RuntimeNotInstalledError)
    requirement = KNOWN_RUNTIMES[extension][0]
    assert install_line(requirement) in str(error)
    assert install_line(requirement).endswith(f"'{requirement}'" if "[" in requirement else f" {requirement}")


@pytest.mark.parametrize(("module", "distribution"), [("xgboost.sklearn", "xgboost"), ("sklearn.svm", "sklearn")])
@pytest.mark.parametrize("extension", [".pkl", ".pickle", ".joblib"])
def test_pickle_is_told_apart_by_its_content(
    tmp_path: Path, extension: str, module: str, distribution: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detection, "is_installed", lambda name: False)
    (tmp_path / f"model{extension}").write_bytes(f"c{module}\nModel\n.".encode())
    assert f"drum-{distribution}, which is not installed. Run: pip install" in str(nothing_found(tmp_path))


def test_file_that_an_installed_plugin_declines_is_said_to_be_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.ubj").write_bytes(b"x")
    monkeypatch.setattr(detection, "is_installed", lambda name: name == "drum-xgboost")
    assert "nothing that drum-xgboost recognises, though it is installed: the file may be" in str(
        nothing_found(tmp_path)
    )


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("gbm.zip", b"PK\3\4", "'gbm.zip' needs drum-java, which is not installed. Run: pip install 'drum-java[h2o]'"),
        ("m.json", b'{"learner": {', "'m.json' needs drum-xgboost, which is not installed."),
    ],
)
def test_what_looks_like_a_model_is_named_though_it_may_be_data(
    tmp_path: Path, name: str, content: bytes, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detection, "is_installed", lambda name: False)
    (tmp_path / name).write_bytes(content)
    error = nothing_found(tmp_path)
    assert isinstance(error, NoArtifactError)
    assert f"If it is the model: {said}" in str(error)


@pytest.mark.parametrize("name", ["", "data.json", "archive.zip", "README.md"])
def test_nothing_at_all_says_what_to_add(tmp_path: Path, name: str) -> None:
    if name:
        (tmp_path / name).write_text("{}")
    error = nothing_found(tmp_path)
    assert isinstance(error, NoArtifactError)
    assert "holds neither a model artifact nor a custom.py" in str(error)
    assert ".pkl" in str(error)
    assert "drum new model" in str(error)


def test_every_known_language_is_an_option() -> None:
    assert {language for _, language in KNOWN_RUNTIMES.values()} <= set(LANGUAGES)


def test_detection_executes_nothing(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(Hostile(tmp_path / "executed")))
    nothing_found(tmp_path)
    assert not (tmp_path / "executed").exists()


class Hostile:
    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._marker,)
