"""requirements.txt: the R packages that a folder needs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from drum.errors import ConfigError, PluginDependencyError
from drum.scorer import Scorer
from drum.testing import CodeDir
from drum_r.packages import Requirement, install_line, read_requirements

Serve = Callable[..., Scorer]
HOOK = "score <- function(data, model) data"


def test_lines(tmp_path: Path) -> None:
    CodeDir(
        tmp_path, {"requirements.txt": "# for the model\ncaret\n\nrpart >= 4.1-15  # trees\ndata.table(==1.14.8)\n"}
    )
    assert read_requirements(tmp_path) == [
        Requirement("caret"),
        Requirement("rpart", ">=", "4.1-15"),
        Requirement("data.table", "==", "1.14.8"),
    ]


@pytest.mark.parametrize("line", ["library(caret)", "scikit-learn==1.0", "caret randomForest", "caret >= new"])
def test_line_that_is_no_package_is_named(tmp_path: Path, line: str) -> None:
    CodeDir(tmp_path, {"requirements.txt": f"rpart\n{line}\n"})
    with pytest.raises(ConfigError, match=r"requirements.txt, line 2: .* is no R package"):
        read_requirements(tmp_path)


def test_folder_without_the_file_needs_nothing(tmp_path: Path) -> None:
    assert read_requirements(tmp_path) == []


def test_missing_packages_are_named_with_the_line_that_installs_them(serve: Serve, tmp_path: Path) -> None:
    folder = CodeDir(tmp_path / "own", {"custom.R": HOOK, "requirements.txt": "rpart\nnotHere\nnorThis\n"})
    with pytest.raises(PluginDependencyError) as caught:
        serve(folder.path)
    assert caught.value.message == (
        "requirements.txt asks for the R packages 'notHere', 'norThis', not installed here. Run: Rscript -e "
        '\'install.packages(c("notHere", "norThis"))\' (Debian: apt-get install r-cran-nothere r-cran-northis)'
    )


def test_versions_are_compared(serve: Serve, tmp_path: Path) -> None:
    enough = CodeDir(tmp_path / "enough", {"custom.R": HOOK, "requirements.txt": "rpart >= 4.0\nstats>3\n"})
    serve(enough.path)
    more = CodeDir(tmp_path / "more", {"custom.R": HOOK, "requirements.txt": "rpart >= 99.0-1\n"})
    with pytest.raises(PluginDependencyError, match=r"asks for rpart >= 99.0-1, but [\d.]+ is installed. Run: Rscript"):
        serve(more.path)


def test_packages_that_are_asked_for_are_loaded(serve: Serve, tmp_path: Path) -> None:
    code = "init <- function(code_dir) stopifnot(isNamespaceLoaded('splines'))\n" + HOOK
    serve(CodeDir(tmp_path / "own", {"custom.R": code, "requirements.txt": "splines\n"}).path)


def test_package_of_a_models_class_is_asked_for(serve: Serve) -> None:
    code = 'load_model <- function(dir) structure(list(modelInfo = list(library = "notHere")), class = "train")'
    with pytest.raises(PluginDependencyError, match="The model needs the R package 'notHere', not installed here"):
        serve(code)


def test_one_package_is_installed_by_its_name() -> None:
    assert install_line(["gbm"]) == "Run: Rscript -e 'install.packages(\"gbm\")' (Debian: apt-get install r-cran-gbm)"
