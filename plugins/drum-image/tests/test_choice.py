"""Which framework an image gets, and what is refused before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from drum.testing import CodeDir, run_cli
from drum.testing.command_line import Outcome


def image(*words: object, tag: str = "test") -> Outcome:
    return run_cli(["image", "--builder", "none", "--tag", tag, *words])


@pytest.mark.parametrize(("example", "framework"), [("binary", "sklearn"), ("onnx", "onnx"), ("r-hooks", "r"),
                                                    ("julia-tree", "julia"), ("custom-only", "base")])  # fmt: skip
def test_code_directory_decides(wheels: Path, examples: Path, tmp_path: Path, example: str, framework: str) -> None:
    outcome = image("--wheels", wheels, "--code-dir", examples / example / "model", "--output", tmp_path / "context")
    assert outcome.exit_code == 0, outcome.err
    assert (tmp_path / "context" / "frameworks" / framework / "requirements.txt").is_file()


def test_no_model_is_an_error(tmp_path: Path) -> None:
    outcome = image("--code-dir", tmp_path)
    assert outcome.exit_code == 2
    assert "holds neither a model artifact nor a custom.py" in outcome.err


def test_several_models_are_an_error_that_names_them(examples: Path, tmp_path: Path) -> None:
    for example, name in (("binary", "model.joblib"), ("onnx", "model.onnx")):
        (tmp_path / name).write_bytes((examples / example / "model" / name).read_bytes())
    outcome = image("--code-dir", tmp_path, "--output", tmp_path.parent / "context")
    assert outcome.exit_code == 2
    assert "Multiple serialized model files found." in outcome.err
    assert "model.joblib" in outcome.err
    assert "model.onnx" in outcome.err


def test_runtime_that_is_named_is_not_put_to_the_vote(wheels: Path, tmp_path: Path) -> None:
    code = CodeDir(tmp_path / "model", {"custom.py": "def load_model(code_dir): ..."}).path
    outcome = image("--wheels", wheels, "--code-dir", code, "--runtime", "onnx", "--output", tmp_path / "context")
    assert outcome.exit_code == 0, outcome.err
    assert (tmp_path / "context" / "frameworks" / "onnx").is_dir()


def test_plugin_that_is_missing_is_named(examples: Path) -> None:
    outcome = image("--code-dir", examples / "binary" / "model", "--no-plugin", "sklearn")
    assert outcome.exit_code == 2
    assert "drum-sklearn" in outcome.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "Say what the image is for: --code-dir DIR, or --runtime NAME"),
        (("--runtime", "fortran"), "There is no runtime 'fortran' here. Installed are: "),
        (("--runtime", "csv"), "There is no runtime 'csv' here."),
        (("--runtime", "sklearn", "--gpu"), "There is no image of 'sklearn' for a GPU, only of onnx and torch."),
        (("--code-dir", "/nowhere"), "--code-dir: there is no '/nowhere'."),
        (("--code-dir", "/etc/passwd"), "--code-dir: '/etc/passwd' is no folder."),
        (("--runtime", "base", "--wheels", "/nowhere"), "--wheels: there is no '/nowhere'."),
        (("--runtime", "base", "--base", "two words"), "'two words' is no name of an image, for --base."),
    ],
)
def test_bad_option_is_refused(words: tuple[str, ...], message: str) -> None:
    outcome = image(*words)
    assert outcome.exit_code == 2
    assert message in outcome.err
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize(
    "tag", ["models/Upper", "a b", "-x", "a:b:c", "a/", "a:", "ü", "a" + ":" + "v" * 129, "--flag"]
)
def test_bad_tag_is_refused(tag: str) -> None:
    outcome = run_cli(["image", "--builder", "none", "--runtime", "base", f"--tag={tag}"])
    assert outcome.exit_code == 2
    assert "is no name of an image" in outcome.err


@pytest.mark.parametrize(
    "tag", ["a", "models/churn", "registry.local:5000/team/churn_v2:2026-11-22", "LOCALHOST/a:V.1"]
)
def test_good_tag_is_taken(wheels: Path, tag: str, tmp_path: Path) -> None:
    outcome = image("--wheels", wheels, "--runtime", "base", "--output", tmp_path / "context", tag=tag)
    assert outcome.exit_code == 0, outcome.err
