"""Compile Java sources into jars for tests."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from drum_java.jvm import HELPER


def compiled(folder: Path, sources: Mapping[str, str], class_path: Sequence[Path] = (HELPER,)) -> Path:
    """Compile sources, by file name; return the folder with their classes."""
    classes = folder / "classes"
    for name, source in sources.items():
        path = folder / "sources" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    files = sorted(map(str, (folder / "sources").glob("*.java")))
    words = [
        "javac",
        "--release",
        "11",
        "-encoding",
        "UTF-8",
        "-cp",
        ":".join(map(str, class_path)),
        "-d",
        str(classes),
    ]
    subprocess.run([*words, *files], check=True)
    return classes


def packed(jar: Path, classes: Path, services: Mapping[str, str], extra: Mapping[str, bytes] | None = None) -> bytes:
    """Put classes into a jar that offers services; return its content."""
    with zipfile.ZipFile(jar, "w") as archive:
        for path in sorted(classes.rglob("*.class")):
            archive.write(path, path.relative_to(classes))
        for interface, implementation in services.items():
            archive.writestr(f"META-INF/services/{interface}", f"{implementation}\n")
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return jar.read_bytes()


def interfaces() -> tuple[Path, dict[str, bytes]]:
    """Return the jar with the public interfaces of scoring code, from ``datarobot-predict``, and these classes."""
    package = find_spec("datarobot_predict")
    assert package is not None
    assert package.submodule_search_locations
    jar = Path(package.submodule_search_locations[0]) / "lib" / "scoring-code-spark-api.jar"
    with zipfile.ZipFile(jar) as archive:
        prefixes = ("com/datarobot/prediction/", "com/datarobot/transform/")
        names = [name for name in archive.namelist() if name.startswith(prefixes) and name.endswith(".class")]
        return jar, {name: archive.read(name) for name in names}
