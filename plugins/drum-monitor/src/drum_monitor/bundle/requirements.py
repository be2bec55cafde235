"""Which distributions a service needs: those that are installed here, in the versions that are installed here."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from drum.errors import ConfigError

TEST_EXTRAS = frozenset({"test", "testing", "tests", "dev"})
WHEELS = "wheels"
"""The folder beside a requirements file that pip looks into before it asks an index."""


@dataclass(frozen=True, slots=True, order=True)
class Pin:
    """A distribution and its version; ``local`` tells that it was installed from a folder, not from an index."""

    name: str
    version: str
    local: bool = False

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"


def pins(roots: Iterable[str], *, optional: Iterable[str] = (), stated: Iterable[str] = ()) -> list[Pin]:
    """Return what ``roots`` need, and what that needs, as it is installed here.

    :param roots: names of distributions.
    :param optional: those of them whose extras are wanted too, as far as they are installed.
    :param stated: names that somebody else states a version of: they are left out.
    :returns: a pin for each distribution, by name.
    :raises ConfigError: if one of them is not installed.
    """
    extras = {canonicalize_name(name) for name in optional}
    found: dict[str, Pin] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(canonicalize_name(name), "") for name in roots]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        found[name] = _pin(name)
        for requirement in _requirements(name, extra, wants_extras=name in extras):
            waiting += [(canonicalize_name(requirement.name), part) for part in ("", *requirement.extras)]
    for name in map(canonicalize_name, stated):
        found.pop(name, None)
    return sorted(found.values())


def _pin(name: str) -> Pin:
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError as error:
        raise ConfigError(f"The bundle needs '{name}', which is not installed here. Run: pip install {name}") from error
    origin = json.loads(found.read_text("direct_url.json") or "{}")
    # A local label such as +cpu is no index's: without it, the pin is met by either build.
    return Pin(name, Version(found.version).public, str(origin.get("url", "")).startswith("file:"))


def _requirements(name: str, extra: str, *, wants_extras: bool) -> Iterator[Requirement]:
    """Yield what a distribution requires on this machine, with an extra or all installed ones."""
    found = metadata.distribution(name)
    offered = found.metadata.get_all("Provides-Extra") or []
    wanted = [one for one in offered if one not in TEST_EXTRAS] if wants_extras else []
    for text in found.requires or ():
        requirement = Requirement(text)
        marker = requirement.marker
        if (
            marker is None
            or marker.evaluate({"extra": extra})
            or (any(marker.evaluate({"extra": one}) for one in wanted) and _is_installed(requirement.name))
        ):
            yield requirement


def _is_installed(name: str) -> bool:
    return next(iter(metadata.distributions(name=name)), None) is not None


def stated_names(path: Path) -> list[str]:
    """Return the names of the distributions in a requirements file of the user's; none if there is no such file."""
    if not path.is_file():
        return []
    names = []
    for line in path.read_text(encoding="utf-8").splitlines():
        text = re.sub(r"(^|\s)#.*$", "", line).partition(" --")[0].strip()
        try:
            names.append(Requirement(text).name)
        except InvalidRequirement:
            continue  # an option of pip's, a path or a URL: pip will say whether it is right
    return names


def requirements_text(wanted: Iterable[Pin], *, with_wheels: bool, further: str = "") -> str:
    """Return a requirements file.

    :param further: another requirements file to read, relative to this one.
    """
    lines = ["# Versions that were installed where the bundle was made."]
    lines += [f"--find-links {WHEELS}"] if with_wheels else []
    lines += [f"-r {further}"] if further else []
    return "\n".join([*lines, *map(str, wanted), ""])


def copy_wheels(wanted: Iterable[Pin], source: Path, target: Path) -> set[str]:
    """Copy the wheels of the pinned versions that ``source`` holds.

    :returns: the names of the distributions that there was a wheel of.
    :raises ConfigError: if ``source`` is no folder.
    """
    if not source.is_dir():
        raise ConfigError(f"There is no folder '{source}' with wheels; --wheels names one.")
    versions = {pin.name: Version(pin.version) for pin in wanted}
    copied = set()
    for wheel in sorted(source.glob("*.whl")):
        name, version, _, _ = parse_wheel_filename(wheel.name)
        if versions.get(name) == Version(version.public):
            target.mkdir(exist_ok=True)
            shutil.copyfile(wheel, target / wheel.name)
            copied.add(str(name))
    return copied
