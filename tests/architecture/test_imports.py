"""The laws of the house: who may import whom. Imports inside functions and under TYPE_CHECKING are free."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
CORE = REPOSITORY / "core" / "src" / "drum"
PLUGINS = REPOSITORY / "plugins"
SOURCES = [CORE.parent, *PLUGINS.glob("*/src")]

NOUNS = {"drum.types", "drum.errors"}
RULES = NOUNS | {"drum.hookspecs", "drum.contract", "drum.metadata", "drum.pickles", "drum.plugins", "drum.settings"}
ENGINE = RULES | {
    "drum", "drum.conforming", "drum.custom_code", "drum.custom_hooks", "drum.detection",
    "drum.input_schema", "drum.logs", "drum.media_types", "drum.options", "drum.rows",
    "drum.runtime_parameters", "drum.type_schema",
}  # fmt: skip
SERVER_LIBRARIES = {"starlette", "uvicorn", "prometheus_client"}
MAY_IMPORT = {
    "drum": set(),
    "drum.types": set(),
    "drum.errors": set(),
    "drum.hookspecs": {"pluggy"},
    "drum.media_types": NOUNS,
    "drum.decompression": NOUNS,
    "drum.logs": set(),
    "drum.pickles": NOUNS,
    "drum.rows": NOUNS,
    "drum.contract": NOUNS | {"drum.columns"},
    "drum.settings": NOUNS,
    "drum.plugins": NOUNS | {"drum", "drum.hookspecs", "pluggy"},
    "drum.metadata": RULES | {"yaml"},
    "drum.input_schema": RULES | {"yaml"},
    "drum.columns": NOUNS,
    "drum.devices": NOUNS | {"drum.settings"},
    "drum.math_threads": set(),
    "drum.garbage": set(),
    "drum.conforming": NOUNS | {"drum.formats.frames"},
    "drum.type_schema": RULES | {"drum.formats.frames"},
    "drum.runtime_parameters": RULES | {"yaml"},
    "drum.detection": RULES,
    "drum.custom_hooks": NOUNS,
    "drum.custom_code": RULES | {"drum.custom_hooks"},
    "drum.engines": NOUNS,
    "drum.options": RULES | {"drum.detection", "drum.engines", "drum.logs"},
    "drum.observation": NOUNS | {"drum.plugins"},
    "drum.seated_model": ENGINE,
    "drum.scorer": ENGINE | {"drum.observation", "drum.seated_model"},
    "drum.library": ENGINE | {"drum.scorer"},
    "drum.formats": NOUNS | {"drum", "drum.hookspecs", "drum.media_types", "drum.formats"},
    "drum.batch": NOUNS
    | {"drum", "drum.garbage", "drum.math_threads", "drum.media_types", "drum.formats", "drum.batch"},
    "drum.workers": NOUNS | {"drum", "drum.media_types", "drum.workers"},
    "drum.workers.frames": NOUNS | {"msgspec"},
    "drum.workers.answering": NOUNS
    | {"drum", "drum.detection", "drum.input_schema", "drum.media_types", "drum.workers"},
    "drum.workers.sharing": NOUNS | {"drum", "drum.media_types", "drum.rows", "drum.formats", "drum.workers"},
    "drum.workers.transform_reply": NOUNS | {"drum", "drum.media_types", "drum.formats.frames"},
    "drum.workers.worker": ENGINE
    | {"drum.garbage", "drum.math_threads", "drum.scorer", "drum.library", "drum.workers"},
    "drum.workers.inline": NOUNS | {"drum.scorer", "drum.workers"},
    "drum.server": NOUNS
    | {"drum", "drum.decompression", "drum.media_types", "drum.server", "drum.workers.frames"}
    | SERVER_LIBRARIES,
    "drum.trial": NOUNS | {"drum.media_types", "drum.trial"},
    "drum.validation": NOUNS
    | {"drum.batch", "drum.garbage", "drum.media_types", "drum.rows", "drum.trial", "drum.validation"},
    "drum.perf": NOUNS | {"drum.media_types", "drum.trial", "drum.perf"},
    "drum.cli": ENGINE | {"drum.cli", "drum.engines", "drum.garbage"},
    "drum.__main__": {"drum.cli"},
    "drum.testing": ENGINE | {"drum.scorer", "drum.library", "drum.cli", "drum.testing", "pytest"},
}
PLUGINS_MAY_IMPORT = NOUNS | {
    "drum.batch.partitions",
    "drum.cli.commands",
    "drum.columns",
    "drum.conforming",
    "drum.custom_code",
    "drum.custom_hooks",
    "drum.devices",
    "drum.engines",
    "drum.hookspecs",
    "drum.detection",
    "drum.contract",
    "drum.input_schema",
    "drum.metadata",
    "drum.settings",
    "drum.media_types",
}


def modules(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if not {"template", "templates"} & set(path.parts))


def name_of(path: Path, source: Path) -> str:
    parts = path.relative_to(source).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path) -> Iterator[str]:
    """Yield what a module imports when it is imported itself, without the standard library."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            inner = [f"{node.module}.{alias.name}" for alias in node.names if _is_module(f"{node.module}.{alias.name}")]
            names = inner or [str(node.module)]
        else:
            continue
        yield from (name for name in names if name.partition(".")[0] not in sys.stdlib_module_names)


