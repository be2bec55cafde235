"""R and rpy2: are they there, and do they fit each other? One sentence says what to install."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from drum.errors import PluginDependencyError
from drum_r import starting
from drum_r.engine import engine
from drum_r.session import RError, Session
from drum_r.starting import check_fit, check_versions, r_home, r_version

Installed = Callable[[str], None]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installed:
    """Return a function that makes another R the one that is found."""

    def installed(version: str) -> None:
        description = tmp_path / "library" / "base" / "DESCRIPTION"
        description.parent.mkdir(parents=True)
        description.write_text(f"Package: base\nVersion: {version}\nPriority: base\n")
        monkeypatch.setenv("R_HOME", str(tmp_path))

    return installed


def test_what_is_installed_here_fits() -> None:
    check_versions()
    assert r_version(r_home()) >= (4, 0)


def test_r_that_is_too_old_is_named(installed: Installed) -> None:
    installed("3.6.3")
    with pytest.raises(PluginDependencyError, match=r"R 3.6.3 in '.*' is too old for drum-r. Install R 4 .*apt-get"):
        check_versions()


@pytest.mark.parametrize(
    ("r", "interface", "fits"),
    [
        ((4, 0, 4), (3, 6, 5), True),
        ((4, 2, 2), (3, 6, 5), True),
        ((4, 2, 2), (3, 6, 6), False),
        ((4, 4, 3), (3, 6, 7), False),
        ((4, 5, 0), (3, 6, 7), True),
        ((4, 5, 1), (3, 6, 5), True),
    ],
)
def test_interface_that_needs_a_later_r_is_refused(r: tuple[int, ...], interface: tuple[int, ...], fits: bool) -> None:
    if fits:
        check_fit(r, interface)
        return
    with pytest.raises(
        PluginDependencyError, match=r"needs R 4.5 or later, but R 4.* Run: pip .*rpy2-rinterface>=3.6,<=3.6.5"
    ):
        check_fit(r, interface)


def test_interface_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(starting, "version", version)
    with pytest.raises(
        PluginDependencyError, match=r"rpy2-rinterface, .* not installed. Run: pip install 'drum-r\[rpy2\]'"
    ):
        check_versions()


def test_r_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("R_HOME", raising=False)
    with pytest.raises(
        PluginDependencyError, match=r"R is not installed, or not on the PATH. Install R 4 .*pip install"
    ):
        r_home()


def test_r_that_is_not_whole_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    command = tmp_path / "R"
    command.write_text("#!/bin/sh\nexit 1\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep + os.environ["PATH"])
    monkeypatch.delenv("R_HOME", raising=False)
    with pytest.raises(PluginDependencyError, match="R RHOME' fails"):
        r_home()
    with pytest.raises(PluginDependencyError, match="There is no whole R in"):
        r_version(tmp_path)


def test_r_leaves_the_search_path_of_libraries_alone() -> None:
    engine()
    assert "/R/lib" not in os.environ.get("LD_LIBRARY_PATH", "")


def test_recursion_without_end_is_an_error_whatever_the_option_says() -> None:
    def deep(session: Session) -> str:
        code = "local({ old <- options(expressions = 500000); on.exit(options(old)); f <- function(n) f(n + 1); f(1) })"
        with pytest.raises(RError) as caught:
            session.attempt("guarded", session.interface.parse(code)[0], session.interface.globalenv, session.text("/"))
        return caught.value.failure.message

    assert "stack" in engine().run(deep)
