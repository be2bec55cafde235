"""Models in other languages than Python: their containers have the language, or are refused."""

from __future__ import annotations

import shutil
import subprocess
from importlib import metadata
from pathlib import Path

import pytest

from drum.errors import ConfigError
from drum.testing import CodeDir, run_cli
from drum.types import TargetType
from drum_monitor.bundle.containers import default_base, dockerfile
from drum_monitor.bundle.languages import Language, language_of
from drum_monitor.bundle.served_model import ServedModel

EXAMPLES = Path(__file__).parents[4] / "examples"


def model_of(code_dir: Path, runtime: str) -> ServedModel:
    return ServedModel(
        code_dir=code_dir, name="model", target_type=TargetType.REGRESSION, labels=(), runtime=runtime,
        server_options=(),
    )  # fmt: skip


def language(code_dir: Path, runtime: str, base_image: str | None = None) -> Language:
    found = language_of(model_of(code_dir, runtime), code_dir / "requirements.txt", base_image)
    assert found is not None
    return found


def text_of(language: Language | None, base: str = "image") -> str:
    return dockerfile(title="A model.", base=base, folder="inference", port=5000, language=language)


def test_r_gets_the_packages_that_its_requirements_name(tmp_path: Path) -> None:
    lines = "# models\ncaret >= 6.0\nrandomForest(>=4.7)\n\nsplines # a part of R\nMASS<8\n"
    code_dir = CodeDir(tmp_path / "code", {"model.rds": b"", "requirements.txt": lines})
    found = language(code_dir, "drum-r")
    assert found.packages == ("r-base-core", "r-cran-caret", "r-cran-randomforest", "r-cran-mass")
    assert found.owns_requirements


def test_r_without_requirements_gets_r_alone(tmp_path: Path) -> None:
    assert language(CodeDir(tmp_path / "code", {"model.rds": b""}), "drum-r").packages == ("r-base-core",)


@pytest.mark.parametrize(
    ("file", "package"), [("model.zip", "default-jre-headless"), ("pojo/Model.java", "default-jdk-headless")]
)
def test_java_gets_a_compiler_only_where_there_is_source_code(tmp_path: Path, file: str, package: str) -> None:
    CodeDir(tmp_path / "code", {file: b""})
    found = language(tmp_path / "code", "drum-java")
    assert found.packages == (package,)
    assert (found.program == "javac") is ("jdk" in package)
    assert not found.owns_requirements


def test_julia_is_refused_without_an_image_that_has_it(tmp_path: Path) -> None:
    code_dir = CodeDir(tmp_path / "code", {"custom.jl": ""})
    with pytest.raises(ConfigError, match="name it with --base-image"):
        language(code_dir, "drum-julia")
    lines = text_of(language(code_dir, "drum-julia", "mine:1.0"), "mine:1.0").splitlines()
    assert "RUN julia --version" in lines
    assert not [line for line in lines if "apt-get" in line]


def test_python_needs_no_language(tmp_path: Path) -> None:
    assert language_of(model_of(tmp_path, "drum-sklearn"), tmp_path / "requirements.txt", None) is None
    assert language_of(model_of(tmp_path, ""), tmp_path / "requirements.txt", None) is None
    assert "apt-get" not in text_of(None)


def test_wheels_are_built_in_a_stage_that_stays_behind(tmp_path: Path) -> None:
    stage, image = text_of(language(tmp_path, "drum-r")).split("\n\n", 1)
    assert "FROM image AS wheels\n" in stage
    assert "r-base-dev" in stage
    assert "pip wheel" in stage
    assert "r-base-dev" not in image
    assert "--no-index --find-links /built -r requirements.txt" in image
    assert (
        image.index("r-base-core") < image.index("pip install") < image.index("import rpy2") < image.index("USER 10001")
    )


def test_a_runtime_that_does_not_start_fails_the_build(tmp_path: Path) -> None:
    text = text_of(language(tmp_path, "drum-java"))
    assert text.index("default-jre-headless") < text.index("RUN java -version\n") < text.index("CMD [")


