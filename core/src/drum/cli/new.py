"""``drum new``: write a code directory, or a plugin, that runs as it is."""

from __future__ import annotations

import argparse
import re
import shutil
from pathlib import Path

from drum.cli.commands import Command, Commands, Context
from drum.errors import ConfigError, OutputError

TEMPLATES = Path(__file__).parent.parent / "templates"
TUTORIAL_NAME = "example"
"""What the plugin of the tutorial is called; it is the template for new ones, under another name."""
LEFT_OUT = frozenset({"__pycache__", ".pytest_cache", "LICENSE"})
PLUGIN_NAME = re.compile(r"[a-z][a-z0-9]*")
MODEL_CLASS = "class-"
MODEL_CLASSES = ("sklearn", "torch")
"""For which frameworks drum-train brings a model class."""


def add_core_templates(commands: Commands) -> None:
    """Add the templates that the core brings along."""
    commands.add_template("python", TEMPLATES / "model-python")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="kind", metavar="KIND", required=True)
    model = kinds.add_parser("model", help="a code directory with commented hooks and a README")
    model.add_argument("-cd", "--code-dir", required=True, metavar="DIR", help="folder to write; it must not exist")
    model.add_argument(
        "--language", "--framework", dest="template", default="python", metavar="NAME",
        help="what it is for: python (the default), or what an installed plugin brings: r, julia, sklearn, torch, ...",
    )  # fmt: skip
    model.add_argument(
        "--layout", choices=("folder", "class"), default="folder",
        help="class: a model class that 'drum fit' trains, for --framework sklearn (the default) or torch",
    )  # fmt: skip
    plugin = kinds.add_parser("plugin", help="a plugin for a new framework, with its tests")
    plugin.add_argument("name", metavar="NAME", help="lower-case letters and digits, such as 'lightgbm'")
    plugin.add_argument("--directory", metavar="DIR", help="folder to write; default: drum-NAME")


def _run(context: Context) -> None:
    arguments = context.arguments
    if arguments.kind == "model":
        _new_model(Path(arguments.code_dir), _template(arguments.template, arguments.layout), context)
    else:
        _new_plugin(arguments.name, Path(arguments.directory or f"drum-{arguments.name}"))


def _template(name: str, layout: str) -> str:
    if layout == "folder":
        return name
    return f"{MODEL_CLASS}{'sklearn' if name == 'python' else name}"


def _new_model(folder: Path, name: str, context: Context) -> None:
    template = context.templates.get(name)
    if template is None:
        known = ", ".join(sorted(context.templates))
        raise ConfigError(f"There is no template for '{name}'; there is {known}. {_where_from(name)}")
    _copy(template, folder)
    print(f"Wrote '{folder}'. Its README.md says how to run it.")


def _where_from(name: str) -> str:
    """Say who may bring a template that is not there."""
    framework = name.removeprefix(MODEL_CLASS)
    if framework == name:
        return f"A plugin may bring more: pip install drum-{name}"
    if framework in MODEL_CLASSES:
        return "A plugin brings it: pip install drum-train"
    return f"Model classes are written in Python: --layout class goes with --framework {' or '.join(MODEL_CLASSES)}."


def _new_plugin(name: str, folder: Path) -> None:
    if not PLUGIN_NAME.fullmatch(name):
        raise ConfigError(f"'{name}' is no name for a plugin: use lower-case letters and digits, a letter first.")
    _copy(TEMPLATES / "plugin", folder, name)
    print(f"Wrote '{folder}'. Try it:\n  pip install -e '{folder}[test]'\n  pytest {folder}")


def _copy(template: Path, folder: Path, name: str = "") -> None:
    """Copy a template; with a name, put it in place of the tutorial plugin's, in texts and in file names."""
    if folder.exists():
        raise ConfigError(f"'{folder}' exists already. Choose a folder that does not.")
    try:
        for source in sorted(template.rglob("*")):
            if source.is_file() and not LEFT_OUT & set(source.relative_to(template).parts):
                target = folder / _renamed(str(source.relative_to(template)), name)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(_renamed(source.read_text(encoding="utf-8"), name), encoding="utf-8")
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise OutputError(f"'{folder}' cannot be written: {error.strerror}.") from error


def _renamed(text: str, name: str) -> str:
    return text.replace(TUTORIAL_NAME, name) if name else text


COMMAND = Command(
    name="new",
    help="write a new code directory or a new plugin that runs as it is",
    run=_run,
    add_arguments=_add_arguments,
    uses_model=False,
    examples=(
        "drum new model --code-dir my-model",
        "drum new model --code-dir my-model --framework torch",
        "drum new plugin lightgbm",
    ),
)