def _is_module(name: str) -> bool:
    paths = [source / Path(*name.split(".")) for source in SOURCES]
    return any(path.with_suffix(".py").exists() or path.is_dir() for path in paths)


def permitted(name: str, allowed: set[str]) -> bool:
    return any(name == one or (one != "drum" and name.startswith(f"{one}.")) for one in allowed)


def law_for(module: str) -> set[str]:
    while module not in MAY_IMPORT:
        module = module.rpartition(".")[0]
    return MAY_IMPORT[module]


@pytest.mark.parametrize("path", modules(CORE), ids=lambda path: name_of(path, CORE.parent))
def test_core_module_imports_what_its_room_may(path: Path) -> None:
    allowed = law_for(name_of(path, CORE.parent))
    assert [name for name in imported(path) if not permitted(name, allowed)] == []


@pytest.mark.parametrize(
    "path", [path for path in modules(PLUGINS) if "src" in path.parts], ids=lambda path: str(path.relative_to(PLUGINS))
)
def test_plugin_imports_public_names_and_nothing_heavy(path: Path) -> None:
    """What only a command or a process of the plugin's own imports may be heavy; nothing may be private to the core."""
    source = PLUGINS / path.relative_to(PLUGINS).parts[0] / "src"
    package = path.relative_to(source).parts[0]
    ours = {"drum"} | {folder.name.replace("-", "_") for folder in PLUGINS.iterdir()}
    names = [name for name in imported(path) if not permitted(name, PLUGINS_MAY_IMPORT | {package})]
    if name_of(path, source) not in loaded_with(package, source):
        names = [name for name in names if name.partition(".")[0] in ours]
    assert names == []


def loaded_with(package: str, source: Path) -> set[str]:
    """Return the modules of a package that are imported with it."""
    found: set[str] = set()
    waiting = [package]
    while waiting:
        name = waiting.pop()
        path = source / Path(*name.split("."))
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if name in found or not name.startswith(package) or not path.exists():
            continue
        found.add(name)
        waiting += [*imported(path), name.rpartition(".")[0] or package]
    return found


# ------------------------------------------------------------------------------------- calls and sizes


def calls(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)
        elif isinstance(node, ast.Attribute):
            yield node.lineno, ast.unparse(node)


@pytest.mark.parametrize(
    ("name", "rooms"),
    [
        ("print", {"cli"}),
        ("sys.exit", {"cli/__init__.py"}),
        ("os.environ", {"settings.py", "runtime_parameters.py", "math_threads.py", "testing"}),
    ],
)
def test_call_stands_in_its_room_only(name: str, rooms: set[str]) -> None:
    found = {
        f"{path.relative_to(CORE)}:{line}"
        for path in modules(CORE)
        for line, call in calls(path)
        if call == name and not any(str(path.relative_to(CORE)).startswith(room) for room in rooms)
    }
    assert found == set()


def test_no_module_outgrows_its_room() -> None:
    large = {path.name: lines for path in modules(CORE) if (lines := len(path.read_text().splitlines())) > 400}
    assert large == {}