@pytest.mark.parametrize("runtime", ["drum-r", "drum-java"])
def test_the_shell_lines_are_right(tmp_path: Path, runtime: str) -> None:
    """Run what ``RUN`` gives the shell where the programs are there, and where they are not."""
    commands = [part.split("\nRUN ")[0] for part in text_of(language(tmp_path, runtime)).split("\nRUN {")[1:]]
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "apt-get").write_text('#!/bin/sh\necho "apt-get $*" >> "$LOG"\nexit 7\n')
    (tmp_path / "bin" / "apt-get").chmod(0o755)
    for command in commands:
        script = "{" + command.split("\nWORKDIR")[0]
        without = {"PATH": str(tmp_path / "bin"), "LOG": str(tmp_path / "log")}
        assert subprocess.run(["/bin/sh", "-c", script], env=without, check=False).returncode == 7
        for program in ("R", "java", "cc"):
            (tmp_path / "bin" / program).write_text("#!/bin/sh\n")
            (tmp_path / "bin" / program).chmod(0o755)
        assert subprocess.run(["/bin/sh", "-c", script], env=without, check=False).returncode == 0
        for program in ("R", "java", "cc"):
            (tmp_path / "bin" / program).unlink()
    assert (tmp_path / "log").read_text() == "apt-get update\n" * len(commands)


@pytest.mark.skipif(shutil.which("apt-cache") is None, reason="this is no Debian")
def test_debian_has_the_packages(tmp_path: Path) -> None:
    shutil.copy(EXAMPLES / "r-caret" / "model" / "requirements.txt", tmp_path)
    wanted = {package for name in ("drum-r", "drum-java") for package in language(tmp_path, name).packages}
    wanted |= set(language(tmp_path, "drum-r").build_packages)
    words = ["apt-cache", "show", "--no-all-versions", *sorted(wanted)]
    shown = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert {line.split()[1] for line in shown.splitlines() if line.startswith("Package: ")} == wanted


# ------------------------------------------------------------------- with the runtimes, where they are


def bundled(example: str, folder: Path, *words: str) -> tuple[int, str]:
    given = ["--code-dir", EXAMPLES / example / "model", "--no-monitoring", "--output", folder, *words]
    outcome = run_cli(["monitor", "bundle", *given])
    return outcome.exit_code, outcome.err


def needs(distribution: str, program: str) -> pytest.MarkDecorator:
    there = next(iter(metadata.distributions(name=distribution)), None) is not None and shutil.which(program)
    return pytest.mark.skipif(not there, reason=f"{distribution} or {program} is not installed")


@needs("rpy2-rinterface", "R")
@needs("drum-r", "R")
def test_a_model_of_r(tmp_path: Path) -> None:
    assert bundled("r-caret", tmp_path / "out") == (0, "")
    inference = tmp_path / "out" / "inference"
    text = (inference / "Dockerfile").read_text()
    assert text.count(f"FROM {default_base('bookworm')}") == 2
    assert "r-base-core r-cran-caret r-cran-randomforest" in text
    assert "model/" not in text  # its requirements.txt is R's, and none of pip's
    lines = (inference / "requirements.txt").read_text().splitlines()
    assert not [line for line in lines if line.startswith("-r")]
    assert {line.split("==")[0] for line in lines} >= {"drum-core", "drum-r", "rpy2-rinterface"}


@needs("drum-java", "java")
def test_a_model_of_java(tmp_path: Path) -> None:
    assert bundled("java", tmp_path / "out") == (0, "")
    text = (tmp_path / "out" / "inference" / "Dockerfile").read_text()
    assert f"FROM {default_base('bookworm')}\n" in text
    assert "default-jre-headless" in text


@needs("drum-julia", "julia")
def test_a_model_of_julia(tmp_path: Path) -> None:
    code, said = bundled("julia-tree", tmp_path / "out")
    assert (code, "name it with --base-image" in said) == (2, True)
    assert not (tmp_path / "out").exists()
    assert bundled("julia-tree", tmp_path / "out", "--base-image", "mine:1.0")[0] == 0
    assert "FROM mine:1.0\n" in (tmp_path / "out" / "inference" / "Dockerfile").read_text()
