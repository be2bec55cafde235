"""Find R and rpy2, see that they fit each other, and start R in this process."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from drum.errors import PluginDependencyError
from drum_r.stack import check_stack

OLDEST_R = (4, 0)
R_OF_LATER_INTERFACES = (4, 5)
"""The R that rpy2-rinterface needs from version 3.6.6 on: earlier ones lack a function that it links to."""
LAST_INTERFACE_FOR_EARLIER_R = (3, 6, 5)

INSTALL_R = (
    "Install R 4 (Debian: apt-get install r-base-core r-base-dev; others: https://cran.r-project.org), then "
    "run: pip install 'drum-r[rpy2]'"
)
PINNED = "pip install --force-reinstall --no-cache-dir 'rpy2-rinterface>=3.6,<=3.6.5'"
REBUILD = "pip install --force-reinstall --no-cache-dir --no-binary rpy2-rinterface"


def check_versions() -> None:
    """See that R and rpy2 are there and fit each other, before either is loaded.

    :raises PluginDependencyError: with one sentence that says what to install.
    """
    home = r_home()
    installed = r_version(home)
    if installed < OLDEST_R:
        raise PluginDependencyError(f"R {_dotted(installed)} in '{home}' is too old for drum-r. {INSTALL_R}")
    try:
        interface = _numbers(version("rpy2-rinterface"))
    except PackageNotFoundError as error:
        raise PluginDependencyError(
            "R models need rpy2-rinterface, the interface of rpy2 to R, which is not installed. "
            "Run: pip install 'drum-r[rpy2]'"
        ) from error
    check_fit(installed, interface)


def check_fit(installed: tuple[int, ...], interface: tuple[int, ...]) -> None:
    """Refuse an interface that is known not to load with this R."""
    if installed < R_OF_LATER_INTERFACES and interface > LAST_INTERFACE_FOR_EARLIER_R:
        raise PluginDependencyError(
            f"rpy2-rinterface {_dotted(interface)} needs R {_dotted(R_OF_LATER_INTERFACES)} or later, but R "
            f"{_dotted(installed)} is installed. Run: {PINNED}"
        )


def r_home() -> Path:
    """Return the folder in which R lies: ``$R_HOME``, or what the command ``R`` says."""
    stated = os.environ.get("R_HOME")
    if stated:
        return Path(stated)
    command = shutil.which("R")
    if command is None:
        raise PluginDependencyError(f"R is not installed, or not on the PATH. {INSTALL_R}")
    told = subprocess.run([command, "RHOME"], capture_output=True, text=True, check=False)
    if told.returncode or not told.stdout.strip():
        raise PluginDependencyError(f"'{command} RHOME' fails, so R is not whole. {INSTALL_R}")
    return Path(told.stdout.strip().splitlines()[-1])


def r_version(home: Path) -> tuple[int, ...]:
    """Return the version of the R in a folder, such as ``(4, 2, 2)``."""
    try:
        description = (home / "library" / "base" / "DESCRIPTION").read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise PluginDependencyError(f"There is no whole R in '{home}' ({error.strerror}). {INSTALL_R}") from error
    found = re.search(r"^Version:\s*(\S+)", description, re.MULTILINE)
    return _numbers(found[1]) if found else ()


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text)[:3])


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))


# ------------------------------------------------------------------------------------- starting


def import_interface() -> Any:
    """Return ``rpy2.rinterface``.

    :raises PluginDependencyError: if it cannot be imported: it is not installed, or was built for another R.
    """
    check_versions()
    try:
        from rpy2 import rinterface
    except (ImportError, OSError, ValueError) as error:
        raise PluginDependencyError(
            f"rpy2 does not load with the R in '{r_home()}' ({_first_line(error)}). Build it again for that R: "
            f"{REBUILD} '{_requirement()}'"
        ) from error
    return rinterface


def _requirement() -> str:
    later = r_version(r_home()) >= R_OF_LATER_INTERFACES
    return "rpy2-rinterface>=3.6" if later else "rpy2-rinterface>=3.6,<=3.6.5"


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def start() -> Any:
    """Start R in this thread, which owns it from then on, and return ``rpy2.rinterface``.

    What R prints goes where Python's own output goes: to the log. R's handlers of signals are not installed.
    """
    rinterface = import_interface()
    from rpy2.rinterface_lib import callbacks, embedded, openrlib

    os.environ.setdefault("TZ", time_zone())  # or R runs timedatectl to find out
    embedded.set_initoptions(("drum", "--quiet", "--no-save", "--no-restore"))
    with warnings.catch_warnings(), _search_path_kept():
        warnings.simplefilter("ignore")  # of variables in the environment that R sets as well
        rinterface.initr(interactive=False)
    check_stack(openrlib.rlib)
    atexit.unregister(rinterface.endr)  # in whichever thread that would be
    callbacks.consolewrite_print = _print
    callbacks.consolewrite_warnerror = _print_error
    callbacks.consoleread = _read_nothing
    callbacks.showmessage = _print_error
    return rinterface


@contextmanager
def _search_path_kept() -> Iterator[None]:
    """Put back where libraries are looked for: with R's path, another Python that is started may find wrong ones."""
    before = os.environ.get("LD_LIBRARY_PATH")
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("LD_LIBRARY_PATH", None)
        else:
            os.environ["LD_LIBRARY_PATH"] = before


def time_zone() -> str:
    """Return the system's time zone by its name, or UTC."""
    _, found, name = os.path.realpath("/etc/localtime").partition("/zoneinfo/")
    return name if found else "UTC"


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _print_error(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _read_nothing(prompt: str) -> str:
    """Answer what R would ask at a terminal: nobody is there."""
    return ""
