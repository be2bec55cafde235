"""The R packages that a code directory needs: ``requirements.txt``, a package a line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from drum.errors import ConfigError, PluginDependencyError
from drum_r.session import Session

FILE_NAME = "requirements.txt"
LINE = re.compile(
    r"(?P<name>[A-Za-z][A-Za-z0-9.]*)\s*(?:\(?\s*(?P<comparison>[<>=]=|[<>])\s*(?P<version>\d[\d.-]*)\s*\)?)?"
)


@dataclass(frozen=True, slots=True)
class Requirement:
    """A package, and perhaps the version that it must have."""

    name: str
    comparison: str = ""
    version: str = ""


def read_requirements(code_dir: Path) -> list[Requirement]:
    """Read the packages that a folder asks for; ``#`` begins a comment.

    :raises ConfigError: naming the line, if it is no package.
    """
    path = code_dir / FILE_NAME
    if not path.is_file():
        return []
    requirements = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig", errors="replace").splitlines(), start=1):
        text = line.partition("#")[0].strip()
        found = LINE.fullmatch(text)
        if text and found is None:
            raise ConfigError(
                f"{FILE_NAME}, line {number}: '{text}' is no R package. Write a package a line, such as 'caret' or "
                "'caret >= 6.0'."
            )
        if found is not None:
            requirements.append(Requirement(found["name"], found["comparison"] or "", found["version"] or ""))
    return requirements


def check_requirements(session: Session, requirements: Sequence[Requirement]) -> None:
    """Load the packages, so that their methods are there.

    :raises PluginDependencyError: naming those that are missing or of another version, and how to install them.
    """
    names = [requirement.name for requirement in requirements]
    missing = missing_packages(session, names)
    if missing:
        raise PluginDependencyError(f"{FILE_NAME} asks for {_listed(missing)}. {install_line(missing)}")
    for wanted in requirements:
        if wanted.comparison and not _fits(session, wanted):
            installed = session.call("package_version_of", session.text(wanted.name))[0]
            raise PluginDependencyError(
                f"{FILE_NAME} asks for {wanted.name} {wanted.comparison} {wanted.version}, but {installed} is "
                f"installed. {install_line([wanted.name])}"
            )


def check_packages_of(session: Session, model: object, artifact: str) -> None:
    """Load the packages whose methods a model needs.

    :raises PluginDependencyError: naming those that are missing, and how to install them.
    """
    needed = [str(name) for name in session.call("needed_packages", model)]
    missing = missing_packages(session, needed)
    if missing:
        raise PluginDependencyError(f"{artifact} needs {_listed(missing)}. {install_line(missing)}")


def missing_packages(session: Session, names: Sequence[str]) -> list[str]:
    """Load packages and return those that are not there."""
    return [str(name) for name in session.call("missing_packages", session.text(*names))] if names else []


def install_line(names: Sequence[str]) -> str:
    """Say how to install packages."""
    wanted = ", ".join(f'"{name}"' for name in names)
    vector = f"c({wanted})" if len(names) > 1 else wanted
    debian = " ".join(f"r-cran-{name.lower()}" for name in names)
    return f"Run: Rscript -e 'install.packages({vector})' (Debian: apt-get install {debian})"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names)
    return f"the R package{'s' if len(names) > 1 else ''} {shown}, not installed here"


def _fits(session: Session, wanted: Requirement) -> bool:
    arguments = (wanted.name, wanted.comparison, wanted.version)
    return bool(session.call("is_version_enough", *map(session.text, arguments))[0])
