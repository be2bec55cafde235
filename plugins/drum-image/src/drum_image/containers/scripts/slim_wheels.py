"""Take out of wheels what a server never uses: tests, headers, and the debugging symbols of some extension modules.

    slim_wheels.py FOLDER

Only distributions named here are touched. Others may import what looks like their tests (astropy does). Symbols are
only taken from wheels in which no library was patched for its place (those have a folder NAME.libs): that would break
them.
"""

import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

WITHOUT_TESTS = {"joblib", "numpy", "pandas", "scikit_learn", "scipy"}
STRIPPED = {"httptools", "pyyaml", "uvloop"}
WITHOUT_HEADERS: dict[str, tuple[str, ...]] = {
    "numpy": ("numpy/_core/include/", "numpy/_core/lib/"),
    "torch": ("torch/include/",),
}
for name in ("tensorflow", "tensorflow_cpu"):
    WITHOUT_HEADERS[name] = ("tensorflow/include/",)


def main(folder: Path) -> None:
    """Slim all wheels of a folder."""
    for wheel in sorted(folder.glob("*.whl")):
        name = re.sub(r"[-_.]+", "_", wheel.name.partition("-")[0]).lower()
        if name in WITHOUT_TESTS | STRIPPED | set(WITHOUT_HEADERS):
            slim(wheel, name)


def slim(wheel: Path, name: str) -> None:
    """Write a wheel again without what is not needed, and without the line of its record for that."""
    slimmed = wheel.with_suffix(".slim")
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(slimmed, "w", zipfile.ZIP_DEFLATED) as target:
        kept = [entry for entry in source.infolist() if is_kept(entry.filename, name)]
        names = {entry.filename for entry in kept}
        for entry in kept:
            content = source.read(entry)
            if entry.filename.endswith(".dist-info/RECORD"):
                content = b"".join(line for line in content.splitlines(True) if file_of(line) in names)
            elif name in STRIPPED and entry.filename.endswith(".so"):
                content = stripped(content)
            target.writestr(entry, content)
    slimmed.rename(wheel)


def is_kept(path: str, name: str) -> bool:
    """Tell whether a file of a wheel is needed."""
    if path.startswith(WITHOUT_HEADERS.get(name, ())):
        return False
    return name not in WITHOUT_TESTS or not ("tests" in PurePosixPath(path).parts[:-1] or path.endswith(".pyi"))


def file_of(line: bytes) -> str:
    """Return the file that a line of a record is about; a hash and a size follow it."""
    return line.decode().rsplit(",", 2)[0].strip('"')


def stripped(library: bytes) -> bytes:
    """Return an extension module without its debugging symbols."""
    with tempfile.NamedTemporaryFile(suffix=".so") as file:
        file.write(library)
        file.flush()
        subprocess.run(["strip", "--strip-unneeded", file.name], check=True)
        return Path(file.name).read_bytes()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
