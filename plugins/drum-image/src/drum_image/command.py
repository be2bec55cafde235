"""``drum image``: write the context of an image, and build it with what is there."""

from __future__ import annotations

import argparse
import re
import shlex
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from drum.cli.commands import Command
from drum.errors import ConfigError

if TYPE_CHECKING:
    from drum.cli.commands import Context
    from drum_image.builders import Builder
    from drum_image.context import Plan

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_TAG = re.compile(rf"(?:[A-Za-z0-9.-]+(?::\d+)?/)?{_PART}(?:/{_PART})*(?::[A-Za-z0-9_][\w.-]{{0,127}})?", re.ASCII)
_IMAGE = re.compile(r"[\w./:@-]+", re.ASCII)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("-cd", "--code-dir", metavar="DIR", help="the code directory; without it, the model is mounted at run time")
    add("--tag", metavar="NAME", required=True, help="name of the image, such as registry.local/models/churn:3")
    add("--runtime", metavar="NAME", help="the runtime, where none or several would do; 'base' for the core alone")
    add("--gpu", action="store_true", help="with CUDA's libraries (torch and onnx)")
    add("--base", metavar="IMAGE", help="image with Python on Debian to build on; default: python:3.11-slim-bookworm")
    add("--output", metavar="DIR", help="keep the context of the build in this folder, new or empty")
    add(
        "--builder", choices=("docker", "podman", "buildah", "none"),
        help="what builds it; default: the first of them that works here; none: only write the context",
    )  # fmt: skip
    add("--wheels", metavar="DIR", help="folder with wheels, which are preferred to those of the index")
    add("--unpinned", action="store_true", help="newest versions instead of those that are installed here")


def _run(context: Context) -> None:
    from drum_image.builders import build, find_builder
    from drum_image.context import write_context

    given = context.arguments
    plan = _plan(context)
    builder, refused = (None, []) if given.builder == "none" else find_builder(given.builder)
    with tempfile.TemporaryDirectory(prefix="drum-image-") as temporary:
        output = _output(given, plan, builder, Path(temporary))
        _say(
            f"Writing the context of '{given.tag}' ({plan.framework.name})"
            + (f" to '{output}'" if given.output else "")
        )
        write_context(plan, output)
        if builder is not None:
            _say(f"Building with {builder.name}; this takes minutes")
            build(builder, given.tag, output)
    if builder is None:
        _report_context(given.tag, output, refused)
    else:
        print(f"Built '{given.tag}'. Run it: {_run_line(builder, plan, given.tag)}")  # noqa: T201 - a command speaks to who called it


def _plan(context: Context) -> Plan:
    from drum_image.context import Plan
    from drum_image.frameworks import framework_for

    given = context.arguments
    if not _TAG.fullmatch(given.tag):
        raise ConfigError(
            f"'{given.tag}' is no name of an image. It is made of lower-case letters, digits and . _ - between "
            "slashes, with ':version' behind it, such as models/churn:3."
        )
    if given.base is not None and not _IMAGE.fullmatch(given.base):
        raise ConfigError(f"'{given.base}' is no name of an image, for --base.")
    code_dir, wheels = _folder(given.code_dir, "--code-dir"), _folder(given.wheels, "--wheels")
    return Plan(
        title=given.tag.rpartition("/")[2].partition(":")[0],
        framework=framework_for(context.manager, code_dir, given.runtime, gpu=given.gpu),
        code_dir=code_dir,
        python_image=given.base,
        wheels=wheels,
        pinned=not given.unpinned,
    )


def _folder(text: str | None, flag: str) -> Path | None:
    if text is None:
        return None
    folder = Path(text).expanduser()
    if not folder.is_dir():
        raise ConfigError(f"{flag}: '{text}' is no folder." if folder.exists() else f"{flag}: there is no '{text}'.")
    return folder.resolve()


def _output(given: argparse.Namespace, plan: Plan, builder: Builder | None, temporary: Path) -> Path:
    """Return where the context goes: it is kept if that is asked for, or if nothing here can build it."""
    from drum_image.context import check_place

    if given.output is None and builder is not None:
        return temporary / "context"
    output = Path(given.output or f"{plan.title}-image").expanduser()
    check_place(output, plan.code_dir)
    return output


def _report_context(tag: str, output: Path, refused: list[str]) -> None:
    from drum_image.builders import BUILDERS

    if refused:
        _say(f"Nothing here can build an image: {'; '.join(refused)}.")
    command = shlex.join(BUILDERS[0].command(tag, output))
    print(f"The context is in '{output}'. Where there is a builder, run: {command}")  # noqa: T201


def _run_line(builder: Builder, plan: Plan, tag: str) -> str:
    """Return how to run the image; where the model does not say what it predicts, that is to be said then."""
    from drum.metadata import FILE_NAME

    engine = "podman" if builder.name == "buildah" else builder.name
    words = [engine, "run", "--rm", "--read-only", "--tmpfs", "/tmp", "--publish", "8080:8080"]
    if plan.code_dir is None:
        words += ["--volume", "MODEL:/opt/model:ro"]
    elif not (plan.code_dir / FILE_NAME).is_file():
        words += ["--env", "TARGET_TYPE=TYPE"]
    return " ".join([*words, tag])


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


COMMAND = Command(
    name="image",
    help="build a container image that serves a model",
    description="Build a container image that serves a model: the core, the plugin that scores it with its framework, "
    "what requirements.txt names, and the code directory. Versions are those that are installed here, unless "
    "requirements.txt says another. Options of the server are set by environment variables when it runs.",
    run=_run,
    add_arguments=_add_arguments,
    uses_model=False,
    examples=(
        "drum image --code-dir my-model --tag models/churn:3",
        "drum image --runtime onnx --tag drum-onnx:0.1     # without a model: mount it at /opt/model",
        "drum image --code-dir my-model --tag models/churn:3 --output context --builder none",
    ),
)
