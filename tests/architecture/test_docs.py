"""What the documents say is what the code does."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
import yaml

import drum
from drum import errors, hookspecs
from drum.cli import exit_code

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
PAGES = sorted([*DOCS.glob("*.md"), *REPOSITORY.glob("*.md"), *REPOSITORY.glob("plugins/*/README.md")])

HOOK_SOURCE = Path(hookspecs.__file__).read_text(encoding="utf-8")
SIGNATURES = re.findall(r"^def (drum_\w+\(.*?\)(?: -> [^\n]*)):$", HOOK_SOURCE, re.MULTILINE | re.DOTALL)


def test_there_are_twenty_two_hooks() -> None:
    assert len(SIGNATURES) == 22


@pytest.mark.parametrize("signature", SIGNATURES, ids=lambda text: text.partition("(")[0])
def test_hook_is_documented_word_for_word(signature: str) -> None:
    page = (DOCS / "hooks.md").read_text(encoding="utf-8")
    assert f"    {signature}\n" in page
    docstring = inspect.getdoc(getattr(hookspecs, signature.partition("(")[0])) or ""
    assert docstring.splitlines()[0].replace("``", "`") in page


@pytest.mark.parametrize("signature", SIGNATURES, ids=lambda text: text.partition("(")[0])
def test_hook_docstring_has_its_four_parts(signature: str) -> None:
    name = signature.partition("(")[0]
    docstring = inspect.getdoc(getattr(hookspecs, name)) or ""
    for parameter in inspect.signature(getattr(hookspecs, name)).parameters:
        assert f":param {parameter}:" in docstring
    assert "``None``" in docstring or "result is ignored" in docstring
    assert "Not called " in docstring


@pytest.mark.parametrize(
    "name", [n for n, kind in vars(errors).items() if inspect.isclass(kind) and n != "annotations"]
)
def test_error_is_documented_with_its_exit_code(name: str) -> None:
    page = (DOCS / "errors.md").read_text(encoding="utf-8")
    row = next(line for line in page.splitlines() if line.startswith("|") and f"`{name}`" in line.split("|")[1])
    assert row.rstrip(" |").endswith(f" {exit_code(getattr(errors, name)('x'))}")
    assert name in (errors.__doc__ or "")


def test_tutorial_shows_the_code_of_the_example() -> None:
    page = (DOCS / "tutorial-plugin.md").read_text(encoding="utf-8")
    plugin = REPOSITORY / "plugins" / "drum-example"
    files = ["src/drum_example/__init__.py", "tests/test_conformance.py", "pyproject.toml"]
    source = "\n".join((plugin / name).read_text(encoding="utf-8") for name in files)
    blocks = re.findall(r"```\w+\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 5
    for block in blocks:
        assert block in source


def test_example_plugin_is_small() -> None:
    module = REPOSITORY / "plugins" / "drum-example" / "src" / "drum_example" / "__init__.py"
    assert len(module.read_text().splitlines()) <= 70


def test_custom_code_page_names_every_hook() -> None:
    from drum.custom_hooks import HOOKS

    page = (DOCS / "custom-code.md").read_text(encoding="utf-8")
    assert [hook for hook in HOOKS if f"`{hook}(" not in page] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_blocks_of_python_and_yaml_parse() -> None:
    for page in PAGES:
        for language, block in re.findall(r"```(python|yaml)\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            compile(block, str(page), "exec") if language == "python" else yaml.safe_load(block)


def test_readme_example_of_the_library_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    (block,) = re.findall(r"```python\n(.*?)```", (REPOSITORY / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(block, "README.md", "exec"), {})


def test_changelog_has_this_version() -> None:
    assert f"## [{drum.__version__}]" in (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
