"""``inference/``: the server of the model."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from drum_monitor.bundle import containers, readme
from drum_monitor.bundle.folder import copy_code_dir, write_files
from drum_monitor.bundle.languages import RELEASE, language_of
from drum_monitor.bundle.requirements import WHEELS, Pin, copy_wheels, pins, requirements_text, stated_names
from drum_monitor.bundle.served_model import ServedModel

PORT = 5000
CODE_DIR = "model"
SWITCH = """\
: "${DRUM_MONITOR:=1}"
export DRUM_MONITOR
"""
"""The monitor is on, unless DRUM_MONITOR=0; EVIDENTLY_HOST and EVIDENTLY_PORT say where rows go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """How the server hands rows on; ``row_id`` is the column by which labels will name them, if there is one."""

    row_id: str | None = None


def write_inference(
    folder: Path, model: ServedModel, watching: Watching | None, *, base: str | None, wheels: Path | None
) -> list[Pin]:
    """Write the service into ``folder``.

    :param watching: ``None`` if nobody watches.
    :param base: the image to build on, if the user has chosen one.
    :param wheels: where wheels lie that pip is to take before it asks an index.
    :returns: what it needs and no wheel was there for.
    """
    folder.mkdir()
    copy_code_dir(model.code_dir, folder / CODE_DIR)
    own = folder / CODE_DIR / containers.REQUIREMENTS
    language = language_of(model, own, base)
    is_for_pip = own.is_file() and not (language is not None and language.owns_requirements)
    wanted = _needed(model, watched=watching is not None, stated=stated_names(own) if is_for_pip else [])
    copied = copy_wheels(wanted, wheels, folder / WHEELS) if wheels else set()
    for_pip = ([CODE_DIR] if is_for_pip else []) + ([WHEELS] if copied else [])
    further = f"{CODE_DIR}/{containers.REQUIREMENTS}" if is_for_pip else ""
    title = f"Scores {' '.join(model.name.split())}."
    write_files(
        folder,
        {
            "Dockerfile": containers.dockerfile(
                title=title, base=base or containers.default_base(RELEASE if language is not None else ""),
                folder="inference", port=PORT, for_pip=for_pip, language=language,
            ),
            containers.START: _start_script(model, watching),
            containers.REQUIREMENTS: requirements_text(wanted, with_wheels=bool(copied), further=further),
            "README.md": readme.of_inference(model.name),
            ".dockerignore": "Dockerfile\n.dockerignore\n**/__pycache__\n",
        },
    )  # fmt: skip
    return [pin for pin in wanted if pin.name not in copied]


def _needed(model: ServedModel, *, watched: bool, stated: list[str]) -> list[Pin]:
    """Return the distributions: the core with its formats, the runtime with its framework, the sender."""
    ours = ["drum-core", *([model.runtime] if model.runtime else [])]
    return pins([*ours, *(["drum-monitor"] if watched else [])], optional=ours, stated=stated)


def _start_script(model: ServedModel, watching: Watching | None) -> str:
    words = ["drum", "server", "--code-dir", CODE_DIR, *model.server_options]
    if watching is not None and watching.row_id is not None:
        words += ["--monitor-row-id", watching.row_id]
    return containers.start_script(
        purpose="Serve the model beside this script.", port=PORT, command=shlex.join(words),
        before="" if watching is None else SWITCH,
    )  # fmt: skip
