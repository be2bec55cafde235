"""The folder that an image is built from."""

from __future__ import annotations

import os
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from drum.testing import CodeDir, run_cli
from drum.testing.command_line import Outcome


def write(output: Path, *words: object) -> Outcome:
    return run_cli(["image", "--tag", "models/test:1", "--builder", "none", "--output", output, *words])


def write_well(output: Path, *words: object) -> Outcome:
    outcome = write(output, *words)
    assert outcome.exit_code == 0, outcome.err
    return outcome


def lines_of(path: Path) -> list[str]:
    return path.read_text().splitlines()


def test_context_holds_code_wheels_and_installed_versions(examples: Path, tmp_path: Path) -> None:
    context = tmp_path / "context"
    outcome = write_well(context, "--code-dir", examples / "binary" / "model", "--base", "registry.local/python:3.11")
    assert f"docker build --tag models/test:1 {context}" in outcome.out
    assert {path.name for path in context.iterdir()} == {
        "Dockerfile", "code", "constraints.txt", "frameworks", "requirements.txt", "scripts", "wheels", "wheels.txt",
    }  # fmt: skip
    assert {path.name for path in (context / "code").iterdir()} == {"model.joblib", "model-metadata.yaml"}
    assert [path.name for path in (context / "frameworks").iterdir()] == ["sklearn"]
    assert {path.name.partition("-")[0] for path in (context / "wheels").iterdir()} == {"drum_core", "drum_sklearn"}
    pinned = lines_of(context / "constraints.txt")
    assert f"scikit-learn=={version('scikit-learn')}" in pinned
    assert f"pandas=={version('pandas')}" in pinned
    assert not [line for line in pinned if line.startswith("drum-")]
    demanded = {f"/build/wheels/{path.name}" for path in (context / "wheels").iterdir()}
    assert set(lines_of(context / "wheels.txt")) == demanded  # an index may have newer ones with these names
    dockerfile = lines_of(context / "Dockerfile")
    assert "ARG PYTHON_IMAGE=registry.local/python:3.11" in dockerfile
    assert "ARG FRAMEWORK=sklearn" in dockerfile
    assert "ARG TITLE=test" in dockerfile
    assert f"ARG VERSION={version('drum-core')}" in dockerfile


def test_wheels_hold_the_source_tree_as_it_is(custom_only: Path, tmp_path: Path) -> None:
    write_well(tmp_path / "context", "--code-dir", custom_only)
    (wheel,) = (tmp_path / "context" / "wheels").iterdir()
    import drum

    source = Path(drum.__file__).with_name("errors.py").read_text()
    assert zipfile.ZipFile(wheel).read("drum/errors.py").decode() == source


def test_server_user_can_read_and_run_what_only_its_owner_could(wheels: Path, tmp_path: Path) -> None:
    code = CodeDir(tmp_path / "model", {"custom.py": "def score(data, model): ...", "parts/a.txt": "a"}).path
    (code / "custom.py").chmod(0o600)
    (code / "parts").chmod(0o700)
    (code / "__pycache__").mkdir()
    (code / ".git").mkdir()
    write_well(tmp_path / "context", "--wheels", wheels, "--code-dir", code)
    copied = tmp_path / "context" / "code"
    assert {path.name for path in copied.iterdir()} == {"custom.py", "parts"}
    assert (copied / "custom.py").stat().st_mode & 0o777 == 0o644
    assert (copied / "parts").stat().st_mode & 0o777 == 0o755
    assert os.access(tmp_path / "context" / "scripts" / "start_server.sh", os.X_OK)


def test_requirements_decide_over_installed_versions(wheels: Path, custom_only: Path, tmp_path: Path) -> None:
    text = "# of the model\npandas ~= 3.0  # not the newest\nsix\nscipy==1.16.0 ; python_version > '3'\n"
    (custom_only / "requirements.txt").write_text(text)
    write_well(tmp_path / "context", "--wheels", wheels, "--code-dir", custom_only)
    assert (tmp_path / "context" / "requirements.txt").read_text() == text
    names = {line.partition("==")[0] for line in lines_of(tmp_path / "context" / "constraints.txt")}
    assert "numpy" in names
    assert not names & {"pandas", "six", "scipy"}


def test_distribution_of_our_own_in_requirements_comes_as_a_wheel(custom_only: Path, tmp_path: Path) -> None:
    (custom_only / "requirements.txt").write_text("drum-onnx[cpu]\n")
    write_well(tmp_path / "context", "--code-dir", custom_only)
    names = {path.name.partition("-")[0] for path in (tmp_path / "context" / "wheels").iterdir()}
    assert names == {"drum_core", "drum_onnx"}
    assert f"onnxruntime=={version('onnxruntime')}" in lines_of(tmp_path / "context" / "constraints.txt")


