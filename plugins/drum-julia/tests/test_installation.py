"""Finding Julia: by options, by layout, by asking; and what is said where it is missing or does not fit."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from drum.errors import ConfigError, PluginDependencyError
from drum.options import core_options
from drum.settings import Settings, resolve
from drum_julia import drum_add_options
from drum_julia.installation import find, set_project


def settings(**given: str) -> Settings:
    registry = core_options()
    drum_add_options(registry)
    return resolve(registry, given, {})


def resolved(environment: dict[str, str]) -> Settings:
    registry = core_options()
    drum_add_options(registry)
    return resolve(registry, {}, environment)


def layout(folder: Path, library: str = "libjulia.so", image: str = "sys.so") -> Path:
    for name in ("bin/julia", f"lib/{library}", f"lib/julia/{image}"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    (folder / "bin/julia").chmod(0o755)
    return folder


def test_installed_one() -> None:
    found = find(settings())
    assert found.library.name.startswith("libjulia")
    assert found.image.is_file()
    assert (found.bindir / "julia").is_file()


@pytest.mark.parametrize("library", ["libjulia.so", "libjulia.so.1", "libjulia.dylib"])
def test_layout_of_julias_own_archive(tmp_path: Path, library: str) -> None:
    folder = layout(tmp_path, library)
    found = find(settings(julia_bindir=str(folder / "bin")))
    assert (found.library, found.bindir, found.image) == (
        folder / "lib" / library, folder / "bin", folder / "lib/julia/sys.so",
    )  # fmt: skip


def test_program_on_the_path_may_be_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = layout(tmp_path / "julia-1.10")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/julia").symlink_to(folder / "bin/julia")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert find(settings()).library == folder / "lib/libjulia.so"


def test_folder_without_julia_is_named_with_who_named_it(tmp_path: Path) -> None:
    with pytest.raises(PluginDependencyError, match=r"no program 'julia' in '.*' \(from \$JULIA_BINDIR\)"):
        find(resolved({"JULIA_BINDIR": str(tmp_path)}))


def test_variables_of_julias_own_are_honoured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = layout(tmp_path / "julia")
    image = tmp_path / "own.so"
    image.touch()
    found = find(resolved({"JULIA_BINDIR": str(folder / "bin"), "JULIA_SYS_IMAGE": str(image)}))
    assert (found.bindir, found.image) == (folder / "bin", image)
    monkeypatch.setenv("JULIA_PROJECT", "before")
    set_project(resolved({"JULIA_PROJECT": str(tmp_path)}))
    assert os.environ["JULIA_PROJECT"] == str(tmp_path)


def test_project_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"project '.*' \(from \$JULIA_PROJECT\) does not exist"):
        set_project(resolved({"JULIA_PROJECT": str(tmp_path / "nowhere")}))


def test_launcher_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program far from its library, as juliaup's, is asked where that is."""
    launcher = tmp_path / "bin/julia"
    launcher.parent.mkdir()
    launcher.write_text(f'#!/bin/sh\nexec {shutil.which("julia")} "$@"\n')
    launcher.chmod(0o755)
    expected = find(settings())
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    found = find(settings())
    assert found.library.resolve() == expected.library.resolve()
    assert found.image.resolve() == expected.image.resolve()


def test_no_julia(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PluginDependencyError, match=r"no 'julia' is on the path. Install Julia .* --julia-bindir"):
        find(settings())
    with pytest.raises(PluginDependencyError, match=f"no program 'julia' in '{tmp_path}'"):
        find(settings(julia_bindir=str(tmp_path)))


def test_system_image(tmp_path: Path) -> None:
    image = tmp_path / "own.so"
    with pytest.raises(PluginDependencyError, match=r"own.so' \(--julia-sysimage\) does not exist"):
        find(settings(julia_sysimage=str(image)))
    image.write_text("")
    assert find(settings(julia_sysimage=str(image))).image == image


def test_library_that_is_none(tmp_path: Path) -> None:
    """The process that is told so is one of its own: a process starts Julia once."""
    folder = layout(tmp_path / "julia")
    (tmp_path / "custom.jl").write_text("score(data, model) = data.x")
    (tmp_path / "input.csv").write_text("x\n1\n")
    done = subprocess.run(
        [sys.executable, "-m", "drum", "score", "--code-dir", tmp_path, "--target-type", "regression", "--input",
         tmp_path / "input.csv", "--julia-bindir", folder / "bin"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, "libjulia.so' cannot be started" in done.stderr) == (3, True), done.stderr
