"""Write the folder that an image is built from: the Dockerfile, the code directory, wheels and versions."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from drum.errors import ConfigError, OutputError
from drum_image.frameworks import CONTAINERS, CORE, Framework
from drum_image.installed import collect_wheels, demanded_wheels, installed_for, pins
from drum_image.requirements import FILE_NAME, check_requirements, names_in, read_requirements

WHEELS_PLACE = "/build/wheels"
"""Where the Dockerfile has the wheels."""
NOT_COPIED = shutil.ignore_patterns("__pycache__", ".git", ".ipynb_checkpoints", ".pytest_cache", ".venv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be built.

    ``code_dir`` is ``None`` for an image without a model; ``wheels`` is a folder of wheels to prefer to the index;
    ``pinned`` says whether versions are those that are installed here.
    """

    title: str
    framework: Framework
    code_dir: Path | None = None
    python_image: str | None = None
    wheels: Path | None = None
    pinned: bool = True


def check_place(output: Path, code_dir: Path | None) -> None:
    """Check that a context may be written.

    :raises ConfigError: if there is something, or it lies inside the code directory.
    """
    if output.exists() and not output.is_dir():
        raise ConfigError(f"'{output}' is a file. Choose a folder for --output.")
    if output.is_dir() and any(output.iterdir()):
        raise ConfigError(f"'{output}' is not empty. Choose another folder for --output.")
    if code_dir is not None and output.resolve().is_relative_to(code_dir.resolve()):
        raise ConfigError(f"'{output}' lies inside '{code_dir}', which it would copy. Choose a folder beside it.")


def write_context(plan: Plan, output: Path) -> None:
    """Write the context of an image, completely or not at all.

    :raises ConfigError: if ``requirements.txt`` names other files.
    :raises OutputError: if a file cannot be read or written.
    :raises PluginDependencyError: if a wheel cannot be built.
    """
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix=f".{output.name}-", dir=output.parent))
    except OSError as error:
        raise OutputError(f"'{output}' cannot be written: {error.strerror}.") from error
    try:
        _write(plan, building)
        building.chmod(0o755)
        if output.is_dir():
            output.rmdir()  # it is empty
        building.replace(output)
    except shutil.Error as error:  # the files of a folder that could not be copied
        raise OutputError("Not copied: " + "; ".join(f"'{name}' ({why})" for name, _, why in error.args[0])) from error
    except OSError as error:
        raise OutputError(f"'{error.filename or output}': {error.strerror}.") from error
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _write(plan: Plan, folder: Path) -> None:
    requirements = read_requirements(plan.code_dir)
    if not plan.framework.installs_requirements_itself:
        check_requirements(requirements)
    _copy_recipe(plan, folder)
    _copy_code(plan.code_dir, folder / "code")
    (folder / FILE_NAME).write_text(requirements, encoding="utf-8")
    _write_versions(plan, "" if plan.framework.installs_requirements_itself else requirements, folder)


def _write_versions(plan: Plan, requirements: str, folder: Path) -> None:
    """Write what decides which versions are installed: wheels, which of them must be, and constraints for the rest."""
    wheels = folder / "wheels"
    wheels.mkdir()
    for wheel in sorted(plan.wheels.glob("*.whl")) if plan.wheels is not None else ():
        shutil.copy(wheel, wheels)
    found = installed_for(f"{CORE}\n{plan.framework.requirements}\n{requirements}")
    collect_wheels(found, wheels)
    demanded = demanded_wheels(found, wheels)
    tested = (CONTAINERS / "constraints.txt").read_text(encoding="utf-8")
    versions = pins(found, tested) if plan.pinned else {}
    kept = sorted(versions.keys() - names_in(requirements) - demanded.keys())  # the model, or the wheel, says which
    _write_lines(folder / "constraints.txt", [versions[name] for name in kept])
    _write_lines(folder / "wheels.txt", [f"{WHEELS_PLACE}/{name}" for name in demanded.values()])


def _write_lines(path: Path, lines: list[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _copy_recipe(plan: Plan, folder: Path) -> None:
    """Copy the Dockerfile and what it calls, with the values that this image has in place of the defaults."""
    values = {"FRAMEWORK": plan.framework.name, "TITLE": plan.title, "VERSION": version(CORE)}
    if plan.python_image is not None:
        values["PYTHON_IMAGE"] = plan.python_image
    text = (CONTAINERS / "Dockerfile").read_text(encoding="utf-8")
    for name, value in values.items():
        text = re.sub(rf"^ARG {name}=.*$", f"ARG {name}={value}", text, flags=re.MULTILINE)
    (folder / "Dockerfile").write_text(text, encoding="utf-8")
    shutil.copytree(CONTAINERS / "scripts", folder / "scripts", ignore=NOT_COPIED)
    place = folder / "frameworks" / plan.framework.name
    if plan.framework.folder.is_dir():
        shutil.copytree(plan.framework.folder, place)
    else:
        place.mkdir(parents=True)
        (place / "requirements.txt").write_text(plan.framework.requirements, encoding="utf-8")
    for script in (*folder.glob("scripts/*"), *place.glob("*.sh")):
        script.chmod(0o755)


def _copy_code(code_dir: Path | None, folder: Path) -> None:
    folder.mkdir()
    if code_dir is not None:
        shutil.copytree(code_dir, folder, ignore=NOT_COPIED, copy_function=_copy_for_all, dirs_exist_ok=True)
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)


def _copy_for_all(source: str, target: str) -> str:
    """Copy a file so that the server's user can read it, whoever may read the original."""
    shutil.copyfile(source, target)
    os.chmod(target, 0o755 if os.access(source, os.X_OK) else 0o644)
    return target
