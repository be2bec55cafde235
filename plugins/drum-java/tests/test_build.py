"""The jar that is installed is what the sources compile to, and always the same."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from drum_java.jvm import HELPER

PLUGIN = Path(__file__).parents[1]


@pytest.fixture
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("drum_java_build", PLUGIN / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_jar_is_reproducible(hook: ModuleType, tmp_path: Path) -> None:
    hook.build(PLUGIN / "java", tmp_path / "drum.jar", hook.find_javac())
    assert (tmp_path / "drum.jar").read_bytes() == HELPER.read_bytes(), (
        "install drum-java again: its sources have changed"
    )


@pytest.mark.parametrize(("version", "raises"), [("standard", True), ("editable", False)])
def test_without_a_compiler_only_an_editable_install_goes_on(
    hook: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, raises: bool
) -> None:
    monkeypatch.setattr(hook, "find_javac", lambda: None)
    told: list[str] = []

    class App:
        display_warning = staticmethod(told.append)

    built = hook.JavaBuildHook(str(tmp_path), {}, None, None, str(tmp_path), "wheel", App())
    if raises:
        with pytest.raises(RuntimeError, match="there is no 'javac'"):
            built.initialize(version, {})
    else:
        built.initialize(version, {})
        assert "there is no 'javac'" in told[0]
