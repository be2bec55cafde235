"""What a model in another language needs in its container beside Python: the language, and a check that it runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from drum.errors import ConfigError
from drum_monitor.bundle.served_model import ServedModel

R, JAVA, JULIA = "drum-r", "drum-java", "drum-julia"
RELEASE = "bookworm"
"""The Debian whose R and Java are tested."""
PARTS_OF_R = frozenset({
    "base", "compiler", "datasets", "graphics", "grDevices", "grid", "methods", "parallel", "splines", "stats",
    "stats4", "tcltk", "tools", "utils",
})  # fmt: skip
"""R packages that come with R; Debian has packages of all others that it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language that an image gets.

    ``packages`` are Debian's, for images that lack ``program``; ``build_packages`` are those that wheels are built
    with, in a stage of its own. ``check`` is a command that fails where the language does not run.
    ``owns_requirements`` tells that a model's ``requirements.txt`` is the language's, and none of pip's.
    """

    program: str
    packages: tuple[str, ...]
    check: str
    build_packages: tuple[str, ...] = ()
    owns_requirements: bool = False


def language_of(model: ServedModel, requirements: Path, base_image: str | None) -> Language | None:
    """Return the language that a model needs besides Python, if any.

    :param requirements: the file with the packages of the language; it need not be there.
    :param base_image: the image that the user has chosen, if so.
    :raises ConfigError: if no image has it of itself.
    """
    if model.runtime == R:
        return Language(
            program="R", packages=("r-base-core", *_packages_of_r(requirements)), build_packages=("r-base-dev",),
            check='python -c "import rpy2.rinterface"', owns_requirements=True,
        )  # fmt: skip
    if model.runtime == JAVA:
        # A POJO is source code, which only a JDK can compile.
        compiles = next(model.code_dir.rglob("*.java"), None) is not None
        program, kind = ("javac", "jdk") if compiles else ("java", "jre")
        return Language(program=program, packages=(f"default-{kind}-headless",), check=f"{program} -version")
    if model.runtime == JULIA:
        if base_image is None:
            raise ConfigError(
                "The model needs Julia, and neither Python's images nor Debian's packages have it. Make an image with "
                "this version of Python, Julia and the model's Julia packages, and name it with --base-image IMAGE."
            )
        return Language(program="julia", packages=(), check="julia --version", owns_requirements=True)
    return None


def _packages_of_r(requirements: Path) -> list[str]:
    """Return what Debian calls the R packages that a file names, a package a line, perhaps with a version."""
    if not requirements.is_file():
        return []
    lines = requirements.read_text(encoding="utf-8-sig").splitlines()
    words = [line.partition("#")[0].replace("(", " ").replace("<", " ").replace(">", " ").replace("=", " ").split()
             for line in lines]  # fmt: skip
    return [f"r-cran-{found[0].lower()}" for found in words if found and found[0] not in PARTS_OF_R]
