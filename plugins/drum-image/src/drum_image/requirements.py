"""The ``requirements.txt`` of a code directory: what it names, and what cannot be installed in an image."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from drum.errors import ConfigError

FILE_NAME = "requirements.txt"
_OTHER_FILE = re.compile(r"(-r|-c|-e|--requirement|--constraint|--editable)\b|[./~]|file:")


def read_requirements(code_dir: Path | None) -> str:
    """Return the text of the file, empty if there is none.

    :raises ConfigError: if it cannot be read as UTF-8.
    """
    path = None if code_dir is None else code_dir / FILE_NAME
    if path is None or not path.is_file():
        return ""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"'{path}' cannot be read: {error}.") from error


def check_requirements(text: str) -> None:
    """Refuse what lies outside the file: it is installed where nothing else of the code directory is.

    :raises ConfigError: with the number of the line.
    """
    for number, line in enumerate(text.splitlines(), start=1):
        if _OTHER_FILE.match(line.strip()):
            raise ConfigError(
                f"{FILE_NAME}, line {number}: '{line.strip()}' names another file. An image is built from names, "
                "versions and URLs only; put wheels into a folder and name it with --wheels."
            )


def parsed(text: str) -> Iterator[Requirement]:
    """Yield what a requirements file names; options, and what only pip understands, are passed over."""
    for line in text.splitlines():
        plain = re.sub(r"(^|\s)#.*", "", line).strip()
        if not plain or plain.startswith("-"):
            continue
        try:
            yield Requirement(re.split(r"\s--hash|\s*\\$", plain)[0])
        except InvalidRequirement:
            continue


def names_in(text: str) -> set[str]:
    """Return the normal form of the names in a requirements file."""
    return {canonicalize_name(requirement.name) for requirement in parsed(text)}
