"""What is installed here, and where it came from: an image gets the same.

A distribution that was installed from a folder or a file records that (PEP 610, ``direct_url.json``). No index has it,
so the image needs a wheel of it. All others are had from the index again, in the version that is installed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from drum.errors import ConfigError, PluginDependencyError
from drum_image.requirements import parsed

LAST_LINES = 15


def installed_for(requirements: str) -> dict[str, Distribution]:
    """Return the installed distributions that requirements lead to, by their normal names; the rest is left out."""
    waiting = list(parsed(requirements))
    seen: set[tuple[str, str]] = set()
    found: dict[str, Distribution] = {}
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        known = found.get(name) or _find(name)
        if known is None:
            continue
        found[name] = known
        for extra in {"", *wanted.extras} - {extra for seen_name, extra in seen if seen_name == name}:
            seen.add((name, extra))
            waiting += _needs(known, extra)
    return found


def _find(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _needs(known: Distribution, extra: str) -> list[Requirement]:
    needed = [Requirement(line) for line in known.requires or ()]
    return [each for each in needed if each.marker is None or each.marker.evaluate({"extra": extra})]


def place_of(known: Distribution) -> Path | None:
    """Return the folder or the wheel that a distribution was installed from, ``None`` if that was an index.

    :raises ConfigError: if it is not there any more.
    """
    record = known.read_text("direct_url.json")
    url = urlsplit(json.loads(record)["url"]) if record else None
    if url is None or url.scheme != "file":
        return None
    path = Path(unquote(url.path))
    if not path.exists():
        raise ConfigError(
            f"{known.name} was installed from '{path}', which is not there any more. Install it again, or put its "
            "wheel into a folder and name that with --wheels."
        )
    return path


def pins(found: dict[str, Distribution], shipped: str) -> dict[str, str]:
    """Return constraints, by normal names: versions installed here, and for the rest those that drum was tested with.

    :param shipped: what is tested, in the format of a constraints file.
    """
    tested = {canonicalize_name(requirement.name): f"{requirement}" for requirement in parsed(shipped)}
    # A local version ("2.13.0+cpu") is one build of a version; there may be another one where the image is built.
    here = {name: f"{name}=={Version(known.version).public}" for name, known in found.items()}
    return tested | here


def collect_wheels(found: dict[str, Distribution], folder: Path) -> None:
    """Put the wheels of distributions that no index has into a folder; those that are in it already are not built."""
    brought = {canonicalize_name(wheel.name.partition("-")[0]) for wheel in folder.glob("*.whl")}
    places = {place_of(known) for name, known in found.items() if name not in brought} - {None}
    if places:
        _build_wheels(sorted(place for place in places if place is not None), folder)


def demanded_wheels(found: dict[str, Distribution], folder: Path) -> dict[str, str]:
    """Return the wheels of a folder, by normal names, that must be installed: an index may have a newer namesake.

    Where there are several of a name, or one that fits some machines only, pip chooses.
    """
    names: dict[str, list[str]] = {}
    for wheel in sorted(folder.glob("*.whl")):
        names.setdefault(canonicalize_name(wheel.name.partition("-")[0]), []).append(wheel.name)
    return {
        name: wheels[0]
        for name, wheels in names.items()
        if name in found and len(wheels) == 1 and wheels[0].endswith("-none-any.whl")
    }


def _build_wheels(places: list[Path], folder: Path) -> None:
    words = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--wheel-dir", str(folder), *map(str, places)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        named = ", ".join(f"'{place}'" for place in places)
        raise PluginDependencyError(
            f"The wheels of {named} cannot be built; pip says:",
            detail="\n".join(done.stderr.splitlines()[-LAST_LINES:]),
        )
