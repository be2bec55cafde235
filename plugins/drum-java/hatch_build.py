"""Compile the Java part of drum-java into ``drum.jar`` when a wheel is built, or the source tree is installed.

It needs no library: classes of models are found when they are loaded, by reflection. The same sources and the same
``javac`` give the same jar, byte for byte.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

RELEASE = "11"
"""The oldest Java that runs the result."""
EPOCH = (1980, 1, 1, 0, 0, 0)
MANIFEST = "Manifest-Version: 1.0\r\n\r\n"
NO_COMPILER = (
    "drum-java's Java part is compiled when its wheel is built, and there is no 'javac' in $JAVA_HOME or on the path. "
    "Install a JDK (Debian: apt-get install openjdk-17-jdk-headless), or install a wheel that was built with one."
)


class JavaBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """What hatchling calls."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, for wheels. An editable install does without a JDK, and drum says so when a model is loaded."""
        if self.target_name != "wheel":
            return
        root = Path(self.root)
        jar = root / "src" / "drum_java" / "drum.jar"
        javac = find_javac()
        if javac is not None:
            build(root / "java", jar, javac)
        elif version == "editable":
            jar.unlink(missing_ok=True)
            self.app.display_warning(NO_COMPILER)
        else:
            raise RuntimeError(NO_COMPILER)


def find_javac() -> str | None:
    """Return the compiler of ``$JAVA_HOME``, or else the one on the path; ``None`` where there is none."""
    home = os.environ.get("JAVA_HOME")
    return (shutil.which("javac", path=Path(home) / "bin") if home else None) or shutil.which("javac")


def build(sources: Path, jar: Path, javac: str) -> None:
    """Compile all sources of a folder into a jar."""
    files = sorted(str(path) for path in sources.rglob("*.java"))
    with tempfile.TemporaryDirectory() as folder:
        words = [javac, "--release", RELEASE, "-encoding", "UTF-8", "-parameters", "-g:lines,source", "-d", folder]
        subprocess.run([*words, *files], check=True)
        pack(Path(folder), jar)


def pack(classes: Path, jar: Path) -> None:
    """Put files into a jar in a fixed order and with a fixed date."""
    with zipfile.ZipFile(jar, "w") as archive:
        _write(archive, "META-INF/MANIFEST.MF", MANIFEST.encode())
        for path in sorted(classes.rglob("*.class")):
            _write(archive, path.relative_to(classes).as_posix(), path.read_bytes())


def _write(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, content)
