"""Find Julia, and start it in this process. What differs between versions of Julia stands here, and nowhere else.

- Before 1.6, ``libjulia`` is one library; since then it is a small one that loads ``libjulia-internal`` from beside it.
- ``jl_init_with_image`` was called ``jl_init_with_image__threading`` up to 1.8, and ``…_file`` comes with 1.13.
- Since 1.9, other threads than the one that started Julia may call it; before, that crashes. Ours never do.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drum.errors import ConfigError, PluginDependencyError
from drum.settings import Settings

INSTALL = "Install Julia (https://julialang.org/downloads/), or name the folder of its program with --julia-bindir"
FLAGS = ("--startup-file=no", "--handle-signals=yes")
"""Without its handler for SIGSEGV, Julia cannot tell a stack overflow, nor stop its threads to collect garbage."""
INIT_NAMES = ("jl_init_with_image", "jl_init_with_image__threading", "jl_init_with_image_file")
LIBRARY_NAMES = ("libjulia.so", "libjulia.so.1", "libjulia.dylib")
IMAGE_NAMES = ("sys.so", "sys.dylib")
ASK = (
    'using Libdl; println(Sys.BINDIR); println(first(filter(p -> startswith(basename(p), "libjulia."), dllist()))); '
    "println(unsafe_string(Base.JLOptions().image_file))"
)
ASK_SECONDS = 60
SIGNALS_OF_PYTHON = (
    signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP, signal.SIGPIPE, signal.SIGCHLD, signal.SIGUSR1,
)  # fmt: skip
SIGACTION_BYTES = 512
"""More than ``struct sigaction`` has anywhere."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Where Julia's library, programs and system image are."""

    library: Path
    bindir: Path
    image: Path


def find(settings: Settings) -> Installation:
    """Return the Julia that the options name, or the one whose ``julia`` is on the path.

    :raises PluginDependencyError: if there is none, or it is not complete.
    """
    stated = settings.get("julia_bindir")
    program = shutil.which("julia", path=stated) if stated else shutil.which("julia")
    if program is None and stated is None:
        raise PluginDependencyError(f"This model needs Julia, but no 'julia' is on the path. {INSTALL}.")
    if program is None:
        source = settings.source("julia_bindir")
        raise PluginDependencyError(f"There is no program 'julia' in '{stated}' (from {source}). {INSTALL}.")
    bindir = Path(stated) if stated else Path(str(program)).resolve().parent
    image = settings.get("julia_sysimage")
    found = _by_layout(bindir) or (_by_asking(program) if program else None)
    if found is None:
        raise PluginDependencyError(f"There is no libjulia near '{bindir}'. {INSTALL}.")
    if image is None:
        return found
    if not Path(image).is_file():
        raise PluginDependencyError(f"The system image '{image}' ({settings.source('julia_sysimage')}) does not exist.")
    return Installation(found.library, found.bindir, Path(image).resolve())


def _by_layout(bindir: Path) -> Installation | None:
    """Look where Julia's own archives, and Debian's packages, put things."""
    for folder in (bindir.parent / "lib", bindir.parent / "lib" / str(sysconfig.get_config_var("MULTIARCH"))):
        libraries = [folder / name for name in LIBRARY_NAMES if (folder / name).exists()]
        images = [folder / "julia" / name for name in IMAGE_NAMES if (folder / "julia" / name).exists()]
        if libraries and images:
            return Installation(libraries[0], bindir, images[0])
    return None


def _by_asking(program: str) -> Installation | None:
    """Ask ``julia`` itself: it may be a launcher, such as juliaup's."""
    command = [program, "--startup-file=no", "-e", ASK]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=ASK_SECONDS)
        bindir, library, image = map(Path, done.stdout.splitlines())
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return Installation(library, bindir, image)


def start(found: Installation, stack_bytes: int) -> Any:
    """Start Julia on this thread, which owns it from then on, and return its C functions.

    :param stack_bytes: how large this thread's stack is; Julia asks the process, which knows the main thread's only.
    :raises PluginDependencyError: if pyjulia does not fit this Julia.
    """
    from julia.libjulia import LibJulia

    class Library(LibJulia):  # type: ignore[misc]
        @property
        def jl_init_with_image(self) -> Any:
            return next(getattr(self.libjulia, name) for name in INIT_NAMES if hasattr(self.libjulia, name))

    _keep_unwinder()
    try:
        library = Library(str(found.library), str(found.bindir), str(found.image))
        with _descriptors_kept(), _signals_kept(), _stack_limit(stack_bytes):
            library.init_julia(list(FLAGS))
    except (AttributeError, OSError, RuntimeError, StopIteration) as error:
        raise PluginDependencyError(f"'{found.library}' cannot be started: {error}. {INSTALL}.") from error
    return library


def _keep_unwinder() -> None:
    """Make libgcc's way of throwing exceptions the process's own, before libunwind comes in with Julia."""
    if sys.platform == "linux":
        for name in ("libgcc_s.so.1", "libstdc++.so.6"):
            ctypes.CDLL(name, ctypes.RTLD_GLOBAL)


@contextmanager
def _descriptors_kept() -> Iterator[None]:
    """Keep standard streams as they are: Julia makes pipes non-blocking, for all processes that share them."""
    flags = {}
    for number in range(3):
        try:
            flags[number] = fcntl.fcntl(number, fcntl.F_GETFL)
        except OSError:  # closed
            continue
    try:
        yield
    finally:
        for number, value in flags.items():
            fcntl.fcntl(number, fcntl.F_SETFL, value)


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Leave signals to Python, save those by which Julia knows of its own errors.

    Its handlers go beside Python's knowledge, and so does this: ``signal.signal`` is for the main thread alone.
    """
    libc = ctypes.CDLL(None)
    kept = {number: ctypes.create_string_buffer(SIGACTION_BYTES) for number in SIGNALS_OF_PYTHON}
    for number, action in kept.items():
        libc.sigaction(int(number), None, action)
    try:
        yield
    finally:
        for number, action in kept.items():
            libc.sigaction(int(number), action, None)


@contextmanager
def _stack_limit(size: int) -> Iterator[None]:
    """Let the process's limit say how large this thread's stack is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
    allowed = size if hard == resource.RLIM_INFINITY else min(size, hard)
    resource.setrlimit(resource.RLIMIT_STACK, (allowed, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_STACK, (soft, hard))


def set_project(settings: Settings) -> None:
    """Tell Julia, which reads it from the environment when it starts, which project to use.

    :raises ConfigError: if there is no such project; Julia itself would go on without a word.
    """
    project = settings.get("julia_project")
    if project is None:
        return
    if not str(project).startswith("@") and not Path(project).expanduser().exists():  # "@v1.10" is one of Julia's own
        raise ConfigError(f"The Julia project '{project}' (from {settings.source('julia_project')}) does not exist.")
    os.environ["JULIA_PROJECT"] = str(project)
