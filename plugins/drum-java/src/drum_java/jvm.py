"""The JVM of this process: there can be one, it starts when the first model is loaded, and it never survives a fork."""

from __future__ import annotations

import atexit
import logging
import os
import re
import sys
import threading
from pathlib import Path
from typing import Any

from drum.errors import ConfigError, PluginDependencyError
from drum.settings import Settings
from drum_java import thrown

log = logging.getLogger("drum.java")

HELPER = Path(__file__).parent / "drum.jar"
OLDEST = 11
HEAP = re.compile(r"([1-9][0-9]*)([kKmMgGtT]?)")
LEAST_HEAP = 2**21
"""With less, the JVM ends the process."""
INSTALL = "Install one (Debian: apt-get install openjdk-17-jre-headless), or set JAVA_HOME to where it is."
SERVER_WORKER = "drum.workers.worker"
"""The module that a worker of the server runs as its program."""

MODEL_FAILED = 5
"""The exit code of the command line for errors of the model."""

_starting = threading.Lock()


def start(settings: Settings) -> Any:
    """Start the JVM, unless it runs, and return the module ``jpype``.

    :raises PluginDependencyError: if there is no Java of version 11 or later, or this plugin was installed without its
        Java part.
    :raises ConfigError: if the size of the heap is none, or there is no Java in ``$JAVA_HOME``.
    """
    try:
        import jpype
    except ImportError as error:
        raise PluginDependencyError(f"Java models need jpype1 ({error}). Run: pip install drum-java") from error
    if not HELPER.is_file():
        raise PluginDependencyError(
            "drum-java was installed from its sources without a JDK, so that its Java part is missing. Install a JDK "
            "(Debian: apt-get install openjdk-17-jdk-headless) and then drum-java again, or install it from a wheel."
        )
    heap = _heap(settings)
    with _starting:
        if not jpype.isJVMStarted():
            _start(jpype, _library(jpype), heap)
        else:
            jpype.addClassPath(HELPER)
            if heap is not None and f"-Xmx{heap}" not in _arguments(jpype):
                log.warning("The JVM of this process runs already: its heap stays as it is, not %s.", heap)
    return jpype


def _heap(settings: Settings) -> str | None:
    heap = settings.get("java_heap")
    if heap is None:
        return None
    size = HEAP.fullmatch(heap)
    if size is None:
        raise ConfigError(f"{settings.source('java_heap')} is '{heap}', which is no size of a heap: say 512m or 4g.")
    if int(size[1]) * 1024 ** " kmgt".index(size[2].lower() or " ") < LEAST_HEAP:
        raise ConfigError(f"{settings.source('java_heap')} is '{heap}', with which no JVM starts: give it 2m at least.")
    return str(heap)


def _library(jpype: Any) -> str:
    """Return the path of the JVM's library, and look at its version before it is loaded for good."""
    library = _found(jpype)
    home = os.environ.get("JAVA_HOME")
    if home and (library is None or not library.is_relative_to(os.path.realpath(home))):
        raise ConfigError(
            f"$JAVA_HOME is '{home}', where there is no JVM. Set it to the folder of a JRE or JDK of version {OLDEST} "
            "or later, or unset it: then Java is looked for where it is usually installed."
        )
    if library is None:
        raise PluginDependencyError(f"Java models need Java {OLDEST} or later, and there is none. {INSTALL}")
    version = _version(library)
    if version is not None and version < OLDEST:
        raise PluginDependencyError(
            f"Java models need Java {OLDEST} or later, but '{library}' is of Java {version}. {INSTALL}"
        )
    return str(library)


def _found(jpype: Any) -> Path | None:
    """Return the library in ``$JAVA_HOME``, or else, without a word, where Java usually is; ``None`` if nowhere."""
    try:
        return Path(jpype.getDefaultJVMPath())
    except jpype.JVMNotFoundException:
        return None


def _version(library: Path) -> int | None:
    """Return the version that the file ``release`` above a JVM's library tells; ``None`` if there is no such file."""
    for folder in library.resolve().parents[:5]:
        release = folder / "release"
        if release.is_file():
            found = re.search(r'^JAVA_VERSION="(?:1\.)?(\d+)', release.read_text(errors="replace"), re.MULTILINE)
            return int(found[1]) if found else None
    return None


def _start(jpype: Any, library: str, heap: str | None) -> None:
    arguments = [
        "-Xrs",  # signals are drum's: without this the JVM takes SIGTERM for itself
        *(["-XX:+ExitOnOutOfMemoryError"] if _is_server_worker() else []),
        "-XX:+DisplayVMOutputToStderr",
        "-Djava.awt.headless=true",
        "-Dfile.encoding=UTF-8",  # as it is since Java 18, whatever the locale
        *([] if heap is None else [f"-Xmx{heap}"]),
    ]
    try:
        jpype.startJVM(*arguments, jvmpath=library, classpath=[str(HELPER)], convertStrings=False, interrupt=False)
    except (OSError, RuntimeError, jpype.JVMNotSupportedException) as error:
        raise PluginDependencyError(f"The JVM '{library}' does not start: {error}. {INSTALL}") from error
    from jpype import config

    if not _is_server_worker():
        message = f"drum: ERROR: {thrown.more_heap(jpype)}\n"
        jpype.JClass("drum.internal.HeapGuard").install(message, MODEL_FAILED)
    config.destroy_jvm = False  # threads that a model has started must not keep the process from ending
    atexit.register(_stop_collecting, jpype)


def _is_server_worker() -> bool:
    """Tell whether the server starts another process if this one ends.

    There a JVM without memory ends it, for it is not to be trusted with further requests. Elsewhere nobody would be
    left to say what went wrong: the error goes its way instead, and partial output is removed; where a thread that the
    model has started dies of it, ``HeapGuard`` speaks and ends the process.
    """
    specification = getattr(sys.modules.get("__main__"), "__spec__", None)
    return getattr(specification, "name", None) == SERVER_WORKER


def _stop_collecting(jpype: Any) -> None:
    """Keep Java's collector from telling Python of what it no longer needs: Python is about to end."""
    jpype.JClass("org.jpype.ref.JPypeReferenceQueue").getInstance().stop()


def _arguments(jpype: Any) -> list[str]:
    runtime = jpype.JClass("java.lang.management.ManagementFactory").getRuntimeMXBean()
    return [str(argument) for argument in runtime.getInputArguments()]


def texts(array: Any) -> tuple[str, ...]:
    """Return an array of Java's strings as Python's."""
    return tuple(str(text) for text in array)


def class_path(value: str | None, code_dir: Path) -> list[str]:
    """Return the jars and folders of a class path as Java writes it; ``*`` stands for all jars of a folder.

    :param value: with a colon between entries (a semicolon on Windows); relative ones start from the code directory.
    """
    entries: list[str] = []
    for entry in filter(None, (value or "").split(os.pathsep)):
        path = code_dir / entry
        entries += [str(jar) for jar in sorted(path.parent.glob("*.jar"))] if path.name == "*" else [str(path)]
    return entries