@pytest.mark.parametrize("line", ["-r more.txt", "-e .", "./own-1.0-py3-none-any.whl", "/data/own.whl", "-c fixed.txt"])
def test_requirements_that_name_files_are_refused_with_their_line(custom_only: Path, tmp_path: Path, line: str) -> None:
    (custom_only / "requirements.txt").write_text(f"six\n{line}\n")
    outcome = write(tmp_path / "context", "--code-dir", custom_only)
    assert outcome.exit_code == 2
    assert f"requirements.txt, line 2: '{line}' names another file." in outcome.err
    assert not (tmp_path / "context").exists()


def test_requirements_of_another_language_are_not_read_as_pips(wheels: Path, tmp_path: Path) -> None:
    code = CodeDir(tmp_path / "model", {"custom.R": "", "requirements.txt": "caret >= 6.0\nrpart (>= 4.1-15)\n"}).path
    write_well(tmp_path / "context", "--wheels", wheels, "--code-dir", code, "--runtime", "r")
    assert (tmp_path / "context" / "requirements.txt").read_text() == "caret >= 6.0\nrpart (>= 4.1-15)\n"
    assert (tmp_path / "context" / "frameworks" / "r" / "packages.txt").read_text() == "r-base-core\n"


def test_unpinned_takes_no_versions(wheels: Path, custom_only: Path, tmp_path: Path) -> None:
    write_well(tmp_path / "context", "--wheels", wheels, "--code-dir", custom_only, "--unpinned")
    assert lines_of(tmp_path / "context" / "constraints.txt") == []


def test_wheels_at_hand_are_taken_instead_of_built_ones(custom_only: Path, tmp_path: Path) -> None:
    write_well(tmp_path / "first", "--code-dir", custom_only)
    (wheel,) = (tmp_path / "first" / "wheels").iterdir()
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("marked.txt", "this one")
    write_well(tmp_path / "second", "--code-dir", custom_only, "--wheels", wheel.parent)
    (taken,) = (tmp_path / "second" / "wheels").iterdir()
    assert "marked.txt" in zipfile.ZipFile(taken).namelist()


def test_wheels_that_nobody_asked_for_are_not_demanded(wheels: Path, tmp_path: Path) -> None:
    write_well(tmp_path / "context", "--wheels", wheels, "--runtime", "onnx")
    demanded = {Path(line).name.partition("-")[0] for line in lines_of(tmp_path / "context" / "wheels.txt")}
    assert demanded == {"drum_core", "drum_onnx"}


def test_image_without_a_model_has_an_empty_code_folder(wheels: Path, tmp_path: Path) -> None:
    write_well(tmp_path / "context", "--wheels", wheels, "--runtime", "onnx")
    assert list((tmp_path / "context" / "code").iterdir()) == []
    assert (tmp_path / "context" / "requirements.txt").read_text() == ""


def test_version_for_a_gpu_has_its_own_requirements(wheels: Path, tmp_path: Path) -> None:
    write_well(tmp_path / "context", "--wheels", wheels, "--runtime", "onnx", "--gpu")
    requirements = (tmp_path / "context" / "frameworks" / "onnx-gpu" / "requirements.txt").read_text()
    assert "drum-onnx[gpu]" in requirements
    assert "ARG FRAMEWORK=onnx-gpu" in lines_of(tmp_path / "context" / "Dockerfile")


def test_full_output_folder_is_left_alone(custom_only: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "note.txt").write_text("keep")
    outcome = write(tmp_path / "mine", "--code-dir", custom_only)
    assert outcome.exit_code == 2
    assert "is not empty. Choose another folder for --output." in outcome.err
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["note.txt"]


def test_output_inside_the_code_directory_is_refused(custom_only: Path) -> None:
    outcome = write(custom_only / "context", "--code-dir", custom_only)
    assert outcome.exit_code == 2
    assert "lies inside" in outcome.err


def test_files_that_cannot_be_copied_are_named(custom_only: Path, tmp_path: Path) -> None:
    (custom_only / "weights.bin").symlink_to("nowhere")
    outcome = write(tmp_path / "context", "--code-dir", custom_only)
    assert outcome.exit_code == 2
    assert "weights.bin" in outcome.err
    assert "Traceback" not in outcome.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["custom-only"]
